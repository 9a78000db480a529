"""A vendor made up for the engine's own tests: people who have a name."""

from typing import Any, TypedDict

from gateway.db import tables as db
from gateway.exchange.formats import Layout
from gateway.shapes.given import Given
from gateway.shapes.shape import Shape


class Person(TypedDict):
    id: str
    name: str | None


def person(row: Any) -> Person:
    return {"id": row.id, "name": row.first_name}


def read_person(given: Given) -> dict[str, Any]:
    return {"id": given.id("id"), "first_name": given.text("name")}


PERSON = Shape(name="toy.person", table=db.people, body=Person, outgoing=person, incoming=read_person)
LAYOUT = Layout(lists={"people": PERSON}, single={"person": PERSON}, bare=PERSON)
REPAIRING = Layout(lists={"people": PERSON}, bare=PERSON, repairs=True)
ENVELOPES = Layout(lists={"people": PERSON})
RELAY = Layout(
    lists={"people": PERSON, "edges": Layout(single={"node": PERSON})},
    single={"person": PERSON},
    bare=PERSON,
    without_records=frozenset(("total",)),
)
