"""Attributes that are asked for apart, since they come later and cost a statement of their own."""

from typing import Any

from gateway.execution.places import call_batch
from gateway.execution.plan import Apart
from gateway.execution.run import Run
from gateway.execution.sources import Relation, Root
from gateway.execution.values import unwrapped


class Supplemented:
    """An object, some of whose attributes were asked for apart.

    Args:
        row: the object.
        more: has these attributes; or why it has not.
        attributes: their names.
    """

    __slots__ = ("_attributes", "_more", "_row")

    def __init__(self, row: Any, more: Any, attributes: frozenset[str]) -> None:
        self._row = row
        self._more = more
        self._attributes = attributes

    def __getattr__(self, name: str) -> Any:
        if name not in self._attributes:
            return getattr(self._row, name)
        if isinstance(self._more, Exception):
            raise self._more
        return getattr(self._more, name)


async def supplemented(run: Run, apart: Apart, rows: list[Any]) -> list[Any]:
    """Ask the function that has made some objects for the attributes that they lack."""
    field = apart.field
    source = field.source
    try:
        arguments = run.arguments(field)
        if isinstance(source, Relation):
            key_of = {id(unwrapped(each)): key for key, each in run.results_of(field).items()}
            keys = [key_of[id(row)] for row in rows]
            distinct = list(dict.fromkeys(keys))
            results = await call_batch(source, distinct, run.context, apart.selection, arguments)
            by_key = dict(zip(distinct, results, strict=True))
            found = [by_key[key] for key in keys]
        else:
            assert isinstance(source, Root)
            found = [await source.function(run.context, apart.selection, **arguments)] * len(rows)
    except Exception as error:
        found = [error] * len(rows)
    return [Supplemented(row, more, apart.attributes) for row, more in zip(rows, found, strict=True)]
