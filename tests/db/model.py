"""The store in memory: random rows, and what orders, filters and windows mean on plain dictionaries."""

from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from random import Random
from typing import Any, NamedTuple

from gateway.db import filters
from gateway.db.cursors import Order
from gateway.db.filters import Where
from gateway.db.folding import fold_text
from gateway.db.links import FILES_OF_REQUEST, REQUESTS_OF_FILE, Link
from gateway.db.pages import Window
from gateway.db.tables import (
    approvals,
    comments,
    connection_requests,
    file_attachments,
    files,
    integrations,
    organizations,
    people,
)
from gateway.db.writes import Changes
from gateway.events.log import OPERATOR, append

EPOCH = datetime(2024, 2, 29, 12, 0, 0, 1, UTC)
INSTANTS = [
    EPOCH,
    EPOCH + timedelta(microseconds=1),
    EPOCH + timedelta(days=1),
    datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
]
WORDS = [
    None,
    "",
    "a",
    "A",
    "ab",
    "B",
    "Ä",
    "ä",
    "äb",
    "ΟΔΟΣ",
    "οδος",
    "ς",
    "İ",
    "ß",
    "\U0001f600",
    "\uff5e",
    "a%_\\'\"",
]
NUMBERS = [None, 0, 1, 2**53 + 1, 2**63 - 1, -(2**63)]

Row = dict[str, Any]
Tables = dict[str, list[Row]]

DOMAINS: dict[str, dict[str, list[Any]]] = {
    "people": {"last_name": WORDS, "email": WORDS, "created_at": INSTANTS},
    "connection_requests": {
        "kind": ["trading_partner", "access"],
        "status": ["pending", "approved", "denied"],
        "org_name": WORDS,
        "reason": WORDS,
        "duration_minutes": NUMBERS,
        "requested_at": INSTANTS,
        "created_at": INSTANTS,
    },
    "integrations": {
        "position": NUMBERS[1:],
        "integration_type": WORDS[1:],
        "update_frequency": WORDS,
        "created_at": INSTANTS,
    },
    "files": {
        "position": NUMBERS[1:],
        "name": WORDS[1:],
        "content_type": WORDS,
        "size": NUMBERS,
        "created_at": INSTANTS,
    },
    "file_attachments": {"position": NUMBERS[1:], "created_at": INSTANTS},
    "comments": {"body": WORDS[1:], "created_at": INSTANTS},
    "approvals": {"approved_at": [None, *INSTANTS], "created_at": INSTANTS},
}
TABLES = {
    table.name: table
    for table in (
        organizations,
        people,
        connection_requests,
        integrations,
        files,
        file_attachments,
        comments,
        approvals,
    )
}


def random_row(random: Random, table: str, row_id: str, **given: Any) -> Row:
    """A row with values that other rows have too."""
    columns = [column for column in TABLES[table].c if column.server_default is None]
    blank = {column.name: None for column in columns if column.name != "organization_id"}
    drawn = {name: random.choice(values) for name, values in DOMAINS[table].items()}
    return {**blank, "updated_at": EPOCH, **drawn, "id": row_id, **given}


def random_tables(random: Random, requests: int) -> Tables:
    """Rows with ties and nulls: people, requests and their children."""
    found: Tables = {name: [] for name in DOMAINS}
    found["people"] = [random_row(random, "people", f"p{n}") for n in range(3)]
    for n in range(requests):
        requester = random.choice([None, "p0", "p1", "p2"])
        request = f"{random.choice('rR')}{n:02}"
        found["connection_requests"].append(
            random_row(random, "connection_requests", request, requester_id=requester)
        )
        found["integrations"] += [
            random_row(random, "integrations", f"i{request}-{m}", connection_request_id=request)
            for m in range(random.choice([0, 0, 1, 2, 5]))
        ]
        found["files"].append(random_row(random, "files", f"f{request}"))
        for file in random.sample(found["files"], min(len(found["files"]), random.choice([0, 0, 1, 2, 5]))):
            beside = {"connection_request_id": request, "file_id": file["id"]}
            found["file_attachments"].append(
                random_row(random, "file_attachments", f"{request}-{file['id']}", **beside)
            )
        if random.random() < 0.4:
            person = random.choice(["p0", "p1", "p2"])
            found["approvals"].append(
                random_row(
                    random, "approvals", f"a{request}", connection_request_id=request, person_id=person
                )
            )
    found["files"].append(random_row(random, "files", "loose"))
    return found


