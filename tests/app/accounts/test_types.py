"""Users as clients see them."""

import sqlalchemy as sa

from gql_api.app import models
from tests.fixtures.demo import Demo

READ = '{ userBy(key: {username: "ada"}) { displayName } }'


async def test_display_name(demo: Demo):
    """A user always has a name to show."""
    assert (await demo.run(READ)).data == {"userBy": {"displayName": "Ada Lindgren"}}

    await demo.write(sa.update(models.User).values(full_name=None))

    assert (await demo.run(READ)).data == {"userBy": {"displayName": "ada"}}


def test_hash_is_hidden(sqlite_shared_demo: Demo):
    """The hash of a password does not exist in the schema, not even as a filter."""
    assert "hashed" not in sqlite_shared_demo.schema.as_str().lower()
