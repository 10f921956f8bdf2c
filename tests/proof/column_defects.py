"""Deliberate defects of documents, arrays and text search."""

from tests.proof.defects import Mutant

COLUMN_MUTANTS = (
    Mutant(
        "documents: null at a path is a value",
        "sql/documents.py",
        'return sa.func.nullif(type_, "null")',
        "return type_",
        "postgresql",
        seeds="5",
    ),
    Mutant(
        "documents: null in JSON is not NULL",
        "schema/conditions.py",
        "return [filters.IsNull(DocumentValue(column.key), bool(value))]",
        "return [filters.IsNull(column.key, bool(value))]",
    ),
    Mutant(
        "documents: items of arrays are keys",
        "sql/documents.py",
        'return sa.and_(sa.func.jsonb_typeof(document) == "object", has_key)',
        "return has_key",
        "postgresql",
    ),
    Mutant(
        "documents: numbers at a path are texts",
        "database/documents.py",
        "return found if isinstance(found, str) else None",
        "return None if found is None else str(found)",
    ),
    Mutant(
        "documents: containment minds the order of items",
        "database/documents.py",
        "any(_contains(item, each) for item in document) for each in part",
        "_contains(item, each) for item, each in zip(document, part, strict=False)",
    ),
    Mutant(
        "documents: digits are indexes in objects too",
        "sql/documents.py",
        'return sa.case((type_ == "ARRAY", index), else_=key)',
        "return index",
        "mariadb",
    ),
    Mutant(
        "wire: paths into documents do not count",
        "loading/forms.py",
        "return documents if path is None else [value_at(each, path) for each in documents]",
        "return documents",
    ),
    Mutant(
        "JSON: paths into documents give texts",
        "sql/json_rows.py",
        '.op("#>")',
        '.op("#>>")',
        "postgresql",
    ),
    Mutant(
        "arrays: contains means containedBy",
        "sql/arrays.py",
        'Operator.CONTAINS: "@>"',
        'Operator.CONTAINS: "<@"',
        "postgresql",
    ),
    Mutant(
        "arrays: overlaps means contains",
        "sql/arrays.py",
        'Operator.OVERLAPS: "&&"',
        'Operator.OVERLAPS: "@>"',
        "postgresql",
    ),
    Mutant(
        "search: or, quotes and hyphens mean nothing",
        "sql/search.py",
        "sa.func.websearch_to_tsquery",
        "sa.func.plainto_tsquery",
        "postgresql",
    ),
    Mutant(
        "search: rows that do not match have a rank",
        "sql/search.py",
        "sa.case((matched, rank), else_=sa.literal(0.0, sa.Double()))",
        "sa.func.coalesce(rank, sa.literal(0.0, sa.Double()))",
        "postgresql",
    ),
    Mutant(
        "search: the best rank comes last",
        "schema/orders.py",
        "is_descending=True, search_slot=slot",
        "is_descending=False, search_slot=slot",
        "postgresql",
    ),
    Mutant(
        "search: no rank comes before any",
        "sql/ordering.py",
        "return SortKey(rank, key.is_descending, key.are_nulls_first, is_nullable=False)",
        "return SortKey(sa.func.nullif(rank, 0.0), key.is_descending, True, is_nullable=True)",
        "postgresql",
    ),
)
