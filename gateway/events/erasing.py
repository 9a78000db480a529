"""Erasing a person from the event log: from what events keep of their row, and of other rows that name them."""

from collections.abc import Collection
from typing import Any, Final

import orjson
from sqlalchemy import Update, bindparam, update

from gateway.db.holding_texts import rows_holding
from gateway.db.tables import api_tokens, events, passwords
from gateway.db.types import BigInt, OrderedText, Text
from gateway.db.writes import Changes
from gateway.events.traces import Traces

ERASED: Final = "person.erased"
"""The type of the event that tells of it; whoever holds what events said before reads them anew."""

_THEIRS: Final = {str(table.name) for table in (api_tokens, passwords)}

Own = Collection[tuple[str, str]]
"""Rows that are the person's own, by table and id."""


async def erase_from_log(changes: Changes, person_id: str, own: Own, traces: Traces) -> int:
    """Take a person out of what events keep of rows; returns how many events kept something.

    Of the person's own rows nothing stays, nor of the tokens and passwords that were theirs; in other rows each text by
    which they are known becomes null. That they were there, and who acted when, stays told by ids alone.
    """
    organization_id, erased = changes.organization_id, 0
    belonging = orjson.dumps({"person_id": person_id}).decode()[1:-1]
    pieces = [belonging, *(orjson.dumps(list(each)).decode()[:-1] + "," for each in own), *traces.pieces]
    statement = changes.prepare(("erase from log",), _rewrite)
    async for row in rows_holding(changes, events, organization_id, "changes", pieces):
        kept = orjson.loads(row.changes)
        rewritten = [_without(entry, person_id, own, traces) for entry in kept]
        if rewritten != kept:
            erased += 1
            given = {
                "organization_id": organization_id,
                "event_id": row.id,
                "changes": orjson.dumps(rewritten).decode(),
            }
            await changes.run_many(statement, [given])
    return erased


def _without(entry: list[Any], person_id: str, own: Own, traces: Traces) -> list[Any]:
    name, row_id, before, after = entry
    is_theirs = name in _THEIRS and person_id in [(side or {}).get("person_id") for side in (before, after)]
    if is_theirs or (name, row_id) in own:
        return [name, row_id, None if before is None else {}, None if after is None else {}]
    return [name, row_id, traces.without(before, None), traces.without(after, None)]


def _rewrite() -> Update:
    its = events.c
    return (
        update(events)
        .where(
            its.organization_id == bindparam("organization_id", type_=OrderedText()),
            its.id == bindparam("event_id", type_=BigInt()),
        )
        .values(changes=bindparam("changes", type_=Text()))
    )
