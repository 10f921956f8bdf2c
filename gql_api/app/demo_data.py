"""Generate believable demo data: the same seed gives the same rows. Pure: no I/O, no clock.

Rows refer to each other by position in their own sequence, as ids are the database's business.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

from gql_api.app import demo_texts as texts

DEMO_PASSWORD = "demo-password"  # noqa: S105 - published on purpose: every demo user signs in with it

Size = Literal["demo", "load"]

_KNOWN_USERS = (
    ("ada", "Ada Lindgren", "author"),
    ("grace", "Grace Okonkwo", "author"),
    ("admin", "Alex Admin", "admin"),
)
_FIRST_DAY = datetime(2024, 1, 1, 8, tzinfo=UTC)
_SPAN = timedelta(days=700)
_AUTHOR_SHARE = 0.6
_PUBLISHED_SHARE = 0.88
_UNMEASURED_SHARE = 0.2
_DELETED_EVERY = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """How many rows of each kind there are."""

    users: int
    posts: int
    comments: int
    items: int
    products: int
    reviews: int
    ml_models: int


AMOUNTS: dict[Size, Amounts] = {
    "demo": Amounts(
        users=12, posts=60, comments=180, items=40, products=36, reviews=110, ml_models=24
    ),
    "load": Amounts(
        users=2_000,
        posts=100_000,
        comments=300_000,
        items=10_000,
        products=3_000,
        reviews=12_000,
        ml_models=4_000,
    ),
}


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A user, without the hash of the password."""

    username: str
    email: str
    full_name: str
    bio: str
    is_active: bool
    is_superuser: bool
    roles: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoPost:
    """A post; later ones are newer."""

    title: str
    content: str
    is_published: bool
    view_count: int
    author: int
    """Position of the user."""
    tags: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoComment:
    """A comment."""

    content: str
    post: int
    """Position of the post."""
    author: int
    """Position of the user."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoItem:
    """An item."""

    title: str
    description: str
    owner: int
    """Position of the user."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoCategory:
    """A category; its parent comes before it."""

    name: str
    description: str
    parent: int | None
    """Position of the category above."""


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product."""

    id: uuid.UUID
    slug: str
    sku: str
    name: str
    description: str
    price: Decimal
    stock: int
    status: str
    attributes: dict[str, str]
    category: int
    """Position of the category."""
    created_by: int
    """Position of the user."""
    created_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class DemoReview:
    """A review."""

    rating: int
    content: str
    product: int
    """Position of the product."""
    author: int
    """Position of the user."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DemoModel:
    """A machine-learning model."""

    name: str
    framework: str
    accuracy: float | None
    owner: int
    """Position of the user."""
    created_at: datetime


ROLES: tuple[tuple[str, str], ...] = (
    ("admin", "Manages users, roles and everything that they own."),
    ("author", "Writes and publishes posts."),
    ("staff", "Runs the catalog, and edits what others wrote."),
)
"""Name and description of each role."""

TAGS: tuple[str, ...] = tuple(sorted({tag for topic in texts.TOPICS for tag in topic.tags}))
"""Names of all tags."""


