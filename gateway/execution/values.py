"""Raw values: reading them off rows, and awaiting what resolvers outside of this package return."""

import asyncio
from inspect import isawaitable
from typing import Any

from gateway.execution.rows import Typed


def attribute(row: Any, name: str, otherwise: str | None = None) -> Any:
    """Return an attribute of a row, another one where it is null, or the exception that reading it raised."""
    try:
        value = getattr(row, name)
        return getattr(row, otherwise) if value is None and otherwise else value
    except Exception as error:
        return error


def key(row: Any, name: str) -> Any:
    """Return a relation's key, or the exception where it cannot be read or be a key."""
    try:
        found = getattr(row, name)
        hash(found)
    except Exception as error:
        return error
    return found


def unwrapped(value: Any) -> Any:
    """Return the row of a value of a known type."""
    return value.row if type(value) is Typed else value


async def settled(value: Any) -> Any:
    """Return what an awaitable gives, and any other value as it is."""
    return await value if isawaitable(value) else value


async def awaited(values: list[Any]) -> list[Any]:
    """Replace awaitables by what they give, all awaited at once; an Exception stands for one that failed."""
    pending = [index for index, value in enumerate(values) if isawaitable(value)]
    if pending:
        results = await asyncio.gather(*[values[index] for index in pending], return_exceptions=True)
        for index, result in zip(pending, results, strict=True):
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
            values[index] = result
    return values
