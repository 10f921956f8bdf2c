"""Mapped classes for databases that nobody described."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Enum, func, inspect, select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import RelationshipProperty, aliased
from sqlalchemy.types import NullType

from gql_api.database.engines import Database, open_database
from gql_api.database.reflection import ReflectedModels, reflect_models
from gql_api.errors import DatabaseError


@dataclass
class Reflected:
    """Reflected models beside their database."""

    database: Database
    models: ReflectedModels

    def __getitem__(self, name: str) -> Any:
        return {class_.__name__: class_ for class_ in self.models.classes}[name]

    @property
    def names(self) -> list[str]:
        return [class_.__name__ for class_ in self.models.classes]

    def attributes(self, name: str) -> list[str]:
        return list(inspect(self[name]).column_attrs.keys())

    def relationships(self, name: str) -> dict[str, str]:
        """Name to target, the target in brackets where there are many."""
        found = inspect(self[name]).relationships
        return {
            item.key: f"[{item.mapper.class_.__name__}]"
            if item.uselist
            else item.mapper.class_.__name__
            for item in found
        }

    async def scalars(self, statement: Any) -> list[Any]:
        async with self.database.read_connection() as connection:
            return list(await connection.scalars(statement))

    async def count(self, statement: Any) -> int:
        return (await self.scalars(select(func.count()).select_from(statement)))[0]


async def reflect(database: Database, *statements: str, schemas: Any = None) -> Reflected:
    """Run statements, then reflect."""
    async with database.read_connection() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    return Reflected(database, await reflect_models(database.read_engine, schemas=schemas))


@pytest.fixture
async def chinook(chinook_url):
    """Chinook, reflected, once per kind of database."""
    database = open_database(chinook_url)
    yield await reflect(database)
    await database.dispose()


async def test_chinook_classes(chinook):
    """Each table has a class; tables of any spelling have classes of one spelling."""
    assert chinook.names == [
        "Album",
        "Artist",
        "Customer",
        "Employee",
        "Genre",
        "Invoice",
        "InvoiceLine",
        "MediaType",
        "Playlist",
        "PlaylistTrack",
        "Track",
    ]
    assert chinook.models.warnings == ()
    assert chinook.attributes("Album") == ["album_id", "title", "artist_id"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Album", {"artist": "Artist", "tracks": "[Track]"}),
        ("Customer", {"support_rep": "Employee", "invoices": "[Invoice]"}),
        (
            "Employee",
            {
                "customers": "[Customer]",
                "reports_to_employee": "Employee",
                "employees_by_reports_to": "[Employee]",
            },
        ),
        ("Playlist", {"playlist_tracks": "[PlaylistTrack]", "tracks": "[Track]"}),
        ("PlaylistTrack", {"playlist": "Playlist", "track": "Track"}),
        (
            "Track",
            {
                "invoice_lines": "[InvoiceLine]",
                "playlist_tracks": "[PlaylistTrack]",
                "album": "Album",
                "genre": "Genre",
                "media_type": "MediaType",
                "playlists": "[Playlist]",
            },
        ),
    ],
)
async def test_chinook_relationships(chinook, name, expected):
    """Foreign keys are relationships both ways; association tables are crossed."""
    assert chinook.relationships(name) == expected


async def test_chinook_rows(chinook):
    """Joins along every kind of relationship find the rows that SQL finds."""
    track, playlist, employee = chinook["Track"], chinook["Playlist"], chinook["Employee"]
    boss = aliased(employee)

    assert await chinook.count(select(track.track_id).subquery()) == 3503
    memberships = select(playlist.playlist_id).join(playlist.tracks).subquery()
    assert await chinook.count(memberships) == 8715
    reports = select(employee.employee_id).join(employee.reports_to_employee.of_type(boss))
    assert await chinook.count(reports.subquery()) == 7
    subordinates = select(employee.employee_id).join(employee.employees_by_reports_to.of_type(boss))
    assert await chinook.count(subordinates.subquery()) == 7


async def test_chinook_dates(chinook):
    """Dates are read and compared on both databases alike."""
    invoice = chinook["Invoice"]
    first = datetime(2021, 1, 1)  # noqa: DTZ001 - without a zone, as the column

    equal = select(invoice.invoice_date).where(invoice.invoice_date == first)
    assert await chinook.scalars(equal) == [first]
    before = select(invoice.invoice_date).where(invoice.invoice_date < first)
    assert await chinook.scalars(before) == []


async def test_chinook_decimals(chinook):
    """Decimals are read to the digit on both databases alike."""
    invoice = chinook["Invoice"]

    totals = await chinook.scalars(select(invoice.total).order_by(invoice.invoice_id).limit(3))

    assert [str(total) for total in totals] == ["1.98", "3.96", "5.94"]


async def test_no_lazy_loading(chinook):
    """Touching a relationship raises: in async code it could not load."""
    async with chinook.database.exclusive(), chinook.database.session() as session:
        album = await session.scalar(select(chinook["Album"]).limit(1))

        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = album.artist


async def test_stable(chinook):
    """A second reflection gives the same names."""
    again = Reflected(chinook.database, await reflect_models(chinook.database.read_engine))

    assert again.names == chinook.names
    assert all(again.relationships(name) == chinook.relationships(name) for name in chinook.names)


async def test_views(database):
    """Views are classes without a key, after the tables."""
    reflected = await reflect(
        database,
        "CREATE TABLE things (id INTEGER PRIMARY KEY, name VARCHAR(9))",
        "CREATE VIEW a_names AS SELECT name FROM things",
    )

    assert reflected.names == ["Thing", "AName"]
    assert reflected["AName"].__gql_keyless__
    assert not hasattr(reflected["Thing"], "__gql_keyless__")
    assert reflected.attributes("AName") == ["name"]


async def test_no_primary_key(database):
    """A table without a primary key is mapped by all its columns, and keeps its relationships."""
    reflected = await reflect(
        database,
        "CREATE TABLE users (id INTEGER PRIMARY KEY)",
        "CREATE TABLE logs (line VARCHAR(9), user_id INTEGER, "
        "FOREIGN KEY (user_id) REFERENCES users (id))",
        "INSERT INTO users VALUES (1)",
        "INSERT INTO logs VALUES ('a', 1), ('a', 1)",
    )
    log = reflected["Log"]

    assert log.__gql_keyless__
    assert [column.name for column in inspect(log).primary_key] == ["line", "user_id"]
    assert reflected.relationships("Log") == {"user": "User"}
    assert await reflected.scalars(select(log.line)) == ["a", "a"]


async def test_parallel_and_one_to_one(database):
    """Several keys to one table are told apart; a unique key leads back to one row."""
    reflected = await reflect(
        database,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, profile_name VARCHAR(9))",
        "CREATE TABLE transfers (id INTEGER PRIMARY KEY, from_user_id INTEGER, "
        "to_user_id INTEGER, to_user VARCHAR(9), "
        "FOREIGN KEY (from_user_id) REFERENCES users (id), "
        "FOREIGN KEY (to_user_id) REFERENCES users (id))",
        "CREATE TABLE profiles (user_id INTEGER PRIMARY KEY, "
        "FOREIGN KEY (user_id) REFERENCES users (id))",
    )

    assert reflected.relationships("Transfer") == {"from_user": "User", "to_user_user": "User"}
    assert reflected.relationships("User") == {
        "profile": "Profile",
        "transfers_by_from_user": "[Transfer]",
        "transfers_by_to_user": "[Transfer]",
    }


async def test_composite_keys(database):
    """Composite keys that share a column, one of them with itself, are joined right."""
    reflected = await reflect(
        database,
        "CREATE TABLE folders (account_id INTEGER, id INTEGER, parent_id INTEGER, "
        "PRIMARY KEY (account_id, id), "
        "FOREIGN KEY (account_id, parent_id) REFERENCES folders (account_id, id))",
        "CREATE TABLE files (id INTEGER PRIMARY KEY, account_id INTEGER, folder_id INTEGER, "
        "old_folder_id INTEGER, "
        "FOREIGN KEY (account_id, folder_id) REFERENCES folders (account_id, id), "
        "FOREIGN KEY (account_id, old_folder_id) REFERENCES folders (account_id, id))",
        "INSERT INTO folders VALUES (1, 1, NULL), (2, 1, NULL), (1, 2, 1)",
        "INSERT INTO files VALUES (1, 1, 2, 1)",
    )
    folder, file = reflected["Folder"], reflected["File"]
    parent = aliased(folder)

    assert reflected.relationships("Folder") == {
        "files_by_account_and_folder": "[File]",
        "files_by_account_and_old_folder": "[File]",
        "folder": "Folder",
        "folders_by_account_and_parent": "[Folder]",
    }
    up = select(parent.account_id).select_from(folder).join(folder.folder.of_type(parent))
    assert await reflected.scalars(up) == [1]
    down = select(folder.id).join(folder.folders_by_account_and_parent.of_type(parent))
    assert await reflected.scalars(down) == [1]
    old = select(folder.id).select_from(file).join(file.folder_by_account_and_old_folder)
    assert await reflected.scalars(old) == [1]


async def test_self_association(database):
    """An association of a table with itself is crossed both ways."""
    reflected = await reflect(
        database,
        "CREATE TABLE users (id INTEGER PRIMARY KEY)",
        "CREATE TABLE friendships (user_id INTEGER, friend_id INTEGER, "
        "PRIMARY KEY (user_id, friend_id), "
        "FOREIGN KEY (user_id) REFERENCES users (id), "
        "FOREIGN KEY (friend_id) REFERENCES users (id))",
        "INSERT INTO users VALUES (1), (2)",
        "INSERT INTO friendships VALUES (1, 2)",
    )
    user = reflected["User"]
    other = aliased(user)
    friends: RelationshipProperty[Any] = user.users_by_friendship_friend

    assert reflected.relationships("User") == {
        "friendships_by_friend": "[Friendship]",
        "friendships_by_user": "[Friendship]",
        "users_by_friendship_friend": "[User]",
        "users_by_friendship_user": "[User]",
    }
    assert friends.property.viewonly
    found = select(user.id, other.id).join(friends.of_type(other))
    async with reflected.database.read_connection() as connection:
        assert [tuple(row) for row in await connection.execute(found)] == [(1, 2)]


async def test_association_with_more(database):
    """A table that associates and says more is no mere association."""
    reflected = await reflect(
        database,
        "CREATE TABLE users (id INTEGER PRIMARY KEY)",
        "CREATE TABLE teams (id INTEGER PRIMARY KEY)",
        "CREATE TABLE members (user_id INTEGER, team_id INTEGER, role VARCHAR(9), "
        "PRIMARY KEY (user_id, team_id), "
        "FOREIGN KEY (user_id) REFERENCES users (id), FOREIGN KEY (team_id) REFERENCES teams (id))",
    )

    assert reflected.relationships("User") == {"members": "[Member]"}


async def test_names_of_python(database):
    """Columns may be named like what SQLAlchemy uses itself."""
    names = ["metadata", "registry", "query", "type", "class", "__mapper__", "__table__", "2fa"]
    quote = "`" if database.dialect.name == "mysql" else '"'
    columns = ", ".join(f"{quote}{name}{quote} INTEGER" for name in names)
    values = ", ".join(str(number) for number in range(len(names)))

    reflected = await reflect(
        database,
        f"CREATE TABLE odd (id INTEGER PRIMARY KEY, {columns})",
        f"INSERT INTO odd VALUES (9, {values})",
    )

    assert reflected.attributes("Odd") == [
        "id",
        "metadata",
        "registry",
        "query",
        "type",
        "class",
        "mapper",
        "table",
        "c_2fa",
    ]
    async with database.exclusive(), database.session() as session:
        row = await session.scalar(select(reflected["Odd"]))
    assert (row.metadata, row.registry, row.table, row.c_2fa) == (0, 1, 6, 7)


async def test_migrations_table(database):
    """The table that Alembic keeps for itself is no part of the API."""
    found = await reflect(
        database,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
        "CREATE TABLE shelf (id INTEGER PRIMARY KEY)",
    )

    assert found.names == ["Shelf"]


async def test_no_tables(database):
    """A database without tables is refused with the cause and the fix."""
    await database.check()

    with pytest.raises(DatabaseError, match="has no tables or views in the schema") as refused:
        await reflect_models(database.read_engine)

    assert refused.value.fix is not None
    # the databases of a MariaDB server are its schemas: there may be others
    assert refused.value.fix.startswith("Create them")


async def test_no_tables_in_chosen_schema(postgres):
    """The schemas that were not looked at are offered."""
    async with postgres.read_connection() as connection:
        await connection.execute(text("CREATE SCHEMA bare"))
        await connection.execute(text("CREATE SCHEMA other"))

    with pytest.raises(DatabaseError) as refused:
        await reflect_models(postgres.read_engine, schemas=["bare"])

    assert refused.value.fix == "Create them, or choose other schemas: it has other, public."


async def test_missing_file(sqlite, sqlite_url, tmp_path):
    """A file that is not there is refused, and not made."""
    with pytest.raises(DatabaseError, match="does not exist") as refused:
        await reflect_models(sqlite.read_engine)

    assert refused.value.fix == "Correct the path in the database URL."
    assert list(tmp_path.iterdir()) == []


async def test_unreachable():
    """A server that cannot be reached is refused."""
    database = open_database("postgresql://u@127.0.0.1:1/d")

    with pytest.raises(DatabaseError, match=r"Connect call failed.* Start the server"):
        await reflect_models(database.read_engine)

    await database.dispose()


WILD = (
    "CREATE SCHEMA app",
    "CREATE SCHEMA other",
    "CREATE DOMAIN other.email AS text CHECK (value LIKE '%@%')",
    "CREATE TYPE other.mood AS ENUM ('PG-13', '', 'a b')",
    "CREATE TABLE users (id int PRIMARY KEY)",
    "CREATE TABLE app.users (id int PRIMARY KEY, email other.email, mood other.mood, at point)",
    """CREATE TABLE app.posts (
        id int PRIMARY KEY, author_id int REFERENCES users, editor_id int REFERENCES app.users
    )""",
    "COMMENT ON TABLE app.users IS 'People of the app.'",
    "COMMENT ON COLUMN app.users.email IS 'Where to write to.'",
    "CREATE TABLE app.nothing ()",
    "CREATE TABLE app.days (day date, n int, PRIMARY KEY (day, n)) PARTITION BY RANGE (day)",
    """CREATE TABLE app.days_2021 PARTITION OF app.days
        FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')""",
    'CREATE MATERIALIZED VIEW app.totals AS SELECT count(*) AS "a.count" FROM app.users',
    "INSERT INTO app.users VALUES (1, 'a@b', 'PG-13', '(1,2)')",
)