class DemoData:
    """All rows of one size, generated when they are asked for.

    Each kind draws from a generator of its own: asking for one does not change another.

    Args:
        size: ``demo`` for people to look at, ``load`` for measurements.
        seed: Other seeds give other rows.
    """

    def __init__(self, size: Size, *, seed: int = 1) -> None:
        self.amounts = AMOUNTS[size]
        self._seed = seed

    def users(self) -> Iterator[DemoUser]:
        """Generate users: ``ada``, ``grace`` and ``admin`` first, the last one inactive."""
        draw = self._generator("users")
        for username, full_name, role in _KNOWN_USERS:
            yield _known_user(username, full_name, role, bio=_biography(draw))
        names = [(first, last) for first in texts.FIRST_NAMES for last in texts.LAST_NAMES]
        others = draw.sample(names, self.amounts.users - len(_KNOWN_USERS))
        for position, (first, last) in enumerate(others, start=len(_KNOWN_USERS) + 1):
            handle = f"{first}.{last}".lower()
            yield DemoUser(
                username=handle,
                email=f"{handle}@example.org",
                full_name=f"{first} {last}",
                bio=_biography(draw),
                is_active=position < self.amounts.users,
                is_superuser=False,
                roles=("author",) if draw.random() < _AUTHOR_SHARE else (),
                created_at=_FIRST_DAY + timedelta(minutes=draw.randrange(60 * 24 * 30)),
            )

    def posts(self) -> Iterator[DemoPost]:
        """Generate posts, oldest first; about one in eight is a draft."""
        draw = self._generator("posts")
        for position in range(self.amounts.posts):
            topic = draw.choice(texts.TOPICS)
            subject = draw.choice(topic.subjects)
            is_published = draw.random() < _PUBLISHED_SHARE
            yield DemoPost(
                title=_fill(draw.choice(texts.TITLES), subject),
                content=_article(draw, topic, subject),
                is_published=is_published,
                view_count=int(draw.paretovariate(1.1) * 12) % 50_000 if is_published else 0,
                author=self._author(draw),
                tags=topic.tags[: draw.randint(1, len(topic.tags))],
                created_at=self._moment(position, self.amounts.posts),
            )

    def comments(self) -> Iterator[DemoComment]:
        """Generate comments, in no order of posts; some posts have none."""
        draw = self._generator("comments")
        for _ in range(self.amounts.comments):
            post = draw.randrange(self.amounts.posts)
            written = self._moment(post, self.amounts.posts)
            yield DemoComment(
                content=" ".join(draw.sample(texts.COMMENTS, draw.randint(1, 2))),
                post=post,
                author=draw.randrange(self.amounts.users),
                created_at=written + timedelta(minutes=draw.randrange(5, 60 * 24 * 7)),
            )

    def items(self) -> Iterator[DemoItem]:
        """Generate items; the last user owns none."""
        draw = self._generator("items")
        for position in range(self.amounts.items):
            title, description = draw.choice(texts.ITEMS)
            condition = draw.choice(texts.CONDITIONS)
            yield DemoItem(
                title=f"{condition} {title.lower()}",
                description=description,
                owner=self._author(draw, among=self.amounts.users - 1),
                created_at=self._moment(position, self.amounts.items),
            )

    def categories(self) -> list[DemoCategory]:
        """List the tree of categories, parents first."""
        positions: dict[tuple[str, ...], int] = {}
        categories: list[DemoCategory] = []
        for path in (shelf.path for shelf in texts.SHELVES):
            for depth in range(1, len(path) + 1):
                if path[:depth] in positions:
                    continue
                positions[path[:depth]] = len(categories)
                name = path[depth - 1]
                description = f"{name}: all that belongs to {' and '.join(path[:depth]).lower()}."
                categories.append(DemoCategory(name, description, positions.get(path[: depth - 1])))
        return categories

    def products(self) -> Iterator[DemoProduct]:
        """Generate products with distinct slugs and stock-keeping units; a few are deleted."""
        draw = self._generator("products")
        leaves = _leaf_positions(self.categories())
        for position in range(self.amounts.products):
            shelf = draw.choice(texts.SHELVES)
            name = f"{draw.choice(texts.BRANDS)} {draw.choice(shelf.nouns)} {100 + position}"
            is_deleted = (position + 1) % _DELETED_EVERY == 0
            yield DemoProduct(
                id=uuid.UUID(int=draw.getrandbits(128), version=4),
                slug=name.lower().replace(" ", "-"),
                sku=f"{shelf.path[-1][:3].upper()}-{10_000 + position}",
                name=name,
                description=" ".join(draw.sample(texts.SELLING_POINTS, 2)),
                price=draw.randint(*shelf.prices) - Decimal("0.10"),
                stock=draw.choice((0, draw.randrange(1, 20), draw.randrange(20, 400))),
                status=draw.choices(("ACTIVE", "DRAFT", "ARCHIVED"), weights=(8, 1, 1))[0],
                attributes={key: draw.choice(values) for key, values in shelf.facts},
                category=leaves[shelf.path[-1], shelf.path[-2]],
                created_by=self._author(draw),
                created_at=self._moment(position, self.amounts.products),
                deleted_at=_FIRST_DAY + _SPAN if is_deleted else None,
            )

    def reviews(self) -> Iterator[DemoReview]:
        """Generate reviews; most buyers are pleased."""
        draw = self._generator("reviews")
        for position in range(self.amounts.reviews):
            rating = draw.choices((1, 2, 3, 4, 5), weights=(1, 1, 3, 6, 7))[0]
            yield DemoReview(
                rating=rating,
                content=draw.choice(texts.REVIEWS[rating]),
                product=draw.randrange(self.amounts.products),
                author=draw.randrange(self.amounts.users),
                created_at=_FIRST_DAY + _SPAN + timedelta(minutes=position),
            )

    def ml_models(self) -> Iterator[DemoModel]:
        """Generate machine-learning models; one in five is not measured yet."""
        draw = self._generator("ml_models")
        for position in range(self.amounts.ml_models):
            name = f"{draw.choice(texts.ARCHITECTURES)}-{draw.choice(texts.TASKS)}"
            accuracy = (
                None if draw.random() < _UNMEASURED_SHARE else round(draw.uniform(0.58, 0.995), 4)
            )
            yield DemoModel(
                name=f"{name}-v{draw.randint(1, 9)}",
                framework=draw.choice(texts.FRAMEWORKS),
                accuracy=accuracy,
                owner=self._author(draw),
                created_at=self._moment(position, self.amounts.ml_models),
            )

    def _generator(self, kind: str) -> random.Random:
        return random.Random(f"{self._seed}:{kind}")  # noqa: S311 - rows to look at, not secrets

    def _author(self, draw: random.Random, *, among: int | None = None) -> int:
        """Draw a user, the first ones far more often: a few people write most."""
        return int((among or self.amounts.users) * draw.random() ** 2)

    @staticmethod
    def _moment(position: int, total: int) -> datetime:
        return _FIRST_DAY + _SPAN * (position / total)


