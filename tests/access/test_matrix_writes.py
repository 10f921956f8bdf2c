"""Every caller writes what the rules say: no other row changes, and hidden ones are missing."""

from collections.abc import Iterator
from typing import Any

from gql_api.mapping.global_ids import encode_global_id
from tests.access.matrix_rules import TYPES, Caller, Row, Type, field_of
from tests.access.matrix_service import CELLS, Service, subject_of

_CHANGED = {
    "User": "username",
    "Role": "name",
    "Post": "title",
    "Tag": "name",
    "Comment": "content",
    "Category": "name",
    "Product": "name",
    "Review": "rating",
    "Item": "title",
    "MLModel": "name",
}
"""A column of each type that cannot be null."""

_SET: dict[str, tuple[str, Any]] = {
    "Role": ("description", "new"),
    "Post": ("title", "new"),
    "Comment": ("content", "new"),
    "Category": ("description", "new"),
    "Product": ("description", "new"),
    "Review": ("rating", 2),
    "Item": ("title", "new"),
    "MLModel": ("framework", "new"),
}
"""What many rows are given at once; the others have no column that may repeat."""

_LINKS = (
    ("Post", "author", "User"),
    ("Comment", "post", "Post"),
    ("Comment", "author", "User"),
    ("Review", "product", "Product"),
    ("Item", "owner", "User"),
    ("MLModel", "owner", "User"),
)
"""Relationships by which a new row is linked: those of its owner, and others."""

_REFUSED = {"NOT_FOUND", "FORBIDDEN"}


def _may_write(service: Service, caller: Caller, name: str, row: Row) -> bool:
    """Tell whether a caller may change and delete a row that is visible."""
    if service.rules.closed(caller, name):
        return False
    if name in {"User", "Role"}:
        return caller.is_admin or (name == "User" and row["id"] == caller.user_id)
    owner = TYPES[name].owner
    is_own = owner is not None and caller.user_id is not None and row[owner] == caller.user_id
    return caller.is_staff or is_own


def _expected(service: Service, caller: Caller, name: str, row: Row) -> str | None:
    """Return the code of the refusal that a write of a row meets."""
    if service.rules.closed(caller, name):
        return "FORBIDDEN"
    if not service.world.sees(caller, name, row):
        return "NOT_FOUND"
    return None if _may_write(service, caller, name, row) else "FORBIDDEN"


def _samples(service: Service, caller: Caller, each: Type) -> Iterator[Row]:
    """Choose rows that are hidden, that are visible, and that may be written."""
    left = {"NOT_FOUND": 3, "FORBIDDEN": 2, None: 2}
    for row in service.world.rows(each.name):
        expected = _expected(service, caller, each.name, row)
        if left[expected]:
            left[expected] -= 1
            yield row


async def _write(service: Service, caller: Caller, text: str) -> tuple[str | None, Any]:
    """Run one mutation; return the code of its refusal, and its payload."""
    answer = await service.run(f"mutation {{ answer: {text} }}", subject_of(caller))
    assert not answer.errors, f"{caller.name}: {answer.errors} in {text}"
    payload = answer.data["answer"]
    return next((each["code"] for each in payload["errors"]), None), payload


async def _check(service: Service, route: str, caller: Caller, text: str, code: str | None) -> Any:
    """Run a mutation; without a refusal expected, it may still meet those of the database."""
    found, payload = await _write(service, caller, text)
    is_right = found == code if code is not None else found not in _REFUSED
    assert is_right, f"{caller.name}, {route}: {found} is not {code} for {text}: {payload}"
    CELLS[route] += 1
    return payload


def _global_id(service: Service, name: str, key: Any) -> str:
    return encode_global_id(service.schema.table.registry.entities[name], {"id": key})


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


_ERRORS = "errors { code message }"


async def test_single_rows(writable: Service, caller: Caller) -> None:
    """Updates and deletions of one row are refused by the rules; hidden rows are as missing ones."""
    before = await writable.rows()
    for each in TYPES.values():
        name = each.name
        field = field_of(_CHANGED[name])
        for row in _samples(writable, caller, each):
            expected = _expected(writable, caller, name, row)
            value = _literal(row[_CHANGED[name]])
            update = f'update{name}(id: "$", input: {{{field}: {value}}}) {{ {_ERRORS} }}'
            texts = [update, *([f'delete{name}(id: "$") {{ {_ERRORS} }}'] if expected else [])]
            for text in texts:
                here = text.replace("$", _global_id(writable, name, row["id"]))
                payload = await _check(writable, "write of a row", caller, here, expected)
                if expected == "NOT_FOUND" and isinstance(row["id"], int):
                    there = text.replace("$", _global_id(writable, name, 10**6))
                    missing = await _check(writable, "missing row", caller, there, expected)
                    assert payload == missing

    assert await writable.rows() == before


