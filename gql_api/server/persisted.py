"""Documents by their ids: trusted ones from manifests, and those that clients have sent before.

Source:
    Apollo, "Automatic persisted queries"; GraphQL over HTTP, "Persisted documents"; manifests as
    graphql-codegen (``persisted-documents.json``) and relay-compiler (``persisted.json``) write them.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError, parse
from starlette.exceptions import HTTPException

from gql_api.errors import (
    ConfigurationError,
    DocumentNotFoundError,
    DocumentNotTrustedError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
)
from gql_api.execution.limits import judge_document
from gql_api.schema.build import Schema
from gql_api.server.requests import OperationRequest

_PREFIX = "sha256:"
_MAX_CHARACTERS = 1_000_000
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistedDocuments:
    """Which documents are found by their ids, and whether there are others.

    ```python
    documents = PersistedDocuments(trusted=read_manifests(["persisted-documents.json"]))
    ```

    Raises:
        ConfigurationError: Only trusted documents are to be run, and there are none.
    """

    trusted: Mapping[str, str] = field(default_factory=dict)
    """Id to text, from ``read_manifests``: clients send an id as ``documentId`` or as the hash of a
    persisted query."""

    only_trusted: bool = False
    """Whether all other documents are refused, introspection included."""

    keeps_queries: bool = True
    """Whether texts that clients send with their hash are kept, for later requests with the hash
    alone: in memory, of this process. Never with ``only_trusted``."""

    max_characters: int = _MAX_CHARACTERS
    """Of all texts that are kept together; those used last stay."""

    def __post_init__(self) -> None:
        """Refuse a server that answers nothing."""
        if self.only_trusted and not self.trusted:
            message = "Only trusted documents are to be run, and there are none."
            raise ConfigurationError(message, fix="Name a manifest with documents.")


def read_manifests(paths: Iterable[str | Path]) -> dict[str, str]:
    """Read manifests: files of one JSON object that holds texts of documents by their ids.

    Args:
        paths: Of the files. Ids may begin with ``sha256:``, which is left out.

    Raises:
        ConfigurationError: A file cannot be read, or holds something else.
    """
    found: dict[str, str] = {}
    for path in paths:
        try:
            content = orjson.loads(Path(path).read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            message = f"The manifest {path} cannot be read: {error}."
            raise ConfigurationError(message, fix="Name a file of JSON.") from error
        if not isinstance(content, dict) or not all(
            isinstance(each, str) for each in content.values()
        ):
            message = f"The manifest {path} is no object of documents by their ids."
            raise ConfigurationError(message, fix="Let graphql-codegen or relay-compiler write it.")
        found |= {key.removeprefix(_PREFIX): text for key, text in content.items()}
    return found


def check_trusted(documents: PersistedDocuments, schema: Schema) -> None:
    """Judge all trusted documents as a request with them would be.

    Raises:
        ConfigurationError: One is not valid, or exceeds a limit.
    """
    for key, text in documents.trusted.items():
        try:
            node = parse(text, max_tokens=schema.table.config.limits.max_tokens)
        except GraphQLError as error:
            errors = [error]
        else:
            errors = judge_document(node, schema)
        if errors:
            message = f"The trusted document {key} cannot be run: {errors[0].message}"
            raise ConfigurationError(message, fix="Write the manifest anew for this schema.")


class DocumentStore:
    """Finds the text of a request that names its document.

    Args:
        documents: What is allowed.
    """

    def __init__(self, documents: PersistedDocuments) -> None:
        self._documents = documents
        self._trusted_texts = frozenset(documents.trusted.values())
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._characters = 0
        self.takes_all = not documents.only_trusted
        """Whether texts that come without an id are run as they are."""

    def resolve(self, operation: OperationRequest) -> OperationRequest:
        """Return a request with its text.

        Raises:
            DocumentNotFoundError: No trusted document has the ``documentId``.
            PersistedQueryNotFoundError: The hash is not known: the client sends the text with it.
            PersistedQueryNotSupportedError: Texts are not kept here.
            DocumentNotTrustedError: The text is not that of a trusted document.
            HTTPException: 400 for what contradicts itself.
        """
        if operation.document_id is not None:
            return replace(operation, query=self._find_trusted(operation))
        persisted = (operation.extensions or {}).get("persistedQuery")
        if persisted is not None:
            return replace(operation, query=self._find_persisted(operation, persisted))
        if not operation.query:
            message = "The request has no query: send the GraphQL document as `query`."
            raise HTTPException(400, message)
        self._require_trust(operation.query)
        return operation

    def _find_trusted(self, operation: OperationRequest) -> str:
        if operation.query:
            message = "The request has both `query` and `documentId`: send one of them."
            raise HTTPException(400, message)
        assert operation.document_id is not None  # noqa: S101 - asked by the caller
        text = self._documents.trusted.get(operation.document_id.removeprefix(_PREFIX))
        if text is None:
            message = "No trusted document has this `documentId`."
            raise DocumentNotFoundError(message)
        return text

    def _find_persisted(self, operation: OperationRequest, persisted: Any) -> str:
        key = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        if not isinstance(key, str) or persisted.get("version") != _VERSION:
            message = "`extensions.persistedQuery` must hold version 1 and a sha256Hash."
            raise HTTPException(400, message)
        trusted = self._documents.trusted.get(key)
        if not operation.query:
            return trusted or self._find_kept(key)
        if hashlib.sha256(operation.query.encode()).hexdigest() != key:
            message = "The sha256Hash of `extensions.persistedQuery` is not that of the query."
            raise HTTPException(400, message)
        self._require_trust(operation.query)
        if trusted is None and self._keeps:
            self._keep(key, operation.query)
        return operation.query

    @property
    def _keeps(self) -> bool:
        return self._documents.keeps_queries and not self._documents.only_trusted

    def _require_trust(self, text: str) -> None:
        if self._documents.only_trusted and text not in self._trusted_texts:
            message = "Only trusted documents are run here."
            raise DocumentNotTrustedError(message)

    def _find_kept(self, key: str) -> str:
        if not self._keeps:
            message = "PersistedQueryNotSupported"
            raise PersistedQueryNotSupportedError(message)
        text = self._kept.get(key)
        if text is None:
            message = "PersistedQueryNotFound"
            raise PersistedQueryNotFoundError(message)
        self._kept.move_to_end(key)
        return text

    def _keep(self, key: str, text: str) -> None:
        """Keep a text, and forget those that were not used for longest."""
        if key in self._kept or len(text) > self._documents.max_characters:
            return
        self._kept[key] = text
        self._characters += len(text)
        while self._characters > self._documents.max_characters:
            _, oldest = self._kept.popitem(last=False)
            self._characters -= len(oldest)
