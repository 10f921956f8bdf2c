"""What filters mean, on every database."""

from typing import Any

import pytest

from tests.fixtures.schema import Api


async def _found(api: Api, where: str, field: str = "books", key: str = "rowId") -> list[Any]:
    """Return the keys of the rows that a filter finds, and check the count with it."""
    data = await api.data(
        f"{{ {field}(where: {where}) {{ totalCount nodes {{ {key} }} }} }}", count=2
    )
    found = [row[key] for row in data[field]["nodes"]]
    assert data[field]["totalCount"] == len(found)
    return found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param('{title: {eq: "a_b"}}', [3, 6], id="eq"),
        pytest.param('{subtitle: {eq: ""}}', [], id="eq empty"),
        pytest.param('{subtitle: {ne: "Ärger"}}', [1, 2, 5], id="ne does not match NULL"),
        pytest.param("{rowId: {in: [4, 2, 99]}}", [2, 4], id="in"),
        pytest.param("{rowId: {in: []}}", [], id="in nothing"),
        pytest.param("{editorId: {in: []}}", [], id="nullable in nothing"),
        pytest.param("{editorId: {notIn: [1]}}", [1, 2], id="notIn does not match NULL"),
        pytest.param("{editorId: {notIn: []}}", [1, 2, 3, 4, 5, 6], id="notIn nothing"),
        pytest.param("{not: {editorId: {in: []}}}", [1, 2, 3, 4, 5, 6], id="not in nothing"),
        pytest.param("{not: {editorId: {notIn: []}}}", [], id="not notIn nothing"),
        pytest.param('{price: {lt: "1.0000000002"}}', [1, 4], id="lt of a decimal"),
        pytest.param('{price: {lte: "1.0000000002"}}', [1, 2, 4], id="lte"),
        pytest.param('{price: {gt: "1.0000000001"}}', [2, 5], id="gt"),
        pytest.param('{price: {gte: "1.0000000001", lt: "2.5"}}', [1, 2], id="siblings are AND"),
        pytest.param("{editorId: {isNull: true}}", [3, 6], id="isNull"),
        pytest.param("{editorId: {isNull: false}}", [1, 2, 4, 5], id="not null"),
        pytest.param("{title: {}}", [1, 2, 3, 4, 5, 6], id="no operator"),
        pytest.param("{}", [1, 2, 3, 4, 5, 6], id="empty"),
        pytest.param("{isDraft: {eq: true}}", [3], id="boolean"),
        pytest.param("{state: {eq: PLANNED}}", [1, 5], id="Python enum"),
        pytest.param("{state: {in: [PLANNED, OUT_OF_PRINT]}}", [1, 3, 5], id="Python enums"),
        pytest.param("{state: {ne: PLANNED}}", [2, 3, 6], id="not an enum"),
        pytest.param("{audience: {eq: PG_13}}", [1], id="label"),
        pytest.param("{audience: {in: [EMPTY, _18_PLUS]}}", [2, 4], id="odd labels"),
        pytest.param("{audience: {notIn: [EMPTY, PG_13]}}", [4, 5, 6], id="notIn of labels"),
    ],
)
async def test_comparisons(api: Api, where: str, found: list[int]):
    """Each operator has one meaning."""
    assert await _found(api, where) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param('{title: {contains: "0%"}}', [1], id="percent"),
        pytest.param('{title: {contains: "a_b"}}', [3, 6], id="underscore"),
        pytest.param('{title: {contains: "\\\\"}}', [5], id="backslash"),
        pytest.param('{title: {startsWith: "100"}}', [1, 2], id="startsWith"),
        pytest.param('{title: {startsWith: "100%"}}', [1], id="startsWith percent"),
        pytest.param('{title: {endsWith: "_b"}}', [3, 6], id="endsWith underscore"),
        pytest.param('{title: {endsWith: "wool"}}', [1, 2], id="endsWith"),
        pytest.param('{title: {contains: ""}}', [1, 2, 3, 4, 5, 6], id="contains nothing"),
        pytest.param('{subtitle: {contains: ""}}', [1, 2, 4, 5], id="NULL contains nothing"),
        pytest.param('{title: {like: "a_b"}}', [3, 4, 6], id="like"),
        pytest.param('{title: {like: "a\\\\_b"}}', [3, 6], id="like escaped"),
        pytest.param('{title: {like: "1%"}}', [1, 2], id="like percent"),
        pytest.param('{title: {ilike: "A_B"}}', [3, 4, 6], id="ilike"),
        pytest.param('{title: {icontains: "WOOL"}}', [1, 2], id="icontains"),
        pytest.param('{title: {icontains: "A_B"}}', [3, 6], id="icontains underscore"),
        pytest.param('{title: {istartsWith: "A_"}}', [3, 6], id="istartsWith"),
        pytest.param('{title: {iendsWith: "_B"}}', [3, 6], id="iendsWith"),
        pytest.param('{subtitle: {icontains: "äRG"}}', [4, 5], id="beyond ASCII"),
        pytest.param('{subtitle: {istartsWith: "ÄR"}}', [4, 5], id="beyond ASCII at the start"),
        pytest.param('{subtitle: {contains: "Ärg"}}', [4], id="contains knows case"),
        pytest.param('{not: {subtitle: {contains: "rg"}}}', [1, 2], id="not does not match NULL"),
    ],
)
async def test_texts(api: Api, where: str, found: list[int]):
    """Wildcards are literals in ``contains`` and kin, and case is folded beyond ASCII."""
    assert await _found(api, where) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param("{and: []}", [1, 2, 3, 4, 5, 6], id="and of nothing"),
        pytest.param("{or: []}", [], id="or of nothing"),
        pytest.param("{not: {}}", [], id="not of nothing"),
        pytest.param("{not: {or: []}}", [1, 2, 3, 4, 5, 6], id="not or of nothing"),
        pytest.param("{or: [{rowId: {eq: 1}}, {rowId: {eq: 3}}]}", [1, 3], id="or"),
        pytest.param("{and: [{rowId: {gt: 1}}, {rowId: {lt: 4}}]}", [2, 3], id="and"),
        pytest.param("{rowId: {gt: 3}, or: [{rowId: {eq: 1}}, {rowId: {eq: 5}}]}", [5], id="both"),
        pytest.param("{not: {editorId: {eq: 1}}}", [1, 2], id="not keeps unknown"),
        pytest.param("{not: {not: {editorId: {eq: 1}}}}", [4, 5], id="not not"),
        pytest.param(
            "{or: [{editorId: {eq: 1}}, {not: {editorId: {eq: 1}}}]}",
            [1, 2, 4, 5],
            id="a thing or not",
        ),
        pytest.param(
            "{not: {or: [{editorId: {eq: 1}}, {rowId: {eq: 1}}]}}", [2], id="not of unknown or"
        ),
    ],
)
async def test_logic(api: Api, where: str, found: list[int]):
    """Conditions are joined with SQL's three values."""
    assert await _found(api, where) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param('{author: {penName: {eq: "Ann"}}}', [1, 2, 3], id="to-one"),
        pytest.param("{editor: {}}", [1, 2, 4, 5], id="there is one"),
        pytest.param("{not: {editor: {}}}", [3, 6], id="there is none"),
        pytest.param("{not: {editor: {rank: {eq: 3}}}}", [1, 3, 6], id="none with"),
        pytest.param("{cover: {}}", [1, 3, 4], id="one to one"),
        pytest.param("{cover: {artist: {isNull: true}}}", [4], id="there is one with NULL"),
        pytest.param("{namesake: {}}", [3, 6], id="custom to-one"),
        pytest.param('{category: {parent: {parent: {code: {eq: ""}}}}}', [2, 4], id="deep"),
        pytest.param("{tags: {some: {}}}", [1, 2, 3, 4], id="some"),
        pytest.param("{tags: {none: {}}}", [5, 6], id="none"),
        pytest.param('{tags: {some: {label: {eq: "old"}}}}', [1, 4], id="some with"),
        pytest.param('{tags: {none: {label: {eq: "old"}}}}', [2, 3, 5, 6], id="none with a label"),
        pytest.param('{tags: {every: {label: {eq: "old"}}}}', [4, 5, 6], id="every"),
        pytest.param(
            '{tags: {some: {label: {eq: "new"}}, none: {label: {eq: "old"}}}}',
            [2, 3],
            id="quantifiers are AND",
        ),
        pytest.param(
            '{chapters: {every: {heading: {ne: "x"}}}}', [3, 5, 6], id="every is not unknown"
        ),
        pytest.param(
            '{chapters: {none: {heading: {ne: "x"}}}}', [3, 4, 5, 6], id="none is not true"
        ),
        pytest.param(
            "{chapters: {every: {pages: {lt: 11}}}}", [2, 3, 4, 5, 6], id="every of number"
        ),
        pytest.param("{longChapters: {some: {}}}", [1, 2], id="custom condition"),
        pytest.param(
            "{longChapters: {every: {pages: {gt: 14}}}}", [1, 3, 4, 5, 6], id="custom every"
        ),
        pytest.param(
            '{chapters: {some: {footnotes: {some: {body: {eq: "c"}}}}}}', [1], id="composite keys"
        ),
        pytest.param(
            "{tags: {some: {books: {some: {rowId: {eq: 4}}}}}}", [1, 4], id="there and back"
        ),
        pytest.param('{loans: {some: {reader: {name: {eq: "Bo"}}}}}', [1], id="association object"),
        pytest.param("{tagsAggregate: {count: {gte: 2}}}", [1], id="count"),
        pytest.param("{tagsAggregate: {count: {eq: 0}}}", [5, 6], id="count of none"),
        pytest.param("{tagsAggregate: {count: {in: [0, 2]}}}", [1, 5, 6], id="count in"),
        pytest.param("{tagsAggregate: {count: {isNull: false}}}", [1, 2, 3, 4, 5, 6], id="a count"),
        pytest.param("{tagsAggregate: {count: {isNull: true}}}", [], id="no count"),
        pytest.param("{tagsAggregate: {}}", [1, 2, 3, 4, 5, 6], id="no aggregate"),
        pytest.param("{longChaptersAggregate: {count: {eq: 2}}}", [1], id="custom count"),
    ],
)
async def test_relationships(api: Api, where: str, found: list[int]):
    """Conditions on relatives never multiply rows."""
    assert await _found(api, where) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        pytest.param("{parent: {}}", ["leaf", "o'b\"r", "x\\y"], id="to-one"),
        pytest.param("{children: {none: {}}}", ["leaf", "other", "x\\y"], id="to-many"),
        pytest.param('{code: {eq: ""}}', [""], id="empty text"),
        pytest.param('{code: {in: ["o\'b\\"r", "x\\\\y"]}}', ["o'b\"r", "x\\y"], id="quotes"),
        pytest.param("{children: {some: {children: {some: {}}}}}", [""], id="twice"),
    ],
)
async def test_self_reference(api: Api, where: str, found: list[str]):
    """A tree is filtered through itself."""
    assert sorted(await _found(api, where, "categories", "code")) == found