def beside(tables: Tables, link: Link) -> list[Row]:
    """The rows of a link's table as children of their parents, once for each parent."""
    rows = {row["id"]: row for row in tables[link.table.name]}
    return [
        {**rows[each[link.child]], link.parent: each[link.parent], "position": each["position"]}
        for each in tables[link.between.name]
    ]


async def insert(database: Any, organization_id: str, tables: Tables, *, new: bool = True) -> None:
    """Store the rows, under an organization made for them."""
    async with database.transaction() as transaction:
        changes = Changes(database, transaction, organization_id)
        if new:
            await make_organization(database, transaction, organization_id)
        for name, rows in tables.items():
            await changes.insert(TABLES[name], rows)
        await append(changes, (), OPERATOR)


async def make_organization(database: Any, transaction: Any, *organization_ids: str) -> None:
    statement = database.prepare(("make organization",), lambda: organizations.insert())
    row = {
        "created_at": EPOCH,
        "updated_at": EPOCH,
        "name": "Any",
        "kind": "none",
        "timezone": "UTC",
        "version": 1,
    }
    blank = dict.fromkeys(organizations.c.keys())
    await transaction.run_many(statement, [{**blank, **row, "id": each} for each in organization_ids])


# Orders


def compare(order: Order, left: Any, right: Any) -> int:
    """-1, 0 or 1; ``left`` and ``right`` are rows. Nulls are smaller than every value, or greater where moved."""
    for column, descending in order.keys:
        nulls = 2 if column in order.moved else 0
        a, b = ((nulls,) if each[column] is None else (1, each[column]) for each in (left, right))
        if a != b:
            return -1 if (a < b) != descending else 1
    return 0


def ordered(rows: list[Row], order: Order) -> list[Row]:
    return sorted(rows, key=cmp_to_key(lambda left, right: compare(order, left, right)))


# Filters


def satisfies(tables: Tables, table: str, row: Row, condition: Where) -> bool:
    """What `filters` says of one row."""
    return _holds(tables, table, row, condition.shape, iter(condition.values))


def _holds(tables: Tables, table: str, row: Row, shape: Any, values: Any) -> bool:
    operator = shape[0]
    if operator in ("all", "any"):
        results = [_holds(tables, table, row, each, values) for each in shape[1:]]
        return all(results) if operator == "all" else any(results)
    if operator == "not":
        return not _holds(tables, table, row, shape[1], values)
    if operator in ("some", "related"):
        return _related_holds(tables, row, shape, values)
    if operator == "linked":
        return _linked_holds(tables, row, shape, values)
    value = row[shape[1]]
    if operator == "null":
        return value is None
    bound = next(values)
    if operator == "ne":
        return value != bound
    return value is not None and _comparison(operator, value, bound)


def _related_holds(tables: Tables, row: Row, shape: Any, values: Any) -> bool:
    operator, other, key, inner = shape
    near, far = ("id", key) if operator == "some" else (key, "id")
    bound = [next(values) for _ in range(_count(inner))]
    return any(
        _holds(tables, other, each, inner, iter(bound))
        for each in tables[other]
        if each[far] is not None and each[far] == row[near]
    )


def _linked_holds(tables: Tables, row: Row, shape: Any, values: Any) -> bool:
    _, between, parent, child, other, inner = shape
    bound = [next(values) for _ in range(_count(inner))]
    beside = {each[child] for each in tables[between] if each[parent] == row["id"]}
    return any(
        _holds(tables, other, each, inner, iter(bound)) for each in tables[other] if each["id"] in beside
    )


