import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gql_api.database.kept import KeptStatement
from gql_api.loading.explanations import Explanation, Way, report_path
from gql_api.loading.readers import ConnectionReader
from tests.fixtures.models import Author
from tests.fixtures.schema import Api

NAMES = sa.select(Author.pen_name).where(Author.id <= sa.bindparam("most"))


async def test_fetch(api: Api):
    """A statement is reported with its field, its parameters, its rows and its time."""
    explanation = Explanation()
    reader = explanation.reader(ConnectionReader(api.database), "authors")

    rows = await reader.fetch(NAMES, {"most": 2})

    (sent,) = explanation.statements
    assert (sent.field, sent.statement, sent.parameters) == ("authors", NAMES, {"most": 2})
    assert (sent.rows, sent.is_read) == (len(rows), True)
    assert sent.duration_s is not None
    assert explanation.reading == 0


async def test_fetch_text(api: Api):
    """A statement whose only value is the answer is reported as one row."""
    explanation = Explanation()
    reader = explanation.reader(ConnectionReader(api.database), "authors")

    select = sa.select(sa.cast(sa.literal("x"), sa.String(1)))
    text = await reader.fetch_text(KeptStatement(select, lambda: select), {})

    (sent,) = explanation.statements
    assert (text, sent.rows) == ("x", 1)


async def test_fetch_instances(api: Api):
    """Instances are rows too."""
    explanation = Explanation()
    reader = explanation.reader(ConnectionReader(api.database))

    rows = await reader.fetch_instances(sa.select(Author), {})

    (sent,) = explanation.statements
    assert (sent.field, sent.rows) == (None, len(rows))


async def test_failure(api: Api):
    """A statement that fails is reported without rows and time."""
    explanation = Explanation()
    reader = explanation.reader(ConnectionReader(api.database), "authors")

    with pytest.raises(DBAPIError):
        await reader.fetch(sa.select(sa.table("missing", sa.column("x"))), {})

    (sent,) = explanation.statements
    assert (sent.rows, sent.duration_s, explanation.reading) == (None, None, 0)


async def test_path(api: Api):
    """The last report of a field's path holds; until one comes, the executor answers it."""
    explanation = Explanation()
    reader = explanation.reader(ConnectionReader(api.database), "authors")
    before = explanation.ways["authors"].path

    report_path(reader, "rows", "A reason.")

    assert (before, explanation.ways) == ("resolvers", {"authors": Way("rows", "A reason.")})


async def test_nobody_asked(api: Api):
    """A path is told to nobody where nobody asked."""
    report_path(ConnectionReader(api.database), "rows", "A reason.")
