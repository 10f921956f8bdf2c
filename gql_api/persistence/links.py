"""Links: to-one relationships become values of foreign keys.

Relationship attributes are never touched: whatever their loading, only columns are set.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import orm
from sqlalchemy.exc import DBAPIError

from gql_api.database.driver_errors import constraint_facts
from gql_api.errors import NotFoundError, ValidationError, WriteError
from gql_api.mapping.descriptors import Entity, Relationship
from gql_api.persistence.refusals import refuse_any
from gql_api.persistence.write import Write
from gql_api.plan.changes import Link
from gql_api.sql.writes import select_link_target


async def load_links(
    entity: Entity,
    links: Sequence[Link],
    values: Mapping[str, Any],
    write: Write,
    path: Sequence[str],
) -> dict[str, Any]:
    """Find the targets of links; return the values with the foreign keys that the links set.

    Args:
        entity: Whose row is written.
        links: To-one relationships set or disconnected.
        values: Attribute key to value; links must not contradict them.
        write: Session and rights.
        path: Where the input stands.

    Raises:
        NotFoundError: A target is missing or not visible.
        ValidationError: A link wants another value for a column that is set already.
        WriteRefusedError: Several of these.

    Cost:
        One statement per link that is not a disconnection.
    """
    found: dict[str, Any] = dict(values)
    errors: list[WriteError] = []
    for link in links:
        relationship = entity.relationships[link.relationship]
        try:
            keys = await _load_keys(entity, relationship, link, write, path)
        except NotFoundError as error:
            errors.append(error)
            if error.__cause__ is not None:
                break  # the database refused the statement, and with it the transaction
            continue
        if any(found.get(key, value) != value for key, value in keys.items()):
            message = f"{relationship.name} does not go together with the other values."
            errors.append(ValidationError(message, path=(*path, relationship.name)))
        found.update(keys)
    refuse_any(errors)
    return found


async def _load_keys(
    entity: Entity, relationship: Relationship, link: Link, write: Write, path: Sequence[str]
) -> dict[str, Any]:
    """Load the values that a link's foreign keys take."""
    if link.target is None:
        return dict.fromkeys(_released_keys(entity, relationship))
    target = write.registry.target(relationship)
    remote = _remote_keys(relationship)
    statement = select_link_target(target, link.target, remote, write.compilation)
    message = f"There is no such {target.name}."
    refusal = NotFoundError(message, path=(*path, relationship.name, "connect"))
    try:
        row = (await write.session.execute(statement, write.subject.parameters)).one_or_none()
    except DBAPIError as error:
        if constraint_facts(error) is None:
            raise
        raise refusal from error  # no column can hold this key, so no row has it
    if row is None:
        raise refusal
    return dict(zip(relationship.foreign_keys, row, strict=True))


def _remote_keys(relationship: Relationship) -> list[str]:
    """Return the target's attribute keys, in the order of the foreign keys."""
    mapper = relationship.property.mapper
    pairs = relationship.property.local_remote_pairs or ()
    return [mapper.get_property_by_column(remote).key for _, remote in pairs]


def _released_keys(entity: Entity, relationship: Relationship) -> list[str]:
    """Return the foreign keys that become NULL: if possible none that other links share."""
    columns = orm.class_mapper(entity.model).column_attrs
    nullable = [key for key in relationship.foreign_keys if columns[key].columns[0].nullable]
    shared = {
        key
        for other in entity.relationships.values()
        if other.key != relationship.key
        for key in other.foreign_keys
    }
    return [key for key in nullable if key not in shared] or nullable
