"""The server and the database are killed under load: a few times here, often in ``make proof``."""

from tests.proof.kills import kill_databases, kill_servers, started


async def test_kills():
    """What was acknowledged stays, nothing is there in part, and no key writes twice."""
    async with started(seed=1) as run:
        await kill_servers(run, 1)
        await kill_databases(run, 1)

    assert run.cut > 0
    assert sum(sent.tries > 1 for sent in run.sent) > 0
