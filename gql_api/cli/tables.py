"""Making the tables of models that have no migrations."""

from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.schema import CreateSchema

from gql_api.cli.applications import mapped_tables
from gql_api.database.engines import Database
from gql_api.server.application import Application
from gql_api.sql.stored_answers import TABLE_NAME, idempotency_table


async def create_tables(application: Application, database: Database) -> list[str]:
    """Make the tables that are missing, with their database schemas. Never drops or alters.

    Returns:
        Names of the tables made, in the order of their making.

    Cost:
        One transaction: a few statements per table.
    """
    async with database.write_engine.begin() as connection:
        return await connection.run_sync(_create, application, database)


def _create(connection: Connection, application: Application, database: Database) -> list[str]:
    tables = mapped_tables(application.models)
    if not any(table.name == TABLE_NAME for table in tables):
        tables.append(idempotency_table(MetaData()))
    if database.dialect.has_schemas:
        for schema in sorted({table.schema for table in tables if table.schema is not None}):
            if not inspect(connection).has_schema(schema):
                connection.execute(CreateSchema(schema))
    translation = application.schema_translate_map if not database.dialect.has_schemas else {}
    inspector = inspect(connection)
    missing = [
        table
        for table in tables
        if not inspector.has_table(table.name, translation.get(table.schema, table.schema))
    ]
    for metadata in dict.fromkeys(table.metadata for table in missing):
        metadata.create_all(connection, [table for table in missing if table.metadata is metadata])
    return [table.name for table in missing]