@pytest.fixture
async def wild(postgres):
    """A PostgreSQL database with a bit of everything, two schemas chosen."""
    return await reflect(postgres, *WILD, schemas=["app", "public"])


async def test_schemas(wild):
    """The default schema comes first; equal names elsewhere get the schema's name."""
    assert wild.names == ["User", "Day", "Post", "AppUser", "Total"]
    assert wild.relationships("Post") == {"author": "User", "editor": "AppUser"}


async def test_default_schema(postgres):
    """By default only the default schema is read."""
    reflected = await reflect(postgres, *WILD)

    assert reflected.names == ["User"]


async def test_key_out_of_the_schemas(postgres):
    """A foreign key to what is not chosen gives no relationship."""
    reflected = await reflect(postgres, *WILD, schemas=["app"])

    assert reflected.relationships("Post") == {"editor": "User"}
    assert inspect(reflected["Post"]).columns["author_id"].foreign_keys == set()


async def test_unknown_schema(postgres):
    """An unknown schema is refused with those that exist."""
    with pytest.raises(DatabaseError) as refused:
        await reflect(postgres, *WILD, schemas=["app", "nowhere"])

    assert str(refused.value) == (
        "The database has no schema 'nowhere'. Choose from: app, other, public."
    )


async def test_comments(wild):
    """Comments of tables and columns are documentation."""
    assert wild["AppUser"].__doc__ == "People of the app."
    assert inspect(wild["AppUser"]).attrs["email"].doc == "Where to write to."


