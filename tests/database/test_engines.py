"""Engines, sessions, read connections and their pools."""

from sqlalchemy import func, literal_column, select, table

from gql_api.database.engines import open_database


async def test_chinook(chinook_url: str):
    """Chinook is loaded whole."""
    database = open_database(chinook_url)
    tables = {"postgresql": "playlist_track", "sqlite": "PlaylistTrack"}

    async with database.read_connection() as connection:
        rows = table(tables[database.dialect.name])
        total = await connection.scalar(select(func.count(literal_column("*"))).select_from(rows))

    await database.dispose()
    assert total == 8715
