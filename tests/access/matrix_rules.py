"""The oracle of the authorization matrix: plain Python over rows read by plain SQL.

It shares no code with the package, nor with the policies: who may do what is written down again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
"""A row by the names of its columns."""


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    name: str
    user_id: int | None = None
    roles: frozenset[str] = frozenset()

    @property
    def is_staff(self) -> bool:
        """Whether what others own is open."""
        return bool(self.roles & {"staff", "admin"})

    @property
    def is_admin(self) -> bool:
        """Whether everything is."""
        return "admin" in self.roles


CALLERS = (
    Caller("anonymous"),
    Caller("user", 4),
    Caller("author", 1, frozenset({"author"})),
    Caller("second author", 5, frozenset({"author"})),
    Caller("staff", 10, frozenset({"staff"})),
    Caller("admin", 3, frozenset({"admin"})),
)


@dataclass(frozen=True)
class Relation:
    """A field that leads to rows of another type."""

    name: str
    target: str
    near: str
    """Column of the row, or of the link."""

    far: str
    """Column of the target, or of the link."""

    link: str = ""
    """Table between them."""

    is_list: bool = True

    @property
    def aggregate(self) -> str:
        """The filter and order over all of them."""
        return f"{self.name}Aggregate"


@dataclass(frozen=True)
class Type:
    """A type, as the schema names it."""

    name: str
    table: str
    one: str
    many: str
    columns: tuple[str, ...]
    relations: tuple[Relation, ...]
    computed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields computed from columns, by name."""

    keys: tuple[str, ...] = ()
    """Columns that are a key each, besides the primary one."""

    @property
    def owner(self) -> str | None:
        """The column that holds the owner's number."""
        return next((each for each in ("author_id", "owner_id") if each in self.columns), None)


def field_of(column: str) -> str:
    """Return the field of a column."""
    if column == "id":
        return "rowId"
    head, *rest = column.split("_")
    return head + "".join(each.capitalize() for each in rest)


def _to_one(name: str, target: str, near: str) -> Relation:
    return Relation(name, target, near, "id", is_list=False)


def _to_many(name: str, target: str, far: str) -> Relation:
    return Relation(name, target, "id", far)


_TIMES = ("created_at", "updated_at")

TYPES = {
    each.name: each
    for each in (
        Type(
            "User",
            "users",
            "user",
            "users",
            ("id", "email", "username", "full_name", "bio", "is_active", "is_superuser", *_TIMES),
            (
                Relation("roles", "Role", "user_id", "role_id", "user_roles"),
                _to_many("items", "Item", "owner_id"),
                _to_many("posts", "Post", "author_id"),
                _to_many("comments", "Comment", "author_id"),
                _to_many("products", "Product", "created_by_id"),
                _to_many("reviews", "Review", "author_id"),
                _to_many("mlModels", "MLModel", "owner_id"),
            ),
            {"displayName": ("full_name", "username")},
            ("email", "username"),
        ),
        Type(
            "Role",
            "roles",
            "role",
            "roles",
            ("id", "name", "description", *_TIMES),
            (Relation("users", "User", "role_id", "user_id", "user_roles"),),
            keys=("name",),
        ),
        Type(
            "Post",
            "posts",
            "post",
            "posts",
            ("id", "title", "content", "is_published", "view_count", "author_id", *_TIMES),
            (
                _to_one("author", "User", "author_id"),
                Relation("tags", "Tag", "post_id", "tag_id", "post_tags"),
                _to_many("comments", "Comment", "post_id"),
            ),
            {"excerpt": ("content",)},
        ),
        Type(
            "Tag",
            "tags",
            "tag",
            "tags",
            ("id", "name", *_TIMES),
            (Relation("posts", "Post", "tag_id", "post_id", "post_tags"),),
            keys=("name",),
        ),
        Type(
            "Comment",
            "comments",
            "comment",
            "comments",
            ("id", "content", "post_id", "author_id", *_TIMES),
            (_to_one("post", "Post", "post_id"), _to_one("author", "User", "author_id")),
        ),
        Type(
            "Category",
            "categories",
            "category",
            "categories",
            ("id", "name", "description", "parent_id", *_TIMES),
            (
                _to_one("parent", "Category", "parent_id"),
                _to_many("children", "Category", "parent_id"),
                _to_many("products", "Product", "category_id"),
            ),
        ),
        Type(
            "Product",
            "products",
            "product",
            "products",
            (
                *("id", "slug", "sku", "name", "description", "price", "stock", "status"),
                *("category_id", "created_by_id", "deleted_at", *_TIMES),
            ),
            (
                _to_one("category", "Category", "category_id"),
                _to_one("createdBy", "User", "created_by_id"),
                _to_many("reviews", "Review", "product_id"),
            ),
            {"isAvailable": ("status", "stock")},
            ("sku", "slug"),
        ),
        Type(
            "Review",
            "reviews",
            "review",
            "reviews",
            ("id", "rating", "content", "product_id", "author_id", *_TIMES),
            (_to_one("product", "Product", "product_id"), _to_one("author", "User", "author_id")),
        ),
        Type(
            "Item",
            "items",
            "item",
            "items",
            ("id", "title", "description", "owner_id", *_TIMES),
            (_to_one("owner", "User", "owner_id"),),
        ),
        Type(
            "MLModel",
            "ml_models",
            "mlModel",
            "mlModels",
            ("id", "name", "framework", "accuracy", "owner_id", *_TIMES),
            (_to_one("owner", "User", "owner_id"),),
        ),
    )
}


