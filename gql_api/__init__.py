"""Turn SQLAlchemy models into a complete, safe and fast GraphQL API."""
