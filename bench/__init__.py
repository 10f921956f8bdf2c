"""The benchmark: a blog served by gql_api beside other servers, measured in one run."""