async def test_types_of_other_schemas(wild):
    """Domains and enums of any schema keep their type, and their values are read."""
    columns = inspect(wild["AppUser"]).columns

    assert isinstance(columns["mood"].type, Enum)
    assert columns["mood"].type.enums == ["PG-13", "", "a b"]
    assert await wild.scalars(select(wild["AppUser"].mood)) == ["PG-13"]
    assert await wild.scalars(select(wild["AppUser"].email)) == ["a@b"]


async def test_unknown_type(wild):
    """A column of unknown type is mapped without a type, with a warning."""
    assert isinstance(inspect(wild["AppUser"]).columns["at"].type, NullType)
    assert wild.models.warnings == ("Did not recognize type 'point' of column 'at'",)


async def test_materialized_view(wild):
    """Materialised views are mapped like views; a dot in a column's name is no harm."""
    assert wild["Total"].__gql_keyless__
    assert wild.attributes("Total") == ["a_count"]


async def test_dots(postgres):
    """Dots in the names of tables do not lead foreign keys astray."""
    reflected = await reflect(
        postgres,
        'CREATE TABLE "a.b" ("i.d" int PRIMARY KEY)',
        'CREATE TABLE c (id int PRIMARY KEY, b_id int REFERENCES "a.b")',
    )

    assert reflected.relationships("C") == {"b": "AB"}
    assert reflected.relationships("AB") == {"cs": "[C]"}


async def test_broken_view(sqlite):
    """A view that cannot be read is left out with a warning; the rest is mapped."""
    reflected = await reflect(
        sqlite,
        "CREATE TABLE kept (id INTEGER PRIMARY KEY)",
        "CREATE TABLE gone (id INTEGER PRIMARY KEY)",
        "CREATE VIEW broken AS SELECT id FROM gone",
        "DROP TABLE gone",
    )

    assert reflected.names == ["Kept"]
    assert len(reflected.models.warnings) == 1
    assert reflected.models.warnings[0].startswith("broken is left out: ")


async def test_references_of_sqlite(sqlite):
    """References in another case are found; those to no table are no relationship."""
    reflected = await reflect(
        sqlite,
        "CREATE TABLE Artist (ArtistId INTEGER PRIMARY KEY)",
        "CREATE TABLE Album (Id INTEGER PRIMARY KEY, ArtistId INTEGER REFERENCES artist, "
        "LabelId INTEGER REFERENCES label (id))",
    )

    assert reflected.relationships("Album") == {"artist": "Artist"}
    assert inspect(reflected["Album"]).columns["label_id"].foreign_keys == set()
