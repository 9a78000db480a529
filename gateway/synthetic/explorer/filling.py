"""Writes the busy organization into a store, and the contents of its files into the storage."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.ids import now
from gateway.db.types import OrderedText
from gateway.events.log import OPERATOR, Actor, append
from gateway.resolvers.file_urls import have_signing_key
from gateway.resolvers.recording import told
from gateway.resolvers.writes import Write, writing_as
from gateway.storage.objects import Objects
from gateway.synthetic.draws import Draws
from gateway.synthetic.explorer.accounts import connect_accounts
from gateway.synthetic.explorer.cast import Cast
from gateway.synthetic.explorer.requests import DAYS, TIMEZONE, Scene, ask_for_all
from gateway.synthetic.explorer.story import Moment, Story

NAME: Final = "Halyard Markets"
# Its people come before the first request.
_BEGUN_BEFORE: Final = timedelta(days=400)
# What was written of files is swept then, if this does not come to its end.
_UPLOAD: Final = timedelta(hours=1)
_AT_ONCE: Final = 16  # files that are written

TABLES: Final = (
    db.people,
    db.connectors,
    db.connector_configs,
    db.customers,
    db.connection_requests,
    db.integrations,
    db.requested_items,
    db.files,
    db.file_attachments,
    db.comments,
    db.decisions,
    db.approvals,
    db.connected_accounts,
    db.commerce_customers,
)
"""The tables that are written, parents before their children because of foreign keys."""


class Retelling(Write):
    """Writes rows in their final state, and events of the past that tell how they came to be so."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]  # those of its base
        self._moments: list[Moment] = []

    def happened_then(self, moment: Moment) -> None:
        """Note an event with its time in the past."""
        self._moments.append(moment)
        self.happened(moment.event)

    async def finish(self, actor: Actor) -> None:
        """Write what comes last in a transaction: the events, in the order in which they happened."""
        await self._check_told()
        await self.write_numbers()
        self._moments.sort(key=lambda each: each.past.occurred_at)
        happened = [told([each.event], each.rows())[0] for each in self._moments]
        await append(self, happened, actor, [each.past for each in self._moments])


async def fill(
    database: Database, objects: Objects, organization_id: str, *, until: datetime | None = None
) -> bool:
    """Write the organization as it is after two years; False if it was written before.

    The content is the same every time, except for its dates.

    Args:
        database: started, migrated, and with keys.
        objects: the storage for the bytes of files.
        organization_id: the organization; it is created if it does not exist.
        until: the end of the two years; by default now.
    """
    if await _is_filled(database, organization_id):
        return False
    until = (until or now()).replace(microsecond=0)
    begun = until - timedelta(days=DAYS) - _BEGUN_BEFORE
    story, contents = _told(until, begun)
    await _begin(database, organization_id, begun, story)
    files = list(contents.items())
    for first in range(0, len(files), _AT_ONCE):
        some = files[first : first + _AT_ONCE]
        await asyncio.gather(*(objects.put(key, _whole(content)) for key, content in some))
    async with writing_as(Retelling, database, organization_id, OPERATOR) as write:
        for table in TABLES:
            await write.insert(table, story.rows[table])
        for moment in story.moments:
            write.happened_then(moment)
        completed = {"completed_at": write.at}
        await write.update_each(db.file_uploads, {row["id"]: completed for row in story.rows[db.files]})
    return True


async def _is_filled(database: Database, organization_id: str) -> bool:
    anybody = select(db.people.c.id).where(
        db.people.c.organization_id == bindparam("organization_id", type_=OrderedText())
    )
    statement = database.prepare(("anybody",), lambda: anybody.limit(1))
    return bool(await database.fetch(statement, {"organization_id": organization_id}))


def _told(until: datetime, begun: datetime) -> tuple[Story, dict[str, bytes]]:
    """The whole story, and the contents of its files by their storage keys."""
    draws, story, contents = Draws("a busy organization"), Story(), dict[str, bytes]()
    cast = Cast(draws, begun)
    for person in cast.people:
        made = story.make(db.people, person["created_at"], person)
        story.tell("person.created", person["created_at"], made, door=OPERATOR.door)
    scene = Scene(draws, cast, story, until, contents)
    connect_accounts(scene, ask_for_all(scene), begun)
    return story, contents


async def _begin(database: Database, organization_id: str, begun: datetime, story: Story) -> None:
    """Create the organization, and have the contents of its files deleted if the transaction fails."""
    async with writing_as(Retelling, database, organization_id, OPERATOR) as write:
        if not await write.rows_of_organization():
            row = {
                "id": organization_id,
                "name": NAME,
                "kind": db.OrganizationKind.RETAILER.value,
                "timezone": TIMEZONE,
                "status_case": "upper",  # as Opal's published clients read it
            }
            made = Story()
            change = made.make(db.organizations, begun, row)
            made.tell("organization.created", begun, change, door=OPERATOR.door)
            await write.insert(db.organizations, made.rows[db.organizations])
            write.happened_then(made.moments[0])
        await have_signing_key(write)
        uploads = [
            {
                **{
                    name: row[name]
                    for name in ("id", "name", "content_type", "size", "sha256", "storage_key")
                },
                "received_size": row["size"],
                "received_sha256": row["sha256"],
                "expires_at": write.at + _UPLOAD,
            }
            for row in story.rows[db.files]
        ]
        await write.insert(db.file_uploads, uploads)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