@pytest.mark.parametrize(
    ("field", "operator", "negated"),
    [
        ("books", "eq", "ne"),
        ("loans", "eq", "ne"),
        ("books", "in", "notIn"),
        ("loans", "in", "notIn"),
    ],
)
async def test_global_ids(api: Api, field: str, operator: str, negated: str):
    """Global ids are compared, those of composite keys too."""
    data = await api.data(f"{{ {field} {{ nodes {{ id }} }} }}", count=1)
    first, *rest = (row["id"] for row in data[field]["nodes"])

    operand = f'"{first}"' if operator == "eq" else f'["{first}", "{first}"]'
    assert await _found(api, f"{{id: {{{operator}: {operand}}}}}", field, "id") == [first]
    assert await _found(api, f"{{id: {{{negated}: {operand}}}}}", field, "id") == rest


@pytest.mark.parametrize(("field", "total"), [("books", 6), ("loans", 3)])
async def test_no_global_ids(api: Api, field: str, total: int):
    """An empty list of ids finds nothing, and excludes nothing."""
    assert await _found(api, "{id: {in: []}}", field, "id") == []
    assert len(await _found(api, "{id: {notIn: []}}", field, "id")) == total


async def test_odd_names(api: Api):
    """Columns with reserved names are filtered beside the reserved keys."""
    where = (
        "{and_: {eq: 1}, not_: {eq: 2}, or_: {eq: 3}, rowId: {eq: 1}, rowId2: {eq: 10},"
        ' type: {eq: "x"}, someName: {eq: 4}, someName2: {eq: 5}, not: {or: []}}'
    )

    assert await _found(api, where, "oddities") == [1]


