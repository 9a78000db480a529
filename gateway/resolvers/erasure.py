"""Erasing a person: from the rows that say who they are, from the event log, and from answers that are kept."""

from collections import Counter
from dataclasses import dataclass

import orjson
from sqlalchemy import Table

from gateway.db import idempotency
from gateway.db import tables as db
from gateway.db.failures import Refused, Rule
from gateway.db.holding_texts import rows_holding
from gateway.events.erasing import ERASED, erase_from_log
from gateway.events.log import Event
from gateway.events.traces import Traces
from gateway.resolvers.errors import NotFound, printable
from gateway.resolvers.writes import Write

_SAYS_WHO = ("first_name", "last_name", "email", "phone", "job_title", "extra")
_WITH_THEM = {"api_tokens": "token.deleted", "passwords": "password.removed"}


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing a person did.

    Attributes:
        is_deleted: whether the person's row is gone; else it is empty, since requests, decisions or comments name it.
        rows: how many rows of other tables went or changed, by table.
        events: how many events kept something of them.
        answers: how many answers that are kept for repeated requests did.
    """

    is_deleted: bool
    rows: dict[str, int]
    events: int
    answers: int


async def erase_person(write: Write, person_id: str) -> Erased:
    """Erase a person of the write's organization.

    Their tokens and passwords go with them. What people wrote in free text (comments, reasons) stays as it is.

    Raises:
        NotFound: there is no such person.
    """
    found = await write.lock(db.people, [person_id], for_deletion=True)
    if not found:
        raise NotFound(f"There is no person {printable(person_id)} in this organization.")
    traces = Traces.of(found[0])
    rows: Counter[str] = Counter()
    own = [("people", person_id)]
    for name, happened in _WITH_THEM.items():
        table = db.metadata.tables[name]
        ids = [each.id for each in await write.rows(table, [person_id], key="person_id")]
        rows[name] += await write.delete(table, ids)
        own += [(name, each) for each in ids if name != "api_tokens"]  # whose events all say whose they are
        for each in ids:
            write.happened(Event(happened, name, each))
    is_deleted = await _delete_or_empty(write, person_id)
    write.happened(Event(ERASED, "people", person_id))
    rows += await _erase_from_documents(write, traces)
    told = await erase_from_log(write, person_id, own, traces)
    return Erased(is_deleted, dict(+rows), told, await _erase_from_answers(write, traces))


async def _delete_or_empty(write: Write, person_id: str) -> bool:
    """Delete a person's row, or leave nothing in it where others name it."""
    try:
        async with write.attempt():
            await write.delete(db.people, [person_id])
    except Refused as refused:
        if refused.rule is not Rule.FOREIGN_KEY:
            raise
        await write.update(db.people, person_id, dict.fromkeys(_SAYS_WHO))
        return False
    return True


async def _erase_from_documents(write: Write, traces: Traces) -> Counter[str]:
    """Take a person out of what is kept of vendors' objects beside their columns; how many rows, by table."""
    changed: Counter[str] = Counter()
    if not traces.whole:
        return changed
    for table in map(_told_of, db.metadata.sorted_tables):
        if table is None:
            continue
        changes = {}
        async for row in rows_holding(write, table, write.organization_id, "extra", traces.pieces):
            if (text := traces.without_text(row.extra, "")) != row.extra:
                changes[row.id] = {"extra": text, "updated_at": write.at}
        if changes:
            changed[str(table.name)] += await write.update_each(table, changes)
    if changed:
        rows = {name: {"updated": number} for name, number in changed.items()}
        write.happened(Event(ERASED, "people", data={"rows": rows}))
    return changed


def _told_of(table: Table) -> Table | None:
    """A table whose rows keep of a vendor's objects what can be read; None for any other."""
    is_kept = "extra" in table.c and table is not db.people
    return table if is_kept and not table.c.extra.info.get("sealed") else None


async def _erase_from_answers(write: Write, traces: Traces) -> int:
    """Take a person out of the answers that are kept for repeated requests; returns how many held something."""

    def without(text: str) -> str:
        if not traces.are_in(text):
            return text
        kept = orjson.loads(text)
        if isinstance(kept, list):  # a legacy path's: status, body and header fields
            status, body, headers = kept
            return orjson.dumps([status, body and traces.without_text(body, ""), headers]).decode()
        return orjson.dumps(traces.without(kept, "")).decode()

    return await idempotency.rewrite(write, without)
