"""Hostile documents: a vendor's own record with something in it that no vendor ought to send, and everybody may.

Records are Python values, in which a `Text` is JSON text as it is: numbers and escapes stay as they are written.
"""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Path = tuple[str | int, ...]
Make = Callable[[int], dict[str, Any]]


class Text(str):
    """JSON text."""


_LITERALS = (
    "null true false 0 -0 1 -1 1.0 1e3 1E+400 -1.5e-7 1.10 2147483648 12345678901234567890123 "
    r'"" "\n\t\u00a0" "\u0007\u001b\u007f\u0085" "\u0000" "\ud800" "\udc00\ud800" "\uD83D\uDE00" "\/\u003c" "éé" '
    '"\ufeff\u2028\u2029\uffff" [] {} [[]] [null] [{}] [1.0] {"":null} {"a":[1.0,{"b":null}]} "null" "1" "0" "true" '
    '"APPROVED" "Pending" "healthy" "ftp://user:password@host/a" '
    '"2018-04-09" "20180409T101112Z" "2018-W15-1" "2018-04-09T10:00" "2018-04-09T10:00:00.123456789Z" "0001-01-01" '
    '"0001-01-01T00:00:00+14:00" "9999-12-31T23:59:59.999999Z" "2018-04-09t10:00:00.5+05:30" "2018-04-09T24:00:00" '
    '"2018-02-30" "2018-04-09T10:00:60Z" "-2018-04-09" "1700000000"'
)
VALUES: list[Any] = [
    *map(Text, _LITERALS.split(" ")),
    " pending ",
    "x" * 300,
    "é" * 5000,
    Text("[" * 60 + "]" * 60),
    Text('{"a":' * 60 + "1" + "}" * 60),
]
"""What stands in the place of a member."""

UNKNOWN = (
    "more",
    "",
    "id",
    "uuid",
    "extra",
    "organization_id",
    "kind",
    "position",
    "members",
    "STATUS",
    "é",
    "e\u0301",
)
"""Names of members that are none of the vendor's, or stand where no such member belongs."""

ABSENT = object()


def crux(number: int) -> dict[str, Any]:
    texts = ("update_frequency", "feed_source_file_locations", "file_specs", "rules")
    person = {"uuid": "p1", "first_name": "Joe", "last_name": "Account", "email": "joe@example.com"}
    return {
        "integrations": [
            {
                "record_uuid": id,
                "integration_type": "items",
                **dict.fromkeys(texts),
                "date_created": "2018-04-09",
            }
            for id in ("i1", "i2")
        ],
        "uploaded_files": [{"name": "File", "uuid": "f1"}, {"name": "Other", "uuid": "f2"}],
        "record_uuid": f"r{number}",
        "org_name": "G",
        "org_contact_full_name": "g",
        "primary_contact_phone": "g",
        "primary_contact_email": "g@g.gg",
        "retailer_account_number": "",
        "additional_information": "",
        "request_date": "2018-04-09",
        "is_approved": True,
        "approved_by": {"uuid": "a1", "person": {**person, "phone": None, "job_title": ""}},
    }


def opal(number: int) -> dict[str, Any]:
    at, own = "2021-01-06T20:00:00.000Z", {"request_id": f"r{number}", "user_id": "p1"}
    return {
        "id": f"r{number}",
        "organization_id": "o1",
        "created_at": at,
        "updated_at": at,
        "requester_id": "p1",
        "target_user_id": "p2",
        "target_group_id": "g1",
        "status": "pending",
        "reason": "why",
        "duration_minutes": 1440,
        "requested_items_list": [
            {"resource_id": "x1", "access_level_name": "a", "access_level_remote_id": "b", "name": "n"},
            {"group_id": "g1"},
        ],
        "request_comments": [
            {"id": "c1", "created_at": at, "updated_at": at, **own, "comment": "hello"},
            {
                "created_at": at,
                **own,
                "user_full_name": "A B",
                "user_email": "a@example.com",
                "comment": "hello",
            },
        ],
    }


