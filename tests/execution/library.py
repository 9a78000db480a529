"""A schema of its own for the tests of execution: authors and books in memory, with poison on request."""

import random
from collections import namedtuple
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Annotated, Any, NewType, Self

import strawberry
from aiodataloader import DataLoader
from strawberry.schema.config import StrawberryConfig

from gateway.execution import (
    APART,
    OperationExecutor,
    RowType,
    Selection,
    Typed,
    column,
    computed,
    field,
    relation,
)

BigInt = NewType("BigInt", int)


@strawberry.enum
class Mood(Enum):
    CALM = "calm"
    CROSS = "cross"


class World:
    """What the functions read: rows made from a key alone, so that every way of asking gets the same."""

    def __init__(self, seed: int = 0, poison: float = 0.0) -> None:
        self.seed = seed
        self.poison = poison
        self.calls: list[tuple[str, Any]] = []

    def random(self, *what: object) -> random.Random:
        return random.Random(f"{self.seed}{what}")

    def spoil(self, value: Any, *what: object) -> Any:
        """Now and then an error, a null or a value of the wrong type in the place of the right one."""
        draw = self.random("spoil", *what)
        if draw.random() >= self.poison:
            return value
        return draw.choice([ValueError(f"bad {what[-1]}"), None, "odd", 2**40, -1.5, [], object, True])

    def fail(self, name: str, *what: object) -> None:
        if self.random("fail", name, *what).random() < self.poison / 4:
            raise RuntimeError(f"{name} broke")

    def author(self, key: Any) -> dict[str, Any]:
        draw = self.random("author", key)
        key = number(key)
        values = {
            "name": f"Name {key}",
            "nickname": draw.choice([None, "", f"nick{key}"]),
            "born": draw.choice([None, date(1900 + key % 99, 1, 2)]),
            "mood": draw.choice([None, Mood.CALM, Mood.CROSS, "calm"]),
            "age": draw.choice([None, key, 7]),
            "rating": draw.choice([None, 1.5, 3, 0.1]),
            "active": draw.choice([True, False]),
            "tags": [f"t{n}" for n in range(draw.randrange(3))],
            "grid": draw.choice([None, [[1], None, [2, 3]], []]),
            "big": draw.choice([None, 2**60 + key]),
            "favourite_id": draw.choice([None, key + 1, 3]),
            "best_id": draw.choice([key + 2, 3]),
        }
        return {"id": key} | {name: self.spoil(each, "author", key, name) for name, each in values.items()}

    def book(self, key: Any) -> dict[str, Any]:
        draw = self.random("book", key)
        key = number(key)
        values = {
            "title": f"Title {key}",
            "pages": draw.choice([None, 100 + key]),
            "author_id": draw.choice([key + 1, 5]),
            "coauthor_id": draw.choice([None, 5, 6]),
        }
        return {"id": key} | {name: self.spoil(each, "book", key, name) for name, each in values.items()}


def number(key: Any) -> int:
    """A number for any key, a spoilt one too: what a key loads must not depend on its batch."""
    return int(key) if isinstance(key, int | float) else 9


