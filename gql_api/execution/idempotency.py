"""Idempotency keys: a mutation that comes again with its key gets its first answer, and runs once.

Source:
    The Idempotency-Key HTTP Header Field, draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from graphql import ExecutionResult
from strawberry.types import ExecutionContext

from gql_api.access.subjects import Subject
from gql_api.database.engines import Database
from gql_api.errors import BadUserInputError, IdempotencyKeyReusedError
from gql_api.execution.context import Context
from gql_api.execution.unit_of_work import UnitOfWork, unit_of_work
from gql_api.mapping.descriptors import Registry
from gql_api.persistence.stored_answers import create_claim, delete_expired_claims, update_claim
from gql_api.sql.stored_answers import find_table, idempotency_table

_EXTENSION = "idempotencyKey"
_QUOTED = re.compile(r'"([^"\\]*)"')
_KEY = re.compile(r"[!-~]{1,255}")
_PURGE_EVERY_S = 600


class KeptAnswers:
    """Where the answers of a schema are kept.

    Args:
        table: From `idempotency_table`.
        lifetime_s: How long, in seconds.
    """

    def __init__(self, table: sa.Table, lifetime_s: int) -> None:
        self.table = table
        self.lifetime_s = lifetime_s
        self._purge_at = time.monotonic()

    async def claim(self, unit: UnitOfWork, context: Context, key: str, fingerprint: str) -> "Key":
        """Claim a key of the caller's.

        Raises:
            IdempotencyKeyReusedError: It came with another operation or other variables.
            IdempotencyUnavailableError: The database has no table for it.
        """
        key_id = _key_id(context.subject, key)
        claim = await create_claim(
            unit.session, self.table, key_id, fingerprint, lifetime_s=self.lifetime_s
        )
        if claim.fingerprint != fingerprint:
            message = (
                "This idempotency key came with another operation or other variables before: "
                "choose a new key."
            )
            raise IdempotencyKeyReusedError(message)
        return Key(self, key_id, None if claim.is_new else claim.answer)

    def purge_later(self, unit: UnitOfWork, database: Database) -> None:
        """Have expired keys deleted after the commit, if it is time."""
        if time.monotonic() < self._purge_at:
            return
        self._purge_at = time.monotonic() + _PURGE_EVERY_S

        async def purge() -> None:
            async with unit_of_work(database) as cleaning:
                await delete_expired_claims(cleaning.session, self.table)

        unit.after_commit(purge)


@dataclass(frozen=True, slots=True)
class Key:
    """A claimed key."""

    kept: KeptAnswers
    key_id: str
    answer: str | None
    """That of the request that came before, as JSON; None if this is the first one."""

    @property
    def replay(self) -> ExecutionResult | None:
        """The earlier answer as a result; None if the mutation must run."""
        return None if self.answer is None else ExecutionResult(orjson.loads(self.answer), None)

    async def keep(self, result: ExecutionResult, unit: UnitOfWork, database: Database) -> None:
        """Store the answer, to be committed with the changes.

        Cost:
            One statement, and at times one more after the commit.
        """
        await update_claim(unit.session, self.kept.table, self.key_id, _encode(result.data))
        self.kept.purge_later(unit, database)


def kept_answers(registry: Registry, lifetime_s: int) -> KeptAnswers:
    """Return where answers are kept: in the table of the models' metadata, else in one beside them."""
    collections = {
        table.metadata: None
        for entity in registry
        for table in sa.inspect(entity.model).tables
        if isinstance(table, sa.Table)
    }
    found = next(filter(lambda each: each is not None, map(find_table, collections)), None)
    table = idempotency_table(sa.MetaData()) if found is None else found
    return KeptAnswers(table, lifetime_s)


def read_key(execution_context: ExecutionContext, context: Context) -> str | None:
    """Return the idempotency key of a request: of its header or its extensions, None without.

    Raises:
        BadUserInputError: It is no key, or there are two.
    """
    given = (execution_context.operation_extensions or {}).get(_EXTENSION)
    if given is None:
        given = context.idempotency_key
    elif context.idempotency_key not in (None, given):
        message = "There are two idempotency keys: send the header or the extension, not both."
        raise BadUserInputError(message)
    if given is None:
        return None
    quoted = _QUOTED.fullmatch(given) if isinstance(given, str) else None
    key = given if quoted is None else quoted[1]
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        message = "An idempotency key has 1 to 255 printable ASCII characters and no spaces."
        raise BadUserInputError(message)
    return key


def fingerprint_of(execution_context: ExecutionContext) -> str:
    """Return what tells operations apart: document, operation name and variables."""
    facts = (
        execution_context.query or "",
        execution_context.operation_name,
        execution_context.variables or {},
    )
    return hashlib.sha256(_dump(facts)).hexdigest()


def _key_id(subject: Subject, key: str) -> str:
    owner = "" if subject.user_id is None else f"{type(subject.user_id).__name__}:{subject.user_id}"
    return hashlib.sha256(f"{owner}\n{key}".encode()).hexdigest()


def _dump(facts: Any) -> bytes:
    return json.dumps(facts, sort_keys=True, default=repr, ensure_ascii=True).encode()


def _encode(data: Mapping[str, Any] | None) -> str:
    try:
        return orjson.dumps(data).decode()
    except TypeError:  # whole numbers beyond 64 bits
        return json.dumps(data, separators=(",", ":"), allow_nan=False)
