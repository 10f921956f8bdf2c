"""Column attributes: mapped properties become ``Column`` descriptors."""

import decimal
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import ColumnProperty, Mapper

from gql_api.mapping.annotations import annotated_rules
from gql_api.mapping.descriptors import DEFAULT_SEARCH, Column, InputRules, ValueType
from gql_api.mapping.expressions import is_expression
from gql_api.mapping.soft_deletes import soft_delete_key
from gql_api.mapping.types import EnumTable, describe_type
from gql_api.mapping.versions import check_version_type, is_version
from gql_api.mapping.visibility import Visibility, attribute_info, gql_options, public_key
from gql_api.naming import Inflector, NameTable

_RULES: Mapping[str, str] = MappingProxyType(
    {
        "min_length": "min_length",
        "max_length": "max_length",
        "pattern": "pattern",
        "minimum": "minimum",
        "maximum": "maximum",
        "not_empty": "is_not_blank",
    }
)


def describe_columns(
    mapper: Mapper[Any],
    *,
    linked: frozenset[str],
    names: NameTable,
    inflector: Inflector,
    enums: EnumTable,
    visibility: Visibility,
) -> tuple[dict[str, Column], tuple[Column, ...]]:
    """Describe the column attributes of a mapper.

    Args:
        mapper: A configured mapper.
        linked: Attribute keys that writable relationships set.
        names: Field names taken on the type.
        inflector: Makes field names.
        enums: Enumerations of the schema.
        visibility: What exists for clients.

    Returns:
        The columns that exist for clients (neither hidden nor private) by attribute key, and the
        columns of the primary key, shown or not.

    Raises:
        MappingError: An option in ``info["gql"]`` is unknown.
    """
    shown: dict[str, Column] = {}
    keys: dict[str, Column] = {}
    for attribute in mapper.column_attrs:
        if is_expression(attribute):
            continue
        info, key = attribute_info(attribute), public_key(mapper, attribute.key)
        is_visible = visibility.is_shown(mapper, key, info, attribute)
        is_key = any(column in mapper.primary_key for column in attribute.columns)
        if not is_visible and not is_key:
            continue
        described = _describe_column(
            attribute,
            key=key,
            name=names.claim(inflector.field(key), key) if is_visible else key,
            value_type=_describe_type(attribute, mapper, enums),
            is_linked=attribute.key in linked,
            options=gql_options(info, attribute),
        )
        if is_visible:
            shown[key] = described
        if is_key:
            keys[attribute.key] = described
    primary_key = (mapper.get_property_by_column(column).key for column in mapper.primary_key)
    return shown, tuple(keys[key] for key in primary_key)


def _describe_type(
    attribute: ColumnProperty[Any], mapper: Mapper[Any], enums: EnumTable
) -> ValueType:
    fallback_name = f"{mapper.class_.__name__}_{attribute.key}"
    return describe_type(
        attribute.columns[0].type, lambda type_: enums.describe(type_, fallback_name)
    )


def _describe_column(
    attribute: ColumnProperty[Any],
    *,
    key: str,
    name: str,
    value_type: ValueType,
    is_linked: bool,
    options: Mapping[str, Any],
) -> Column:
    column = attribute.columns[0]
    stored = [each for each in attribute.columns if isinstance(each, sa.Column)]
    return Column(
        key=key,
        name=name,
        type=value_type,
        is_nullable=not stored or bool(stored[0].nullable),
        is_primary_key=any(each.primary_key for each in stored),
        is_foreign_key=is_linked,
        # the key of a joined subclass is two columns: the base's has the default
        has_default=not stored or any(map(_has_default, stored)),
        is_read_only=bool(options.get("read_only"))
        or value_type.is_refused
        or _is_kept_by_database(attribute),
        is_version=_is_version(attribute, value_type),
        rules=_describe_rules(attribute, column, options),
        search=options.get("search", DEFAULT_SEARCH),
        description=attribute.doc
        or getattr(column, "doc", None)
        or getattr(column, "comment", None),
    )


def _is_version(attribute: ColumnProperty[Any], type_: ValueType) -> bool:
    if not is_version(attribute):
        return False
    check_version_type(attribute, type_)
    return True


def _is_kept_by_database(attribute: ColumnProperty[Any]) -> bool:
    """Tell whether clients never set it: expressions, versions, types of rows, moments of deletion."""
    column, mapper = attribute.columns[0], attribute.parent
    if attribute.key == soft_delete_key(mapper):
        return True
    if not isinstance(column, sa.Column) or column.computed is not None:
        return True
    return column is mapper.version_id_col or column is mapper.polymorphic_on


def _has_default(column: sa.Column[Any]) -> bool:
    if column.default is not None or column.server_default is not None or column.nullable:
        return True
    # the table of a class may be a query
    generated = getattr(column.table, "autoincrement_column", None)
    return column.identity is not None or column is generated


def _describe_rules(
    attribute: ColumnProperty[Any], column: Any, options: Mapping[str, Any]
) -> InputRules:
    given = dict(annotated_rules(attribute.parent.class_, attribute.key))
    given |= {field: options[name] for name, field in _RULES.items() if name in options}
    length = getattr(column.type, "length", None)
    if isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum) and length:
        given.setdefault("max_length", length)
    return InputRules(**given, greatest=_greatest(column.type))


def _greatest(type_: Any) -> decimal.Decimal | None:
    """Return the greatest number that a decimal type of limited digits holds."""
    if not isinstance(type_, sa.Numeric) or not type_.precision:
        return None
    return decimal.Decimal(10**type_.precision - 1).scaleb(-(type_.scale or 0))