def _count(shape: Any) -> int:
    """How many values a condition of this shape has."""
    if shape[0] in ("all", "any"):
        return sum(_count(each) for each in shape[1:])
    if shape[0] == "not":
        return _count(shape[1])
    if shape[0] in ("some", "related", "linked"):
        return _count(shape[-1])
    return 0 if shape[0] == "null" else 1


def _comparison(operator: str, value: Any, bound: Any) -> bool:
    match operator:
        case "in":
            return value in bound
        case "eq":
            return value == bound
        case "lt":
            return value < bound
        case "lte":
            return value <= bound
        case "gt":
            return value > bound
        case "gte":
            return value >= bound
        case "contains":
            return fold_text(bound) in fold_text(value)
        case "eq_ignore_case":
            return fold_text(bound) == fold_text(value)
        case "starts_with":
            return fold_text(value).startswith(fold_text(bound))
    raise AssertionError(operator)


def random_condition(random: Random, table: str, depth: int = 2) -> Where:
    """Any condition that `filters` can express on ``table``."""
    choice = random.choice(["leaf", "leaf", "all", "any", "not", "some"] if depth else ["leaf"])
    if choice in ("all", "any"):
        combine = filters.all_of if choice == "all" else filters.any_of
        return combine(*[random_condition(random, table, depth - 1) for _ in range(random.randrange(4))])
    if choice == "not":
        return filters.negate(random_condition(random, table, depth - 1))
    if choice == "some":
        return _random_relation(random, table, depth)
    column = random.choice(list(DOMAINS[table]))
    domain = [value for value in DOMAINS[table][column] if value is not None]
    if random.random() < 0.15:
        return filters.is_null(column)
    if random.random() < 0.2:
        return filters.is_in(column, random.sample(domain, random.randrange(len(domain))))
    operators = filters.COMPARISONS if isinstance(domain[0], str) else filters.COMPARISONS[:6]
    return filters.compare(random.choice(operators), column, random.choice(domain))


def _random_relation(random: Random, table: str, depth: int) -> Where:
    if table == "connection_requests":
        other = random.choice(["integrations", "files", "approvals", "people"])
        inner = random_condition(random, other, depth - 1)
        if other == "people":
            return filters.related(people, "requester_id", inner)
        if other == "files":
            return filters.linked(FILES_OF_REQUEST, inner)
        return filters.some(TABLES[other], "connection_request_id", inner)
    if table == "people":
        inner = random_condition(random, "connection_requests", depth - 1)
        return filters.some(connection_requests, "requester_id", inner)
    inner = random_condition(random, "connection_requests", depth - 1)
    if table == "files":
        return filters.linked(REQUESTS_OF_FILE, inner)
    return filters.related(connection_requests, "connection_request_id", inner)


# Windows


class Expected(NamedTuple):
    """The ids of a page, and what its `pageInfo` says."""

    ids: list[str]
    has_next_page: bool
    has_previous_page: bool


def expected(rows: list[Row], order: Order, window: Window) -> Expected:
    """The page of the whole list ``rows``, which are in order."""
    names = order.columns
    after = window.after and dict(zip(names, window.after, strict=True))
    before = window.before and dict(zip(names, window.before, strict=True))
    until = [row for row in rows if after is not None and compare(order, row, after) <= 0]
    beyond = [row for row in rows if before is not None and compare(order, row, before) >= 0]
    inside = [row for row in rows if row not in until and row not in beyond][window.offset :]
    more = len(inside) > window.limit
    cut = inside[max(0, len(inside) - window.limit) :] if window.backward else inside[: window.limit]
    return Expected(
        [row["id"] for row in cut],
        bool(beyond) or (more and not window.backward),
        bool(until) or (more and window.backward) or bool(window.offset and rows),
    )
