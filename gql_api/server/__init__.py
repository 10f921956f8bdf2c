"""The HTTP edge: context, routes, GraphiQL, health, and applications to serve."""
