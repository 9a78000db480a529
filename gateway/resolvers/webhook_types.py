"""Which events an endpoint of webhooks wants: by the types that it names, and those of many rows by their tables."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from gateway.db import tables as db
from gateway.db.bookkeeping import wants_event
from gateway.db.statements import Row
from gateway.resolvers.event_log import tables_told

TESTED: Final = "webhook_endpoint.tested"
"""The type of the event that tests an endpoint: it is sent to that one alone, whatever it wants."""

EVERY: Final = "*"
_TYPE: Final = re.compile(r"([a-z_]+)\.([a-z_]+|\*)")
_WORDS: Final = {"api_tokens": "token", "people": "person"}

SUBJECTS: Final = {
    word: str(table.name)
    for table in db.metadata.sorted_tables
    if "type" in table.info or wants_event(table, "")
    for word in (_WORDS.get(table.name, table.name.removesuffix("s")), str(table.name))
}
"""The tables of what events happen to, by the words with which the events' types begin."""


def problem_of(type: str) -> str | None:
    """What is wrong with a type that an endpoint is to want; None where nothing is."""
    found = _TYPE.fullmatch(type)
    if found is None:
        return "This is not a type of events, such as connection_request.approved or connection_request.*."
    if found[1] not in SUBJECTS:
        return f"There are no events whose type begins with {found[1]}."
    return None


def wanting(types: str, endpoint_id: str) -> Callable[[Row], bool]:
    """What tells of a row of the event log whether an endpoint wants it.

    Args:
        types: those that it names, separated by one space; empty for all.
        endpoint_id: its own id.
    """
    exact, words, tables = _parsed(types)

    def wants(row: Row) -> bool:
        if row.type == TESTED:
            return bool(row.subject_id == endpoint_id)
        if not types or row.type in exact or row.type.partition(".")[0] in words:
            return True
        if row.subject_id is not None:
            return False
        told = tables_told(row)
        return told is None or not tables.isdisjoint(told)

    return wants


@lru_cache(maxsize=256)
def _parsed(types: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The types that are named whole, the words of which every type is named, and the tables of them all."""
    parts = [each.partition(".") for each in types.split()]
    return (
        frozenset(f"{word}.{what}" for word, _, what in parts if what != EVERY),
        frozenset(word for word, _, what in parts if what == EVERY),
        frozenset(SUBJECTS[word] for word, _, _ in parts if word in SUBJECTS),
    )