async def test_keyless_list(api: Api):
    """A table without a key is filtered and counted."""
    data = await api.data(
        "{ shelves(where: {height: {eq: 2}}, orderBy: [{room: DESC}], first: 1, offset: 1)"
        " { totalCount nodes { room } pageInfo { hasNextPage hasPreviousPage } } }",
        count=2,
    )

    assert data["shelves"] == {
        "totalCount": 2,
        "nodes": [{"room": "attic"}],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": True},
    }


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("{title: {eq: null}}", "books.where.title.eq"),
        ("{title: {in: null}}", "books.where.title.in"),
        ("{title: {isNull: null}}", "books.where.title.isNull"),
        ("{title: null}", "books.where.title"),
        ("{not: null}", "books.where.not"),
        ("{or: [{}, {rowId: {eq: null}}]}", "books.where.or.1.rowId.eq"),
        ("{author: null}", "books.where.author"),
        ("{tags: {some: null}}", "books.where.tags.some"),
        ("{tags: {some: {label: {ne: null}}}}", "books.where.tags.some.label.ne"),
        ("{tagsAggregate: {count: {gt: null}}}", "books.where.tagsAggregate.count.gt"),
    ],
)
async def test_null_operand(offline: Api, where: str, path: str):
    """An explicit null is refused with what asks for NULL."""
    refusal = await offline.refusal(f"{{ books(where: {where}) {{ totalCount }} }}")

    assert refusal == (
        "BAD_USER_INPUT",
        f'{path} is null: leave it out, or ask with "isNull".',
        path,
    )