def activecampaign(number: int) -> dict[str, Any]:
    return {
        "service": f"s{number}",
        "externalid": f"e{number}",
        "name": "Foo, Inc.",
        "isInternal": "1",
        "status": "1",
        "syncStatus": "0",
        "lastSync": "2017-02-02T13:09:07-06:00",
        "logoUrl": "",
        "linkUrl": "",
        "listId": "0",
        "cdate": "2017-02-02T13:09:07-06:00",
        "udate": "2017-02-02T13:09:12-06:00",
        "links": {"customers": f"/api/3/connections/{number}/customers"},
        "id": str(number),
    }


def openint(number: int) -> dict[str, Any]:
    at = "2025-04-30 06:40:42.870726+00"
    return {
        "id": f"conn_shopify_{number}",
        "customer_id": "c1",
        "connector_config_id": "ccfg_shopify_1",
        "integration_id": "int_1",
        "status_message": None,
        "created_at": at,
        "updated_at": at,
        "display_name": "EU store",
        "disabled": False,
        "status": "healthy",
        "metadata": {"rank": Text("3.0"), "nested": {"none": None}},
        "connector_name": "shopify",
        "settings": {"oauth": {"access_token": "shpat_example_not_a_secret"}},
        "connector": {
            "name": "shopify",
            "platforms": ["web"],
            "scopes": [{"scope": "read"}],
            "auth_type": "OAUTH2",
        },
        "integration": {
            "id": "int_1",
            "standard": {"name": "EU"},
            "external": None,
            "created_at": at,
            "updated_at": at,
            "connector_name": "shopify",
            "name": "EU",
        },
    }


def written(value: Any) -> str:
    """A record as JSON text."""
    if isinstance(value, Text):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """The path of a value, and of each that is nested in it."""
    yield at
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in steps:
        yield from paths(each, (*at, step))


def value_at(record: Any, path: Path) -> Any:
    for step in path:
        record = record[step]
    return record


def changed(record: Any, path: Path, value: Any) -> Any:
    """A record with another value at a path, or without one."""
    record = deepcopy(record)
    if not path:
        return value
    holder = value_at(record, path[:-1])
    if value is ABSENT:
        del holder[path[-1]]
    else:
        holder[path[-1]] = deepcopy(value)
    return record


def one_by_one(make: Make) -> Iterator[tuple[Path, Any]]:
    """Each record with one thing wrong, and where: every hostile value in every place, every list of another length.

    They share every id but their own.
    """
    base, number = make(0), 0
    for path in list(paths(base)):
        for value in _instead(value_at(base, path), is_outermost=not path):
            number += 1
            yield path, changed(make(number), path, value(value_at(make(number), path)))


def _instead(node: Any, *, is_outermost: bool) -> Iterator[Callable[[Any], Any]]:
    """What may stand in the place of a node, made of the node of another record."""
    if not is_outermost:
        for value in [*VALUES, ABSENT]:
            yield lambda _, value=value: value
    if isinstance(node, dict):
        for name in UNKNOWN:
            if name not in node:
                yield lambda own, name=name: {**own, name: Text('{"b":1e2,"a":[{"uuid":"x"}]}')}
        yield lambda own: {"first": Text("1.50"), **own, "last": Text('"\\ud800\\u0000"')}
        yield lambda own: dict(reversed(own.items()))
        yield lambda own: {name.upper(): value for name, value in own.items()}
    if isinstance(node, list):
        yield lambda own: own * 2
        yield lambda own: [*own, *own[:1], *own]
        yield lambda own: own[::-1]
        yield lambda own: own[1:]
        for more in (None, {}, []):
            yield lambda own, more=more: [*own, more]


def at_random(rng: random.Random, record: Any, others: list[Any]) -> Any:
    """The record with several things wrong at once; some of them come of others."""
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        path = rng.choice([each for each in paths(record) if each])
        node, kind = value_at(record, path), rng.random()
        if kind < 0.5:
            record = changed(record, path, rng.choice([*VALUES, ABSENT]))
        elif isinstance(node, dict):
            members = [*node.items(), (rng.choice(UNKNOWN), rng.choice(VALUES))]
            rng.shuffle(members)
            record = changed(record, path, dict(members))
        elif isinstance(node, list):
            listed = node * rng.choice((1, 2))
            rng.shuffle(listed)
            record = changed(record, path, listed)
        else:
            other = rng.choice(others)
            if path in set(paths(other)):
                record = changed(record, path, value_at(other, path))
    return record
