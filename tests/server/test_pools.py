from tests.server.notes import refusal


async def test_admin(client, notes_database):
    """An administrator sees the figures of both pools."""
    async with notes_database.read_connection():
        response = await client.get("/admin/pool", headers={"x-user": "1", "x-roles": "admin"})

    figures = {"size": 5, "checked_out": 0, "overflow": 0, "waiting": 0, "timeouts": 0}
    assert response.status_code == 200
    assert response.json().keys() == {"write", "read"}
    assert figures.items() <= response.json()["write"].items()
    assert response.json()["read"]["checked_out"] == 1
    assert response.headers["cache-control"] == "no-store"


async def test_stranger(client):
    """Somebody unknown is asked to sign in."""
    response = await client.get("/admin/pool")

    assert refusal(response) == (401, "UNAUTHENTICATED", "Sign in as an administrator.")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_invalid_credentials(client):
    """Credentials that do not hold are refused as such."""
    response = await client.get("/admin/pool", headers={"x-user": "expired"})

    assert refusal(response) == (401, "UNAUTHENTICATED", "The token has expired.")


async def test_other_user(client):
    """A user without the role is refused."""
    response = await client.get("/admin/pool", headers={"x-user": "1", "x-roles": "editor"})

    assert refusal(response) == (403, "FORBIDDEN", "Only administrators may see this.")
