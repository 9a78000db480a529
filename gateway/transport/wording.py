"""Messages of graphql-core in the caller's words: values as JSON and GraphQL write them, not as Python prints them."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from graphql.pyutils import inspect

_NULL: Final = re.compile(r"(non-null type '[^']*' not to be )None\b")
_PLACE: Final = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([\w.\[\]]+))?: ")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_SUGGESTION: Final = " Did you mean "
_LONGEST: Final = 200  # characters of a value that is shown


def of_document(message: str) -> str:
    """The message of an error in a document; its literals are shown as they are written, but for `null`."""
    return _NULL.sub(r"\1null", message)


def of_variables(message: str, variables: Mapping[str, Any]) -> str:
    """The message of an error in a request's variables, the value that it shows written as JSON."""
    place = _PLACE.match(message)
    if place is None:
        return of_document(message)
    try:
        value = _value_at(variables[place[1]], place[2] or "")
    except (KeyError, IndexError, TypeError):
        return of_document(message)
    before, shown, after = message[place.end() :].rpartition(inspect(value))
    return f"{place[0]}{before}{_written(value)}{after}" if shown else of_document(message)


def without_suggestions(message: str) -> str:
    """The message without the names of the schema that are like one that is wrong."""
    kept, *suggested = message.split(_SUGGESTION)
    for each in suggested:
        _, mark, behind = each.partition("?")
        kept += behind if mark else _SUGGESTION + each
    return kept


def place_of(message: str) -> tuple[str, list[str | int]] | None:
    """The variable that an error's message is about, and the way to the place in its value; None of other errors."""
    place = _PLACE.match(message)
    if place is None:
        return None
    return place[1], [name or int(index) for name, index in _STEP.findall(place[2] or "")]


def without_place(message: str) -> str:
    """The message without the variable, and the place in its value, that it may begin with."""
    place = _PLACE.match(message)
    return message[place.end() :] if place else message


def _value_at(value: Any, path: str) -> Any:
    for name, index in _STEP.findall(path):
        value = value[name] if name else value[int(index)]
    return value


def _written(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