async def test_deletions(writable: Service, caller: Caller) -> None:
    """What may be deleted goes."""
    for each in TYPES.values():
        for row in _samples(writable, caller, each):
            if _expected(writable, caller, each.name, row) is None:
                id_ = _global_id(writable, each.name, row["id"])
                text = f'delete{each.name}(id: "{id_}") {{ {_ERRORS} }}'
                await _check(writable, "deletion", caller, text, None)
                await writable.restore()


async def test_many_rows(writable: Service, caller: Caller) -> None:
    """Writes of all rows that meet a condition touch and count those alone that may be written."""
    for each in TYPES.values():
        name = each.name
        many = _many(each)
        rows = writable.world.visible(caller, name)
        allowed = [row["id"] for row in rows if _may_write(writable, caller, name, row)]
        keys = ", ".join(_literal(_plain(row["id"])) for row in writable.world.rows(name))
        where = f"where: {{rowId: {{in: [{keys}]}}}}, atMost: 500"
        code = "FORBIDDEN" if writable.rules.closed(caller, name) else None
        if name in _SET:
            column, value = _SET[name]
            inside = f"set: {{{field_of(column)}: {_literal(value)}}}"
            text = f"update{many}({where}, {inside}) {{ count {_ERRORS} }}"
            payload = await _check(writable, "write of many rows", caller, text, code)
            assert code or payload["count"] == len(allowed), f"{payload} for {caller.name}, {name}"
            await _check_values(writable, each, column, value, allowed)
        text = f"delete{many}({where}) {{ count {_ERRORS} }}"
        payload = await _check(writable, "deletion of many rows", caller, text, code)
        if payload["count"] is not None:
            assert payload["count"] == len(allowed), f"{payload} for {caller.name}, {name}"
        if payload["count"]:
            await writable.restore()


def _many(each: Type) -> str:
    """Return the name of many rows within that of a mutation."""
    return "MLModels" if each.name == "MLModel" else each.many[0].upper() + each.many[1:]


def _plain(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)


async def _check_values(
    service: Service, each: Type, column: str, value: Any, changed: list[Any]
) -> None:
    """See that some rows have a new value and the others the one that they had; undo it."""
    found = {row["id"]: row[column] for row in (await service.rows())[each.table]}
    before = {row["id"]: row[column] for row in service.world.rows(each.name)}
    assert found == before | dict.fromkeys(changed, value)
    CELLS["value after a write of many rows"] += len(found)
    if changed:
        await service.restore()


def _inputs(name: str, links: dict[str, Any]) -> str:
    """Write the input of a new row."""
    values = {
        "Post": 'title: "x", content: "x"',
        "Comment": 'content: "x"',
        "Review": "rating: 5",
        "Item": 'title: "x"',
        "MLModel": 'name: "x", framework: "x"',
    }
    linked = [f"{key}: {{connect: {{rowId: {_literal(_plain(to))}}}}}" for key, to in links.items()]
    return ", ".join([values[name], *linked])


async def test_new_rows(writable: Service, caller: Caller) -> None:
    """New rows are one's own unless one is staff; what they are linked to must be visible."""
    live = next(row["id"] for row in writable.world.visible(caller, "Product"))
    open_post = next(row["id"] for row in writable.world.visible(caller, "Post"))
    known = {"Comment": {"post": open_post}, "Review": {"product": live}}
    for name, link, target in _LINKS:
        owner = "owner" if name in {"Item", "MLModel"} else "author"
        for row in _targets(writable, caller, TYPES[target]):
            is_owner = link == owner
            who = row["id"] if is_owner else caller.user_id or 1
            links = {**known.get(name, {}), owner: who, link: row["id"]}
            code = None
            if caller.user_id is None or writable.rules.closed(caller, name):
                code = "FORBIDDEN"
            elif not writable.world.sees(caller, target, row):
                code = "NOT_FOUND"
            elif not caller.is_staff and who != caller.user_id:
                code = "FORBIDDEN"
            text = f"create{name}(input: {{{_inputs(name, links)}}}) {{ {_ERRORS} }}"
            await _check(writable, "new row", caller, text, code)
            text = (
                f"create{_many(TYPES[name])}(inputs: [{{{_inputs(name, links)}}}]) {{ {_ERRORS} }}"
            )
            await _check(writable, "new rows", caller, text, code)


