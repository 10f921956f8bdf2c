"""Connections as JSON: the object of what is asked of a list, of its page and of its rows."""

from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from gql_api.plan import selections
from gql_api.sql.json_aggregates import Totals, compile_totals
from gql_api.sql.json_forms import Expression
from gql_api.sql.json_groups import compile_groups
from gql_api.sql.json_objects import json_object, quoted
from gql_api.sql.json_pages import PageValues, compile_page
from gql_api.sql.json_rows import JsonList, RowWriter

_PAGED = selections.NodesField | selections.EdgesField | selections.PageInfoField
_TOTAL = selections.TotalCountField | selections.AggregateField


class JsonWriter(RowWriter):
    """Compiles the JSON of one root field, lists included."""

    @override
    def select_connection(self, listed: JsonList) -> sa.Select[Any]:
        page, totals = self._page_of(listed), self._totals_of(listed)
        if page.table is not None and totals.table is not None:
            page = self._alone(page)
        pairs: list[tuple[str, Expression]] = []
        for field in listed.connection.fields:
            key = field.response_key
            match field:
                case selections.TypenameField(_, type_name):
                    pairs.append((key, quoted(type_name)))
                case selections.GroupsField():
                    pairs.append((key, compile_groups(field, listed, self)))
                case selections.TotalCountField() | selections.AggregateField():
                    pairs.append((key, totals.values[key]))
                case _:
                    pairs.append((key, page.values[key]))
        statement = sa.select(json_object(pairs))
        tables = [each for each in (page.table, totals.table) if each is not None]
        if not tables:
            return statement
        joined = tables[0] if len(tables) == 1 else tables[0].join(tables[1], sa.true())
        return statement.select_from(joined)

    def select_list(self, listed: JsonList) -> sa.Select[Any]:
        """Select the list of a connection whose only field is of rows, without the object."""
        page = self._page_of(listed)
        return sa.select(*page.values.values()).select_from(page.table)

    def _page_of(self, listed: JsonList) -> PageValues:
        fields = [each for each in listed.connection.fields if isinstance(each, _PAGED)]
        return compile_page(fields, listed, self) if fields else PageValues({}, None)

    def _totals_of(self, listed: JsonList) -> Totals:
        fields = [each for each in listed.connection.fields if isinstance(each, _TOTAL)]
        return compile_totals(fields, listed, self) if fields else Totals({})

    def _alone(self, page: PageValues) -> PageValues:
        """Return a page as one row, to join with another."""
        labelled = [value.label(f"f{at}") for at, value in enumerate(page.values.values())]
        table = sa.select(*labelled).select_from(page.table).subquery(self.name("page"))
        values: dict[str, Expression] = dict(zip(page.values, table.c, strict=True))
        return PageValues(values, table)
