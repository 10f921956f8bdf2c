"""The ``gql-api`` command. It finds the application to serve, and imports none itself."""