@dataclass(frozen=True)
class Rules:
    """Who may see what, in one set of policies."""

    name: str
    closed: Callable[[Caller, str], bool]
    """Whether a type does not exist for a caller."""

    withheld: Callable[[Caller, str], frozenset[str]]
    """The columns of a type that a caller may not read."""

    sees: Callable[[Caller, str, Row, "World"], bool]
    """Whether a caller may see a row of a type that is open."""


class World:
    """All rows, and who may see them.

    Args:
        rules: What callers may do.
        tables: The rows by the names of their tables, in the order of the primary key.
    """

    def __init__(self, rules: Rules, tables: Mapping[str, list[Row]]) -> None:
        self.rules = rules
        self.tables = tables
        self._by_key = {
            table: {row["id"]: row for row in rows if "id" in row} for table, rows in tables.items()
        }
        self._visible: dict[tuple[str, str], list[Row]] = {}

    def rows(self, name: str) -> list[Row]:
        """Return all rows of a type."""
        return self.tables[TYPES[name].table]

    def row(self, name: str, key: Any) -> Row | None:
        """Return a row by its key."""
        return self._by_key[TYPES[name].table].get(key)

    def sees(self, caller: Caller, name: str, row: Row) -> bool:
        """Tell whether a caller may see a row."""
        if self.rules.closed(caller, name) or row.get("deleted_at") is not None:
            return False
        return self.rules.sees(caller, name, row, self)

    def visible(self, caller: Caller, name: str) -> list[Row]:
        """Return the rows that a caller may see."""
        known = self._visible.get((caller.name, name))
        if known is None:
            known = [each for each in self.rows(name) if self.sees(caller, name, each)]
            self._visible[caller.name, name] = known
        return known

    def reads(self, caller: Caller, name: str, column: str) -> bool:
        """Tell whether a caller may read a column."""
        return column not in self.rules.withheld(caller, name)

    def follows(self, caller: Caller, name: str, relation: Relation) -> bool:
        """Tell whether a caller may read what ties the rows of a relationship."""
        if relation.link:
            return True
        return self.reads(caller, name, relation.near) and self.reads(
            caller, relation.target, relation.far
        )

    def related(self, caller: Caller, name: str, relation: Relation, row: Row) -> list[Row]:
        """Return the rows that a caller finds behind a relationship."""
        if not self.follows(caller, name, relation):
            return []
        seen = self.visible(caller, relation.target)
        if relation.link:
            keys = {
                pair[relation.far]
                for pair in self.tables[relation.link]
                if pair[relation.near] == row["id"]
            }
            return [each for each in seen if each["id"] in keys]
        value = row[relation.near]
        return [each for each in seen if value is not None and each[relation.far] == value]


def _sees_bundled(caller: Caller, name: str, row: Row, world: World) -> bool:
    if name == "Comment":
        post = world.row("Post", row["post_id"])
        return post is not None and _sees_bundled(caller, "Post", post, world)
    if name == "Post":
        return caller.is_staff or bool(row["is_published"]) or row["author_id"] == caller.user_id
    if name == "Item":
        return caller.is_staff or row["owner_id"] == caller.user_id
    return True


def _sees_strict(caller: Caller, name: str, row: Row, world: World) -> bool:
    if name == "User":
        return caller.is_staff or bool(row["is_active"]) or row["id"] == caller.user_id
    if name == "Review":
        product = world.row("Product", row["product_id"])
        return caller.is_staff or (product is not None and product["deleted_at"] is None)
    return _sees_bundled(caller, name, row, world)


def _withheld_strict(caller: Caller, name: str) -> frozenset[str]:
    if caller.is_admin:
        return frozenset()
    found = {
        "User": {"email", "is_superuser", "bio"} if not caller.is_staff else {"email"},
        "Post": set() if caller.is_staff else {"view_count"},
        "Comment": {"author_id"} if caller.user_id is None else set(),
        "Product": {"stock", "price", "created_by_id"} if not caller.is_staff else set(),
        "Category": {"parent_id"} if caller.user_id is None else set(),
        "Item": {"description"} if caller.is_staff else set(),
    }
    return frozenset(found.get(name, ()))


BUNDLED = Rules(
    "bundled",
    closed=lambda _caller, _name: False,
    withheld=lambda _caller, _name: frozenset(),
    sees=_sees_bundled,
)
"""What the bundled application allows."""

STRICT = Rules(
    "strict",
    closed=lambda caller, name: name in {"Role", "MLModel"} and not caller.is_admin,
    withheld=_withheld_strict,
    sees=_sees_strict,
)
"""Columns and whole types are kept from many as well."""