def _known_user(username: str, full_name: str, role: str, *, bio: str) -> DemoUser:
    return DemoUser(
        username=username,
        email=f"{username}@example.org",
        full_name=full_name,
        bio=bio,
        is_active=True,
        is_superuser=role == "admin",
        roles=(role,),
        created_at=_FIRST_DAY,
    )


def _biography(draw: random.Random) -> str:
    profession, city = draw.choice(texts.PROFESSIONS), draw.choice(texts.CITIES)
    first, second = draw.sample(texts.PASTIMES, 2)
    return f"{profession} from {city}. Fond of {first} and {second}."


def _article(draw: random.Random, topic: texts.Topic, subject: str) -> str:
    body = [*draw.sample(texts.PASSAGES, draw.randint(2, 4)), *draw.sample(topic.remarks, 3)]
    draw.shuffle(body)
    opening = _fill(draw.choice(texts.OPENINGS), subject)
    middle = len(body) // 2
    paragraphs = (
        " ".join((opening, *body[:middle])),
        " ".join(body[middle:]),
        draw.choice(texts.CLOSINGS),
    )
    return "\n\n".join(paragraphs)


def _fill(template: str, subject: str) -> str:
    return template.format(subject=subject, Subject=subject[0].upper() + subject[1:])


def _leaf_positions(categories: list[DemoCategory]) -> dict[tuple[str, str], int]:
    """Map the name of each category and of its parent to its position."""
    return {
        (category.name, categories[category.parent].name): position
        for position, category in enumerate(categories)
        if category.parent is not None
    }
