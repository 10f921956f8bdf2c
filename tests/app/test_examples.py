"""The documents in ``examples/``: each with its whole answer, and the number of its statements."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, parse

from tests.fixtures.demo import Answer, Demo

FOLDER = Path(__file__).parents[2] / "examples"
NAMES = sorted(
    file.name.removesuffix(".json")
    for file in FOLDER.glob("*.json")
    if not file.name.endswith(".variables.json")
)


def document(name: str) -> str:
    """Read a document; several answers may belong to one: ``me.json`` and ``me.signed_out.json``."""
    return (FOLDER / f"{name.partition('.')[0]}.graphql").read_text()


def expected(name: str) -> dict[str, Any]:
    """Read an answer."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def writes(name: str) -> bool:
    """Tell whether an example changes data."""
    (operation,) = parse(document(name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    if operation.operation is not OperationType.MUTATION:
        return False
    payloads = expected(name)["data"].values()
    return not any(payload is None or payload["errors"] for payload in payloads)


async def run(demo: Demo, name: str) -> Answer:
    """Run an example; one that needs a search by words, where there is one."""
    if "search:" in document(name) and not demo.database.dialect.has_text_search:
        pytest.skip("The database has no search by words.")
    file = FOLDER / f"{name}.variables.json"
    variables = json.loads(file.read_text()) if file.exists() else {}
    return await demo.run(document(name), expected(name)["as"], **variables)


def count(answer: Answer, demo: Demo) -> int:
    """Count statements, but for those that MariaDB needs to read what an UPDATE of a row wrote."""
    is_mariadb = demo.database.write_engine.dialect.name in {"mysql", "mariadb"}
    read_back = [
        statement
        for before, statement in pairwise(answer.statements)
        if is_mariadb and before.startswith("UPDATE") and "updated_at \nFROM" in statement
    ]
    return len(answer.statements) - len(read_back)


def check(answer: Answer, name: str, demo: Demo) -> None:
    """Compare an answer with the file: data, errors and the number of statements."""
    found = {"statements": count(answer, demo), "data": without_token(answer.data)}
    if answer.errors:
        found["errors"] = [
            {"message": each.message, "path": each.path, "code": each.extensions["code"]}
            for each in answer.errors
        ]
    wanted = expected(name)
    del wanted["as"]
    as_json = wanted.pop("statementsOfJson", wanted["statements"])
    if demo.database.dialect.name == "postgresql":
        wanted["statements"] = as_json
    assert found == wanted


def without_token(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs each time: a token becomes ``<token>``."""
    for payload in data.values():
        for name in ("token", "refreshToken", "key"):
            if isinstance(payload, dict) and payload.get(name):
                payload[name] = "<token>"
    return data


@pytest.mark.parametrize("name", [name for name in NAMES if not writes(name)])
async def test_reads_and_refusals(shared_demo: Demo, name: str):
    """An example that changes nothing is answered as its file says."""
    check(await run(shared_demo, name), name, shared_demo)


@pytest.mark.parametrize("name", [name for name in NAMES if writes(name)])
async def test_writes(demo: Demo, name: str):
    """An example that changes data is answered as its file says."""
    check(await run(demo, name), name, demo)


@pytest.mark.parametrize("name", [name for name in NAMES if not writes(name)])
async def test_refusals_write_nothing(sqlite_shared_demo: Demo, name: str):
    """What reads or is refused leaves every table as it was."""
    before = await sqlite_shared_demo.everything()

    await run(sqlite_shared_demo, name)

    assert await sqlite_shared_demo.everything() == before


def test_every_document_has_an_answer():
    """No document is left untested."""
    documents = {file.stem for file in FOLDER.glob("*.graphql")}

    assert documents == {name.partition(".")[0] for name in NAMES}