async def test_hidden_targets_of_many_rows(writable: Service, caller: Caller) -> None:
    """Rows that are made together are not linked to different hidden rows either."""
    posts = writable.world.rows("Post")
    hidden = [row["id"] for row in posts if not writable.world.sees(caller, "Post", row)][:2]
    if hidden and caller.user_id is not None:
        rows = [_inputs("Comment", {"post": key, "author": caller.user_id}) for key in hidden]
        inputs = ", ".join(f"{{{row}}}" for row in rows)
        text = f"createComments(inputs: [{inputs}]) {{ {_ERRORS} }}"
        payload = await _check(writable, "new rows", caller, text, "NOT_FOUND")
        assert len(payload["errors"]) == 2


def _targets(service: Service, caller: Caller, each: Type) -> Iterator[Row]:
    """Choose rows to link to: some hidden, some visible, and the caller."""
    left = {True: 2, False: 3}
    for row in service.world.rows(each.name):
        is_seen = service.world.sees(caller, each.name, row)
        is_caller = each.name == "User" and row["id"] == caller.user_id
        if left[is_seen] or is_caller:
            left[is_seen] -= not is_caller
            yield row


async def test_nested_writes(writable: Service, caller: Caller) -> None:
    """Hidden rows cannot be taken over by a relationship, visible ones by those who may write them."""
    author = caller.user_id or 1
    post = next(row for row in writable.world.rows("Post") if row["author_id"] == author)
    expected = _expected(writable, caller, "Post", post)
    for comment in _targets(writable, caller, TYPES["Comment"]):
        code = expected or _expected(writable, caller, "Comment", comment)
        link = f"comments: {{connect: [{{rowId: {comment['id']}}}]}}"
        id_ = _global_id(writable, "Post", post["id"])
        text = f'updatePost(id: "{id_}", input: {{{link}}}) {{ {_ERRORS} }}'
        await _check(writable, "nested write", caller, text, code)
        if code is None:
            await writable.restore()


async def test_upserts(writable: Service, caller: Caller) -> None:
    """The row with a key is changed by those who may, a new one made by those who may."""
    tag = writable.world.rows("Tag")[0]["name"]
    role = writable.world.rows("Role")[0]["name"]
    staff = None if caller.is_staff else "FORBIDDEN"
    asked = [
        ("Tag", tag, staff),
        ("Tag", "fresh", None if caller.user_id else "FORBIDDEN"),
        ("Role", role, None if caller.is_admin else "FORBIDDEN"),
        ("Role", "fresh", None if caller.is_admin else "FORBIDDEN"),
    ]
    for name, key, code in asked:
        row = f'{{name: "{key}"}}'
        text = f"upsert{name}(key: {row}, create: {row}, update: {row}) {{ {_ERRORS} }}"
        await _check(writable, "upsert", caller, text, code)


async def test_deleted_rows(writable: Service, caller: Caller) -> None:
    """Deleted products come back, or go for good, by staff; to others they are missing."""
    deleted = [row for row in writable.world.rows("Product") if row["deleted_at"] is not None]
    code = None if caller.is_staff else "NOT_FOUND"
    for verb in ("restore", "purge"):
        for row in deleted:
            id_ = _global_id(writable, "Product", row["id"])
            text = f'{verb}Product(id: "{id_}") {{ {_ERRORS} }}'
            await _check(writable, verb, caller, text, code)
        await writable.restore()


async def test_conditions_on_withheld_columns(writable: Service, caller: Caller) -> None:
    """Writes of many rows are refused where their condition needs a column that may not be read."""
    before = await writable.rows()
    for each in TYPES.values():
        many = _many(each)
        for column in writable.rules.withheld(caller, each.name):
            where = f"where: {{{field_of(column)}: {{isNull: false}}}}, atMost: 500"
            text = f"delete{many}({where}) {{ count {_ERRORS} }}"
            await _check(writable, "secret condition of a write", caller, text, "FORBIDDEN")

    assert await writable.rows() == before