async def test_null_in_variable(offline: Api):
    """A variable that is null within a filter is refused too."""
    refusal = await offline.refusal(
        "query($t: String) { b: books(where: {title: {eq: $t}}) { totalCount } }", t=None
    )

    assert refusal[1] == 'b.where.title.eq is null: leave it out, or ask with "isNull".'


async def test_absent_variable(api: Api):
    """A variable that is not given is no condition."""
    data = await api.data(
        "query($t: String) { books(where: {title: {eq: $t}}) { totalCount } }", count=1
    )

    assert data["books"]["totalCount"] == 6


async def test_null_where(api: Api):
    """A null for the whole argument means that it is absent."""
    data = await api.data("{ books(where: null) { totalCount } }", count=1)

    assert data["books"]["totalCount"] == 6


@pytest.mark.parametrize(
    ("where", "message", "path"),
    [
        (
            '{title: {like: "a\\\\"}}',
            "books.where.title.like ends with a lone backslash: write it twice.",
            "books.where.title.like",
        ),
        (
            '{title: {contains: "a\\u0000"}}',
            "books.where.title.contains holds the character U+0000: leave it out.",
            "books.where.title.contains",
        ),
        (
            '{title: {in: ["a", "\\u0000"]}}',
            "books.where.title.in holds the character U+0000: leave it out.",
            "books.where.title.in",
        ),
        (
            '{id: {eq: "x"}}',
            'books.where.id.eq is "x", no id of this API: pass an id that it returned.',
            "books.where.id.eq",
        ),
    ],
)
async def test_refused_operand(offline: Api, where: str, message: str, path: str | None):
    """An operand that no database takes is refused by path."""
    refusal = await offline.refusal(f"{{ books(where: {where}) {{ totalCount }} }}")

    assert refusal == ("BAD_USER_INPUT", message, path)


async def test_id_of_another_type(api: Api, offline: Api):
    """The id of another type is refused by both names."""
    data = await api.data("{ tags(first: 1) { nodes { id } } }", count=1)
    (tag,) = data["tags"]["nodes"]

    refusal = await offline.refusal(
        "query($i: ID!) { books(where: {id: {in: [$i]}}) { totalCount } }", i=tag["id"]
    )

    assert refusal == (
        "BAD_USER_INPUT",
        "books.where.id.in is an id of Tag: pass an id of Book.",
        "books.where.id.in",
    )


@pytest.mark.parametrize(
    ("type_", "operators"),
    [
        ("IDFilter", "eq in ne notIn"),
        ("BooleanFilter", "eq in isNull ne notIn"),
        ("StateFilter", "eq in isNull ne notIn"),
        ("Base64Filter", "eq in isNull ne notIn"),
        ("IntFilter", "eq gt gte in isNull lt lte ne notIn"),
        ("JSONFilter", "contains hasKey isNull path"),
        ("JSONPathFilter", "at boolean isNull number text"),
        (
            "StringFilter",
            (
                "contains endsWith eq gt gte icontains iendsWith ilike in isNull istartsWith like"
                " lt lte ne notIn startsWith"
            ),
        ),
        ("BookListFilter", "every none some"),
    ],
)
def test_operators(offline: Api, type_: str, operators: str):
    """Each kind of value has the operators that mean something for it."""
    found: Any = offline.schema.graphql_schema.type_map[type_]

    assert sorted(found.fields) == operators.split()


def test_hidden_column(offline: Api):
    """A hidden column cannot be asked for in any argument."""
    for type_ in ("AuthorFilter", "AuthorOrder", "AuthorKey", "Author", "CreateAuthorInput"):
        found: Any = offline.schema.graphql_schema.type_map[type_]
        assert "secret" not in found.fields
