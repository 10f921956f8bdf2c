"""Who asks: tokens of active accounts count, everything else is refused."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from starlette.requests import HTTPConnection

import gql_api as gql
from gql_api.app import models
from gql_api.app.authentication import authenticate, issue_token_for
from gql_api.app.tokens import issue_token, read_token
from tests.fixtures.demo import Demo
from tests.fixtures.statements import count_statements

SECRET = "k" * 32


def request(authorization: str | None) -> HTTPConnection:
    """Make a request with a header, or without."""
    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    return HTTPConnection({"type": "http", "headers": headers})


def token(user_id: int, *, secret: str = SECRET, age_s: int = 0) -> str:
    """Issue a token for a minute."""
    now = datetime.now(UTC) - timedelta(seconds=age_s)
    return issue_token(user_id, ["admin"], secret=secret, lifetime_s=60, now=now)


async def test_no_header(shared_demo: Demo):
    """Without a header the caller is anonymous, without a statement."""
    with count_statements(shared_demo.database) as sent:
        subject = await authenticate(request(None), shared_demo.database)

    assert subject == gql.ANONYMOUS
    assert sent == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_token(shared_demo: Demo, scheme: str):
    """A token gives its user the roles of the database, not its own, in one statement."""
    with count_statements(shared_demo.database) as sent:
        subject = await authenticate(request(f"{scheme} {token(1)}"), shared_demo.database)

    assert subject == gql.Subject(1, frozenset({"author"}))
    assert len(sent) == 1


async def test_superuser(demo: Demo):
    """A superuser is an admin without a grant."""
    await demo.write(
        sa.update(models.User).where(models.User.id == 2).values(is_superuser=True),
        sa.delete(models.user_roles).where(models.user_roles.c.user_id == 2),
    )

    subject = await authenticate(request(f"Bearer {token(2)}"), demo.database)

    assert subject == gql.Subject(2, frozenset({"admin"}))


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        pytest.param(
            "Basic YWRhOng=",
            "The header Authorization is not of the form: Bearer <token>.",
            id="other scheme",
        ),
        pytest.param(
            "", "The header Authorization is not of the form: Bearer <token>.", id="empty"
        ),
        pytest.param("Bearer", "The token is not valid. Sign in again.", id="no token"),
        pytest.param("Bearer x.y.z", "The token is not valid. Sign in again.", id="no JWT"),
        pytest.param(
            f"Bearer {token(1, secret='other' * 8)}",
            "The token is not valid. Sign in again.",
            id="other key",
        ),
        pytest.param(
            f"Bearer {token(1, age_s=61)}",
            "The token has expired. Sign in again.",
            id="expired",
        ),
    ],
)
async def test_refused(sqlite_shared_demo: Demo, authorization: str, message: str):
    """What is no valid token is refused, never treated as anonymous."""
    with pytest.raises(gql.UnauthenticatedError) as refusal:
        await authenticate(request(authorization), sqlite_shared_demo.database)

    assert refusal.value.code == "UNAUTHENTICATED"
    assert refusal.value.message == message


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(sa.update(models.User).values(is_active=False), id="deactivated"),
        pytest.param(sa.delete(models.User), id="deleted"),
    ],
)
async def test_closed_account(demo: Demo, change: sa.Update | sa.Delete):
    """A closed account's token stops at once."""
    await authenticate(request(f"Bearer {token(1)}"), demo.database)
    await demo.write(change.where(models.User.id == 1))

    with pytest.raises(gql.UnauthenticatedError) as refusal:
        await authenticate(request(f"Bearer {token(1)}"), demo.database)

    assert refusal.value.message.startswith("The token is no longer valid: its account is closed")


async def test_number_beyond_the_column(shared_demo: Demo):
    """A number that no user can have is no user."""
    with pytest.raises(gql.UnauthenticatedError):
        await authenticate(request(f"Bearer {token(2**40)}"), shared_demo.database)


async def test_broken_connection(postgres_demo: Demo):
    """A connection that the server has closed is replaced."""
    await authenticate(request(f"Bearer {token(1)}"), postgres_demo.database)
    activity = sa.table("pg_stat_activity", sa.column("pid"), sa.column("datname"))
    end = sa.select(sa.func.pg_terminate_backend(activity.c.pid)).where(
        activity.c.datname == sa.func.current_database(),
        activity.c.pid != sa.func.pg_backend_pid(),
    )
    async with postgres_demo.database.write_engine.connect() as connection:
        await connection.execute(end)

    subject = await authenticate(request(f"Bearer {token(1)}"), postgres_demo.database)

    assert subject.user_id == 1


@pytest.mark.parametrize(
    ("user", "role", "user_id"),
    [("ada", None, 1), ("ADA", "author", 1), (None, "author", 1), (None, "admin", 3)],
)
async def test_issued_token(shared_demo: Demo, user: str | None, role: str | None, user_id: int):
    """An operator gets a token for a user by name, or by role."""
    issued = await issue_token_for(shared_demo.database, user=user, role=role)

    assert read_token(issued, SECRET).user_id == user_id
    assert (
        await authenticate(request(f"Bearer {issued}"), shared_demo.database)
    ).user_id == user_id


@pytest.mark.parametrize(
    ("user", "role", "message"),
    [
        pytest.param(
            "nobody",
            None,
            "There is no active user named 'nobody'. Seed the demo data, or name another.",
            id="unknown",
        ),
        pytest.param(
            "ada",
            "admin",
            "There is no active user named 'ada' with the role 'admin'. "
            "Seed the demo data, or name another.",
            id="not in the role",
        ),
        pytest.param(None, None, "A token needs a user or a role. Name one.", id="nobody"),
    ],
)
async def test_no_token(sqlite_shared_demo: Demo, user: str | None, role: str | None, message: str):
    """There is no token for nobody."""
    with pytest.raises(gql.ConfigurationError) as refusal:
        await issue_token_for(sqlite_shared_demo.database, user=user, role=role)

    assert str(refusal.value) == message