class Context:
    """The context of these tests: a world, the columns of the operation, and one loader for each table."""

    def __init__(self, world: World, columns: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.world = world
        self.places: dict[Any, DataLoader[Any, Any]] = {}
        self.runs_siblings_together = world.seed % 3 == 0
        self.columns = columns or {}
        self.books = DataLoader(self._books) if columns is not None else None

    def for_operation(self, columns_by_type: Mapping[str, tuple[str, ...]]) -> Self:
        return type(self)(self.world, columns_by_type)

    async def _books(self, keys: list[int]) -> list[Any]:
        self.world.calls.append(("books", sorted(keys, key=repr)))
        return [self.row("Book", self.world.book(key)) for key in keys]

    def row(self, type_name: str, values: dict[str, Any], columns: tuple[str, ...] | None = None) -> Any:
        """A row that has the selected columns and no other, as a projecting statement gives it."""
        names = self.columns.get(type_name, ()) if columns is None else columns
        shown = {name: values[name] for name in names if name in values}
        return namedtuple("Row", shown)(**shown)


Page = namedtuple("Page", "nodes edges total_count")
Edge = namedtuple("Edge", "node cursor")
ProfileRow = namedtuple("ProfileRow", "motto year")
Payload = namedtuple("Payload", "author messages")


def global_id(id: int, *, type_name: str) -> str:
    return f"{type_name}:{id}"


def read_initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


def read_greeting(
    name: str, nickname: str | None, *, context: Context, word: str = "hi", times: int = 1
) -> str:
    return f"{word} {nickname or name} " * times + str(context.world.seed)


def read_profile(name: str, age: int | None) -> Any:
    if age == 7:
        return None
    return ProfileRow(f"I am {name.upper()}", age)


def read_days(year: int | None, *, first: int = 2) -> list[int]:
    return [100 // ((year or 0) - 5 + day) for day in range(first)]


async def load_books(keys: list[Any], context: Context, selection: Selection) -> list[Any]:
    assert context.books is not None
    context.world.fail("load_books", selection.columns)
    loaded = await context.books.load_many(keys)
    return [context.world.spoil(row, "load_books", key) for key, row in zip(keys, loaded, strict=True)]


async def load_authors(keys: list[Any], context: Context, selection: Selection) -> list[Any]:
    world = context.world
    world.calls.append(("authors", list(keys)))
    world.fail("load_authors", selection.columns)
    return [
        world.spoil(context.row("Author", world.author(key), selection.columns), "load_authors", key)
        for key in keys
    ]


async def load_related(keys: list[Any], context: Context, selection: Selection) -> list[Any]:
    return [context.world.spoil(work(context, key), "related", key) for key in keys]


async def load_works(keys: list[Any], context: Context, selection: Selection, *, first: int = 3) -> list[Any]:
    works = [[work(context, number(key) + n) for n in range(first)] for key in keys]
    return [
        context.world.spoil([context.world.spoil(each, "work", key, n) for n, each in enumerate(those)], key)
        for key, those in zip(keys, works, strict=True)
    ]


def work(context: Context, key: Any) -> Typed:
    key = number(key)
    if key % 2:
        return Typed("Book", context.row("Book", context.world.book(key)))
    return Typed("Author", context.row("Author", context.world.author(key)))


async def count_books(keys: list[Any], context: Context, selection: Selection) -> list[Any]:
    return [context.world.spoil(key * 2, "count", key) for key in keys]


@strawberry.input(description="Which books.")
class BookFilter:
    after: date | None = strawberry.UNSET
    mood: Mood | None = None
    sizes: list[BigInt] = strawberry.field(default_factory=list)
    any_of: "list[BookFilter] | None" = None


async def load_page(
    keys: list[Any],
    context: Context,
    selection: Selection,
    *,
    first: Annotated[int, strawberry.argument(description="How many.")] = 2,
    filter: BookFilter | None = None,
    after: date | None = None,
) -> list[Any]:
    world = context.world
    world.calls.append(("page", list(keys)))
    assert filter is None or isinstance(filter, BookFilter)
    assert after is None or isinstance(after, date)
    world.fail("load_page", first, repr(filter), after)
    pages: list[Any] = []
    for key in keys:
        rows = [context.row("Book", world.book(number(key) * 3 + n), selection.columns) for n in range(first)]
        nodes = [world.spoil(row, "page", key, n) for n, row in enumerate(rows)]
        total = len(nodes) if "totalCount" in selection.names else None
        pages.append(world.spoil(Page(nodes, [Edge(row, str(row)) for row in nodes], total), "page", key))
    return pages


@strawberry.interface(description="Anything with an id.")
class Node(RowType):
    id: strawberry.ID = computed(global_id, description="The id.")


@strawberry.type
class Profile:
    motto: str = column(description="Motto.")
    year: int | None = column(description="Year.")
    days: list[int] = computed(read_days, description="Days.")
    loose_days: list[int | None] | None = computed(read_days, description="Days.")


@strawberry.type
class BookEdge:
    node: "Book"
    cursor: str


@strawberry.type
class BookPage:
    nodes: "list[Book]"
    loose: "list[Book | None] | None" = column("nodes", description="The same, with room for nulls.")
    edges: list[BookEdge] | None
    total_count: int = strawberry.field(metadata={APART: True})


class Denied(strawberry.BasePermission):
    message = "no"

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        return bool(kwargs.get("ok", True))


async def shout_slowly(root: Any, info: strawberry.Info, *, ok: bool = True) -> str:
    return f"{root.name}! {info.path.key}"


@strawberry.type
class Author(Node):
    uuid: int = column("id", description="The key.")
    name: str = column(description="Name.")
    nickname: str | None = column(description="Nickname.")
    known_as: str | None = column("nickname", otherwise="name", description="Nickname, or name.")
    born: date | None = column(description="Birthday.")
    mood: Mood | None = column(description="Mood.")
    age: int | None = column(description="Age.")
    rating: float | None = column(description="Rating.")
    active: bool = column(description="Active?")
    tags: list[str] | None = column(description="Tags.")
    grid: list[list[int] | None] | None = column(description="Grid.")
    big: BigInt | None = column(description="Big.")
    initials: str = computed(read_initials, description="Initials.")
    greeting: str | None = computed(read_greeting, description="Greeting.")
    profile: Profile | None = computed(read_profile, description="Profile.")
    firm_profile: Profile = computed(read_profile, description="Profile.")
    favourite: "Book | None" = relation(load_books, key="favourite_id", description="Favourite.")
    best: "Book" = relation(load_books, key="best_id", description="Best.")
    books: BookPage = relation(load_page, description="Books.")
    loose_books: BookPage | None = relation(load_page, description="Books.")
    works: "list[Work]" = relation(load_works, description="Works.")
    loose_works: "list[Work | None] | None" = relation(load_works, description="Works.")
    related: Node | None = relation(load_related, description="Related.")
    count: int = relation(count_books, description="How many.")

    @strawberry.field
    def shout(root: Any, info: strawberry.Info, loud: bool = False) -> str:  # noqa: N805
        return (root.name + str(loud) + info.field_name).upper()

    slow_shout: str | None = strawberry.field(resolver=shout_slowly, permission_classes=[Denied])


@strawberry.type
class Book(Node):
    title: str = column(description="Title.")
    pages: int | None = column(description="Pages.")
    author: Author = relation(load_authors, key="author_id", description="Author.")
    coauthor: Author | None = relation(load_authors, key="coauthor_id", description="Second author.")


Work = Annotated[Author | Book, strawberry.union("Work")]


async def read_authors(context: Context, selection: Selection, *, first: int = 3) -> list[Any]:
    world = context.world
    world.fail("authors", first)
    rows = [context.row("Author", world.author(key), selection.columns) for key in range(first)]
    return [world.spoil(row, "authors", n) for n, row in enumerate(rows)]


async def read_author(context: Context, selection: Selection, *, id: int) -> Any:
    context.world.calls.append(("author", id))
    return context.world.spoil(context.row("Author", context.world.author(id), selection.columns), "one", id)


async def read_node(context: Context, selection: Selection, *, id: int) -> Any:
    return context.world.spoil(work(context, id), "node", id)


async def read_nodes(context: Context, selection: Selection, *, ids: list[int]) -> list[Any]:
    return [await read_node(context, selection, id=id) for id in ids]


async def read_level(context: Context, selection: Selection, *, plus: BigInt | None = None) -> Any:
    return context.world.spoil((plus or 0) + 1, "level")


@strawberry.input
class RenameInput:
    id: int
    name: str | None = strawberry.UNSET


async def read_rename(context: Context, selection: Selection, *, input: RenameInput) -> Any:
    context.world.calls.append(("rename", (input.id, input.name)))
    row = context.row("Author", context.world.author(input.id))
    return context.world.spoil(Payload(row, ["done"]), "rename", input.id)


@strawberry.type
class RenamePayload:
    author: Author | None
    messages: list[str]


@strawberry.type
class Query:
    authors: list[Author | None] | None = field(read_authors, description="Authors.")
    firm_authors: list[Author] = field(read_authors, description="Authors.")
    author: Author | None = field(read_author, description="One author.")
    node: Node | None = field(read_node, description="One node.")
    nodes: list[Node | None] = field(read_nodes, description="Nodes.")
    level: int | None = field(read_level, description="A number.")

    @strawberry.field
    def version(self) -> str:
        return "1"


@strawberry.type
class Mutation:
    rename: RenamePayload | None = field(read_rename, description="Rename.")
    firm_rename: RenamePayload = field(read_rename, description="Rename.")


async def read_ticks(info: strawberry.Info, upto: int = 2) -> Any:
    for number in range(upto):
        yield info.context.row("Author", info.context.world.author(number), AUTHOR_COLUMNS)


AUTHOR_COLUMNS = tuple(World().author(0))


@strawberry.type
class Subscription:
    ticks: Author = strawberry.subscription(resolver=read_ticks)


config = StrawberryConfig(
    scalar_map={BigInt: strawberry.scalar(name="BigInt", serialize=str, parse_value=int)}
)
schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    types=[Author, Book],
    execution_context_class=OperationExecutor,
    config=config,
)