async def test_withheld_columns_of_payloads(writable: Service, caller: Caller) -> None:
    """A payload that asks for a column that may not be read is refused, and nothing stays written."""
    before = await writable.rows()
    owner = caller.user_id or 1
    post = next(row for row in writable.world.rows("Post") if row["author_id"] == owner)
    id_ = _global_id(writable, "Post", post["id"])
    row = _inputs("Post", {"author": owner})
    if writable.world.reads(caller, "Post", "view_count") or caller.user_id is None:
        return
    for text, inside in (
        (f'updatePost(id: "{id_}", input: {{title: "new"}})', "post"),
        (f"createPost(input: {{{row}}})", "post"),
        (f"createPost(input: {{{row}}})", "edge { node"),
        (f'updatePosts(where: {{id: {{eq: "{id_}"}}}}, set: {{title: "x"}}, atMost: 1)', "posts"),
    ):
        end = " }" * inside.count("{")
        document = f"mutation {{ {text} {{ {inside} {{ viewCount }}{end} {_ERRORS} }} }}"
        answer = await writable.run(document, subject_of(caller))
        codes = [each.extensions["code"] for each in answer.errors]
        assert codes == ["FORBIDDEN"], f"{answer} for {document}"
        CELLS["secret field of a payload"] += 1

    assert await writable.rows() == before


async def test_giving_away(writable: Service, caller: Caller) -> None:
    """One's own row cannot become somebody else's, neither alone nor among many."""
    before = await writable.rows()
    for name in ("Post", "Item", "MLModel"):
        is_closed = writable.rules.closed(caller, name)
        code = "FORBIDDEN" if is_closed or not caller.is_staff else None
        owner = str(TYPES[name].owner)
        rows = [row for row in writable.world.rows(name) if row[owner] == caller.user_id]
        rows.sort(
            key=lambda row: not row.get("is_published")
        )  # what is hidden by it is refused anyway
        for row in rows[:1]:
            id_ = _global_id(writable, name, row["id"])
            link = f"{owner.removesuffix('_id')}: {{connect: {{rowId: {2 if caller.user_id != 2 else 1}}}}}"
            where = f"where: {{rowId: {{eq: {row['id']}}}}}, set: {{{link}}}, atMost: 1"
            for text in (
                f'update{name}(id: "{id_}", input: {{{link}}}) {{ {_ERRORS} }}',
                f"update{_many(TYPES[name])}({where}) {{ {_ERRORS} }}",
            ):
                await _check(writable, "giving away", caller, text, code)
                if code is None:
                    await writable.restore()

    assert await writable.rows() == before


async def test_columns_that_may_not_be_written(writable: Service, caller: Caller) -> None:
    """A column that may not be written is refused in a new row, in a known one and among many."""
    is_refused = writable.rules.name == "strict" and not caller.is_staff
    owner = caller.user_id or 1
    post = next(row for row in writable.world.rows("Post") if row["author_id"] == owner)
    id_ = _global_id(writable, "Post", post["id"])
    row = _inputs("Post", {"author": owner})
    for text in (
        f'updatePost(id: "{id_}", input: {{isPublished: true}})',
        f"createPost(input: {{{row}, isPublished: true}})",
        f'updatePosts(where: {{id: {{eq: "{id_}"}}}}, set: {{isPublished: true}}, atMost: 1)',
    ):
        if is_refused or caller.user_id is not None:
            code = "FORBIDDEN" if is_refused else None
            await _check(writable, "secret column", caller, f"{text} {{ {_ERRORS} }}", code)


async def test_withheld_keys(writable: Service, caller: Caller) -> None:
    """Nothing is linked by a key that may not be read."""
    address = writable.world.rows("User")[0]["email"]
    link = f'owner: {{connect: {{email: "{address}"}}}}'
    is_refused = caller.user_id != 1 and not caller.is_staff
    is_withheld = not writable.world.reads(caller, "User", "email")
    code = "FORBIDDEN" if is_withheld or is_refused else None
    text = f'createItem(input: {{title: "x", {link}}}) {{ {_ERRORS} }}'
    payload = await _check(writable, "secret key", caller, text, code)
    if is_withheld and caller.user_id is not None:
        assert payload["errors"][0]["message"] == "You may not read User.email."
