"""Deliberate defects of the package, each a replacement of its source text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One defect: a replacement of source text that stands exactly once."""

    name: str
    module: str
    text: str
    defect: str
    database: str = "sqlite"
    """Where it shows."""

    seeds: str = "4 6"
    """Sets of models with all that most defects need: composite keys, roles, orders of relationships."""

    matrix: str = ""
    """The part of the authorization matrix that must catch it; empty for the generated tests."""

    has_writes: bool = False
    """Whether generated mutations must catch it, not generated queries."""


CONTROL = Mutant("no defect at all", "sql/pages.py", "def select_page(", "def select_page(")
"""Passes: else the others would be caught by a copy that does not work."""

MUTANTS = (
    Mutant(
        "limit over the whole batch, not per parent",
        "sql/pages.py",
        ".over(partition_by=source.keys, order_by=order_by)",
        ".over(order_by=order_by)",
    ),
    Mutant(
        "offset ignored on nested lists",
        "sql/pages.py",
        "outer.where(rank > offset, rank <= offset + limit)",
        "outer.where(rank <= offset + limit)",
    ),
    Mutant(
        "a page found through an index is not the parent's",
        "sql/pages.py",
        "[*tied, *self.predicates]",
        "self.predicates",
        "postgresql",
    ),
    Mutant(
        "scope missing where pages are found through an index",
        "sql/pages.py",
        "predicates = [*_conditions(connection.filter, source, compilation), *seek]",
        "predicates = [*_conditions(connection.filter, source, compilation)[1:], *seek]",
        "postgresql",
    ),
    Mutant(
        "pages found through an index have no limit",
        "sql/pages.py",
        "_paged(one, page).lateral",
        "one.lateral",
        "postgresql",
    ),
    Mutant("scope missing in lists and counts", "sql/pages.py", "[source.scope]", "[sa.true()]"),
    Mutant(
        "scope missing in counts alone",
        "sql/pages.py",
        "    predicates = list_predicates(connection.filter, source, compilation)\n    values",
        "    predicates = list_predicates(connection.filter, source, compilation)[1:]\n    values",
    ),
    Mutant(
        "count over the page",
        "loading/lists.py",
        "return loaded.computed[ROW_COUNT]",
        "return loaded.pages.sizes",
    ),
    Mutant(
        "a join instead of EXISTS",
        "sql/predicates.py",
        "case Quantifier.SOME:\n            return _compile_exists(relatives, sa.and_(tied, condition))",
        "case Quantifier.SOME:\n            return sa.and_(tied, condition)",
    ),
    Mutant(
        "count ignores the filter",
        "sql/pages.py",
        "    predicates = list_predicates(connection.filter, source, compilation)\n    values",
        "    predicates = list_predicates(None, source, compilation)\n    values",
    ),
    Mutant(
        "page before the cursor's row forgets that row",
        "sql/pages.py",
        "compile_seek(turned, page.after, compilation, is_inclusive=True)",
        "compile_seek(turned, page.after, compilation)",
    ),
    Mutant(
        "backward pages keep the forward order",
        "sql/pages.py",
        "reverse(keys) if connection.page.is_backward else keys",
        "keys",
    ),
    Mutant(
        "scope missing in filters through relationships",
        "sql/predicates.py",
        "tied = sa.and_(correlate(relatives, source, relationship), relatives.scope)",
        "tied = sa.and_(correlate(relatives, source, relationship))",
    ),
    Mutant(
        "every is true where the condition is unknown",
        "sql/predicates.py",
        "condition.is_not(sa.true())",
        "sa.not_(condition)",
    ),
    Mutant(
        "none means some",
        "sql/predicates.py",
        "return ~_compile_exists(relatives, sa.and_(tied, condition))",
        "return _compile_exists(relatives, sa.and_(tied, condition))",
    ),
    Mutant(
        "an empty or is true",
        "sql/predicates.py",
        "sa.false(), *(compile_filter",
        "*(compile_filter",
    ),
    Mutant(
        "wildcards of literal texts work",
        "sql/operands.py",
        "return pattern.format(literal)",
        "return pattern.format(value)",
    ),
    Mutant(
        "nulls stand where the database puts them",
        "sql/ordering.py",
        "if not key.is_nullable or is_default:",
        "if True:",
    ),
    Mutant(
        "rows after a value without the nulls behind it",
        "sql/ordering.py",
        "return sa.or_(later, key.expression.is_(None))",
        "return later",
    ),
    Mutant(
        "nothing follows a null",
        "sql/ordering.py",
        "return key.expression.is_not(None) if key.are_nulls_first else sa.false()",
        "return sa.false()",
    ),
    Mutant(
        "the opposite order keeps the places of nulls",
        "sql/ordering.py",
        "are_nulls_first=not key.are_nulls_first",
        "are_nulls_first=key.are_nulls_first",
    ),
    Mutant(
        "a hidden relative sorts like a visible one",
        "sql/ordering.py",
        "tied = sa.and_(correlate(relatives, source, relationship), relatives.scope)",
        "tied = sa.and_(correlate(relatives, source, relationship))",
        seeds="5",
    ),
    Mutant(
        "any relative meets a condition on the first",
        "sql/predicates.py",
        "if not (relationship.is_list or is_kept_single(relationship, relatives.entity)):",
        "if False:",
    ),
    Mutant(
        "the primary key is not appended to the order",
        "schema/orders.py",
        "tuple(dict.fromkeys([*given, *rest]))",
        "tuple(dict.fromkeys(given)) or tuple(rest)",
    ),
    Mutant(
        "plain DESC puts nulls last",
        "schema/orders.py",
        " or direction is SortOrder.DESC\n",
        "\n",
    ),
    Mutant(
        "cursors lose microseconds",
        "mapping/values.py",
        "text = value.replace(tzinfo=None).isoformat()",
        "text = value.replace(tzinfo=None, microsecond=0).isoformat()",
    ),
    Mutant(
        "a full page always has a next one",
        "loading/pages.py",
        "has_more = [len(page) > size for page in pages]",
        "has_more = [len(page) >= size for page in pages]",
    ),
    Mutant(
        "rows of one parent are given to another",
        "loading/pages.py",
        "groups[key].append(row)",
        "groups[next(iter(groups))].append(row)",
    ),
    Mutant(
        "the custom condition of a relationship is ignored",
        "mapping/relationships.py",
        "if equalities is None or len(equalities) != len(pairs):",
        "if False:",
    ),
    Mutant(
        "scope missing in to-one targets",
        "sql/pages.py",
        "_select(selected, source, list_predicates(None, source, compilation))",
        "_select(selected, source, list_predicates(None, source, compilation)[1:])",
    ),
    Mutant(
        "scope missing in rows by key",
        "sql/pages.py",
        "_select(selected, source, list_predicates(lookup.filter, source, compilation))",
        "_select(selected, source, list_predicates(lookup.filter, source, compilation)[1:])",
    ),
    Mutant(
        "scope missing on all paths",
        "sql/sources.py",
        "scope = compilation.scopes.visible_rows(entity, row, guards)",
        "scope = sa.true()",
    ),
    Mutant(
        "composite key matched by its first column",
        "sql/sources.py",
        "for key, local in zip(relatives.keys, relationship.join.local_keys, strict=True)",
        "for key, local in [*zip(relatives.keys, relationship.join.local_keys)][:1]",
    ),
    Mutant(
        "association table joined without its far key",
        "sql/sources.py",
        "        from_clause=orm.join(secondary, target.row, condition),",
        "        from_clause=orm.join(secondary, target.row, sa.true()),",
    ),
    Mutant(
        "users are not told apart",
        "access/subjects.py",
        "USER_ID_PARAMETER: self.user_id, **claims",
        "USER_ID_PARAMETER: 1, **claims",
    ),
    Mutant(
        "roles do not count",
        "access/subjects.py",
        "RoleSet(self.roles, self.user_id",
        "RoleSet(frozenset(), self.user_id",
    ),
    Mutant(
        "ne matches null",
        "sql/predicates.py",
        "Operator.NE: lambda column, value: column != value",
        "Operator.NE: lambda column, value: column.is_distinct_from(value)",
    ),
    Mutant(
        "lt means lte",
        "sql/predicates.py",
        "Operator.LT: lambda column, value: column < value",
        "Operator.LT: lambda column, value: column <= value",
    ),
    Mutant(
        "an empty and is false",
        "sql/predicates.py",
        "                sa.true(), *(compile_filter",
        "                sa.true() if parts else sa.false(), *(compile_filter",
    ),
    Mutant(
        "not in means in",
        "sql/predicates.py",
        "is_negated = operator is Operator.NOT_IN",
        "is_negated = False",
    ),
    Mutant(
        "escapes in patterns do nothing",
        "sql/predicates.py",
        "return column.like(value, escape=ESCAPE)",
        "return column.like(value)",
    ),
    Mutant(
        "ilike minds case",
        "sql/predicates.py",
        "return fold(column).like(fold(value), escape=ESCAPE)",
        "return column.like(value, escape=ESCAPE)",
    ),
    Mutant(
        "later keys of a cursor compare without the earlier ones",
        "sql/ordering.py",
        "equal = [_equal(each, seek, at) for at, each in enumerate(keys[:index])]",
        "equal = []",
    ),
    Mutant(
        "the row of a cursor comes twice",
        "sql/ordering.py",
        "return row >= values if is_inclusive else row > values",
        "return row >= values",
    ),
    Mutant(
        "a count through a missing relative is never null",
        "sql/ordering.py",
        "column.is_nullable or len(key.path) > (key.function is not None)",
        "column.is_nullable",
    ),
    Mutant(
        "cursors hold floats as they are printed",
        "sql/cursors.py",
        "    return write_column(type_, value)",
        "    return write_column(type_, float(f'{value:g}') if isinstance(value, float) else value)",
    ),
    Mutant(
        "the order of a relationship is ignored",
        "schema/orders.py",
        "] or _default_keys(default, entity)",
        "]",
    ),
    Mutant(
        "backward pages stay turned",
        "loading/pages.py",
        "cut = [page[::-1] for page in cut]",
        "pass",
    ),
    Mutant(
        "rows before an offset beyond the end are forgotten",
        "loading/pages.py",
        "if self._has_after or (skipped and not all(is_known)):",
        "if self._has_after:",
    ),
    Mutant(
        "the default size does not count",
        "schema/pages.py",
        "config.default_page_size if size is None",
        "config.max_page_size if size is None",
    ),
    Mutant(
        "scope missing in groups",
        "sql/groups.py",
        "predicates = list_predicates(connection.filter, source, compilation)",
        "predicates = list_predicates(connection.filter, source, compilation)[1:]",
    ),
    Mutant(
        "groups ignore the filter",
        "sql/groups.py",
        "predicates = list_predicates(connection.filter, source, compilation)",
        "predicates = list_predicates(None, source, compilation)",
    ),
    Mutant(
        "groups without having",
        "sql/groups.py",
        ".having(compile_having(groups.having, rows, compilation))",
        ".having(sa.true())",
    ),
    Mutant(
        "groups of all parents share one limit",
        "sql/groups.py",
        "partition_by=rows.parent_keys or None, order_by",
        "order_by",
    ),
    Mutant(
        "the group of nulls has no rows",
        "sql/groups.py",
        "page.c[name].is_not_distinct_from(rows.table.c[name])",
        "page.c[name] == rows.table.c[name]",
    ),
    Mutant(
        "distinct values are counted as often as they stand",
        "sql/aggregates.py",
        "sa.func.count(sa.distinct(normal_form(value)))",
        "sa.func.count(normal_form(value))",
    ),
    Mutant(
        "averages are those of whole numbers",
        "sql/aggregates.py",
        "sa.func.avg(value, type_=sa.Double())",
        "sa.func.round(sa.func.avg(value, type_=sa.Double()))",
    ),
    Mutant(
        "least and greatest are exchanged",
        "sql/aggregates.py",
        "sa.func.max(normal_form(value), type_=value.type)",
        "sa.func.min(normal_form(value), type_=value.type)",
    ),
    Mutant(
        "JSON: scope missing in counts",
        "sql/json_aggregates.py",
        "predicates = list_predicates(listed.connection.filter, source, compilation)",
        "predicates = list_predicates(listed.connection.filter, source, compilation)[1:]",
        "postgresql",
    ),
    Mutant(
        "JSON: scope missing in groups",
        "sql/json_groups.py",
        "predicates = list_predicates(listed.connection.filter, source, compilation)",
        "predicates = list_predicates(listed.connection.filter, source, compilation)[1:]",
        "postgresql",
    ),
    Mutant(
        "JSON: scope missing in to-one targets",
        "sql/json_rows.py",
        "self.select_from(source, columns, list_predicates(None, source, self.compilation))",
        "self.select_from(source, columns, list_predicates(None, source, self.compilation)[1:])",
        "postgresql",
    ),
    Mutant(
        "JSON: relatives of all parents",
        "sql/json_rows.py",
        "return replace(relatives, matches=(correlate(relatives, row, relationship),))",
        "return relatives",
        "postgresql",
    ),
    Mutant(
        "JSON: a page has the row after it",
        "sql/json_rows.py",
        'limit if has_more else limit - sa.literal_column("1")',
        "limit",
        "postgresql",
    ),
    Mutant(
        "JSON: backward pages stay turned",
        "sql/json_rows.py",
        "rows.order_by(*page.order) if connection.page.is_backward else rows",
        "rows",
        "postgresql",
        seeds="8",
    ),
    Mutant(
        "JSON: a full page always has a next one",
        "sql/json_pages.py",
        "sa.func.count() >= self._limit",
        "sa.func.count() >= self._limit - _ONE",
        "postgresql",
    ),
    Mutant(
        "JSON: the end of a page is the row after it",
        "sql/json_pages.py",
        "sa.func.least(self._size, self._limit - _ONE)",
        "self._size",
        "postgresql",
    ),
    Mutant(
        "JSON: groups have a row too few",
        "sql/json_groups.py",
        "kept = number <= bind_slot",
        "kept = number < bind_slot",
        "postgresql",
        seeds="8",
    ),
    Mutant(
        "JSON: whole numbers of 64 bits are numbers",
        "sql/json_forms.py",
        "_Form((sa.Integer, postgresql.OID), _write_text)",
        "_Form((sa.Integer, postgresql.OID), _as_is)",
        "postgresql",
    ),
    Mutant(
        "JSON: one role's statement is another's",
        "loading/json.py",
        'return ("json", compilation)',
        'return ("json", None)',
        "postgresql",
    ),
    Mutant(
        "wire: one role's rows are another's",
        "loading/plans.py",
        "key = (form, compilation)",
        "key = form",
    ),
    Mutant(
        "wire: scalars as the database gives them",
        "loading/wire_values.py",
        "partial(_convert_each, partial(write_value, type_.kind)) if known is None else known",
        "_leave if known is None else known",
    ),
    Mutant(
        "wire: enumerations by their values",
        "loading/wire_values.py",
        "labels.setdefault(value, name)",
        "labels.setdefault(value, value)",
    ),
    Mutant(
        "wire: aggregates of no rows are 0",
        "loading/aggregates.py",
        "return 0 if aggregate.function in _COUNTS else None",
        "return 0",
    ),
    Mutant(
        "wire: relatives move up where a parent has none",
        "loading/assembly.py",
        "return list(map(found.__getitem__, keys))",
        "return [*loaded, *[empty] * (len(keys) - len(loaded))] if distinct else [empty] * len(keys)",
    ),
    Mutant(
        "plans: what is skipped or included does not count",
        "schema/plans.py",
        "key = (name, *map(id, asked.nodes), *map(asked.variables.get, self.conditions))",
        "key = (name, *map(id, asked.nodes))",
    ),
    Mutant(
        "plans: constant operands come in another order",
        "schema/sites.py",
        "self.operands.extend(values)",
        "self.operands.extend(values[::-1])",
    ),
    Mutant(
        "plans: the first arguments of a document stay",
        "schema/sites.py",
        "self.is_constant = node is not None and not names",
        "self.is_constant = True",
    ),
)
