"""Common parts of Opal's lists: the order, and the form of requests by the operator's settings."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.statements import Row
from gateway.resolvers.context import Context
from gateway.rest.calls import Call
from gateway.rest.vendor import Parameter
from gateway.vendors.opal.cursors import Place, place_of
from gateway.vendors.opal.parameters import text
from gateway.vendors.opal.shapes import REQUEST, UPPER

PATH = "/requests"
ORDER = Order.of(db.connection_requests, (("created_at", True),))


async def rendered(context: Context, rows: Sequence[Row]) -> list[Any]:
    """The requests in the form of the operator's settings."""
    requests = await REQUEST.render(context, rows)
    recase(context, requests)
    if context.settings.opal_members == "schema":
        drop(requests, "organization_id", "request_comments")
    return requests


def recase(context: Context, requests: list[Any]) -> None:
    """Write every status in the case that the operator configured, whatever is stored."""
    wanted = context.settings.opal_status_case
    if wanted == "stored":
        return
    change = str.upper if wanted == UPPER else str.lower
    for each in requests:
        written = each["status"]
        # a spelling in neither case comes as it was read
        each["status"] = change(
            orjson.loads(orjson.dumps(written)) if isinstance(written, orjson.Fragment) else written
        )


def drop(objects: list[dict[str, Any]], *names: str) -> None:
    for each in objects:
        for name in names:
            each.pop(name, None)


def place(call: Call, name: str) -> Place | None:
    """The position that a cursor names. An empty cursor, with which callers like to start, names none."""
    cursor = text(call, name)
    return place_of(name, cursor) if cursor else None


def graph_cursor(name: str, place: Place | None) -> dict[str, str]:
    """The position as a variable of the graph with this name, if there is one."""
    return {} if place is None else {name: ORDER.cursor(place)}


# What Opal's parameters may be, whose server takes a blank one for an absent one.
BLANK: Final = {"const": ""}
ID: Final = {"pattern": "^[^\u0000]*$"}
FLAG: Final = {"anyOf": [{"type": "boolean"}, {"enum": ["", "1", "0"]}], "default": False}
INSTANT: Final = {"anyOf": [{"format": "date"}, {"format": "date-time"}, BLANK]}


def query(name: str, description: str, **schema: Any) -> Parameter:
    """A parameter of the query string: text, unless its schema says otherwise."""
    return Parameter(name=name, description=description, schema={"type": "string", **schema})


def query_size(name: str, description: str, maximum: int, **schema: Any) -> Parameter:
    """A parameter of the query string with a number of rows."""
    sizes = {"type": "integer", "minimum": 1, "maximum": maximum}
    return Parameter(name=name, description=description, schema={"anyOf": [sizes, BLANK], **schema})
