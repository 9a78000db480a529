"""What an operator does with organizations, their people and their tokens."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.filters import is_text
from gateway.db.ids import new_id, now
from gateway.db.types import OrderedText
from gateway.events import Event
from gateway.events.pruning import Pruned, prune
from gateway.resolvers import erasure
from gateway.resolvers.erasure import Erased
from gateway.resolvers.errors import UNPRINTABLE, Conflict, Invalid, NotFound, printable
from gateway.resolvers.inputs import is_email
from gateway.resolvers.time_zones import time_zone
from gateway.resolvers.tokens import new_token
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import writing

MAX_NAME = 255  # characters


async def create_organization(
    database: Database,
    name: str,
    *,
    kind: str = "none",
    timezone: str = "UTC",
    organization_id: str | None = None,
) -> str:
    """Make an organization and return its id.

    Raises:
        Conflict: one with this id exists.
        Invalid: the name, or the id, is no text that names anything, there is no such kind, or the time zone is none of
            the IANA database.
    """
    organization_id = organization_id or new_id()
    _check_text("An organization's name", name)
    _check_text("An organization's id", organization_id)
    if kind not in list(db.OrganizationKind):
        known = ", ".join(db.OrganizationKind)
        raise Invalid(f"An organization's kind is one of {known}, not {printable(kind)}.")
    time_zone(printable(timezone))
    async with writing(database, organization_id, None) as write:
        if await write.rows_of_organization():
            raise Conflict(f"The organization {organization_id} exists already.")
        await write.insert(
            db.organizations,
            [
                {
                    "id": organization_id,
                    "name": name,
                    "kind": db.OrganizationKind(kind),
                    "timezone": timezone,
                }
            ],
        )
        write.happened(Event("organization.created", "organizations", organization_id))
    return organization_id


async def allow_own_approval(database: Database, organization_id: str, is_allowed: bool) -> None:
    """Say whether people of an organization may approve connection requests that they made themselves.

    Raises:
        NotFound: there is no such organization.
    """
    async with writing(database, organization_id, None) as write:
        found = await write.rows_of_organization() if is_text(organization_id) else []
        if not found:
            raise NotFound(f"There is no organization {printable(organization_id)}.")
        if bool(found[0].forbids_own_approval) == is_allowed:
            changes = {"forbids_own_approval": not is_allowed, "updated_at": write.at}
            await write.update_each(db.organizations, {organization_id: changes}, before=found)
            write.happened(Event("organization.updated", "organizations", organization_id))


async def organization_ids(database: Database, starting_at: str = "", limit: int = 100) -> list[str]:
    """The ids of the organizations in the store, in order, for commands of the operator."""
    organization_id = db.organizations.c.id
    statement = database.prepare(
        ("organizations",),
        lambda: (
            select(organization_id)
            .where(organization_id >= bindparam("starting_at", type_=OrderedText()))
            .order_by(organization_id)
            .limit(bindparam("limit"))
        ),
    )
    return [row.id for row in await database.fetch(statement, {"starting_at": starting_at, "limit": limit})]


async def create_person(
    database: Database,
    organization_id: str,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    job_title: str | None = None,
) -> str:
    """Make a person and return their id.

    Raises:
        Invalid: nothing is said of them, the e-mail address is none, or a text is no line of text.
        NotFound: there is no such organization.
    """
    said = {
        "first_name": first_name,
        "last_name": last_name,
        "email": email,
        "phone": phone,
        "job_title": job_title,
    }
    row = {name: text for name, text in said.items() if text is not None}
    if not row:
        raise Invalid("A person has a name or an e-mail address.")
    for name, text in row.items():
        _check_text(f"A person's {name.replace('_', ' ')}", text)
    if email is not None and not is_email(email):
        raise Invalid(f"{printable(email)} is not an e-mail address, such as ada@example.com.")
    async with writing(database, organization_id, None) as write:
        if not is_text(organization_id) or not await write.rows_of_organization():
            raise NotFound(f"There is no organization {printable(organization_id)}.")
        [person_id] = await write.insert(db.people, [row])
        write.happened(Event("person.created", db.people.name, person_id))
    return person_id


async def create_token(
    database: Database,
    organization_id: str,
    *,
    name: str,
    scopes: Iterable[str] = (Scope.READ,),
    person_id: str | None = None,
    customer_id: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Make a token and return its id and the token itself, which is never shown again.

    Raises:
        Invalid: an unknown scope, an end that is past, or a name or customer that is no text that names anything.
        NotFound: there is no such organization or person.
    """
    _check_text("A token's name", name)
    if customer_id is not None:
        _check_text("A customer's id", customer_id)
    wanted = set(scopes)
    if unknown := wanted - set(Scope):
        raise Invalid(f"Unknown scopes: {', '.join(sorted(unknown))}. Known are {', '.join(Scope)}.")
    if expires_at is not None and expires_at <= now():
        raise Invalid(f"A token must expire in the future; {expires_at.isoformat()} is past.")
    row, token = new_token(name, wanted, person_id=person_id, customer_id=customer_id, expires_at=expires_at)
    async with writing(database, organization_id, None) as write:
        if not is_text(organization_id) or not await write.rows_of_organization():
            raise NotFound(f"There is no organization {printable(organization_id)}.")
        if person_id is not None and not (is_text(person_id) and await write.rows(db.people, [person_id])):
            raise NotFound(f"There is no person {printable(person_id)} in this organization.")
        [token_id] = await write.insert(db.api_tokens, [row])
        write.happened(Event("token.created", "api_tokens", token_id, {"scopes": sorted(wanted)}))
    return token_id, token


async def revoke_token(database: Database, organization_id: str, token_id: str) -> None:
    """Revoke a token; processes that have cached it stop accepting it within seconds.

    One that is revoked already stays so since then.

    Raises:
        NotFound: the organization has no such token.
    """
    async with writing(database, organization_id, None) as write:
        known = is_text(organization_id) and is_text(token_id)
        found = await write.rows(db.api_tokens, [token_id]) if known else []
        if not found:
            raise NotFound(f"There is no token {printable(token_id)} in this organization.")
        if found[0].revoked_at is None:
            changes = {"revoked_at": write.at, "updated_at": write.at}
            await write.update_each(db.api_tokens, {token_id: changes}, before=found)
            write.happened(Event("token.revoked", "api_tokens", token_id))


async def touch(database: Database, organization_id: str | None = None) -> int:
    """Change data versions by hand, so that earlier answers count as outdated and followers read everything again.

    For who has changed rows past the gateway. An event of its own tells each organization's followers.

    Args:
        database: the store.
        organization_id: whose version; None for every organization's and the catalogue's.

    Returns:
        How many versions there were.

    Raises:
        NotFound: there is no such organization.
    """
    if organization_id is not None:
        await _touch(database, organization_id)
        return 1
    touched, last = 0, ""
    while ids := [each for each in await organization_ids(database, last) if each != last]:
        for each in ids:
            await _touch(database, each)
        touched, last = touched + len(ids), ids[-1]
    async with writing(database, db.CATALOGUE, None) as write:
        write.moved = True
    return touched + 1


async def prune_events(
    database: Database, older_than: timedelta, organization_id: str | None = None
) -> Pruned:
    """Delete the events of one organization, or of all, that are older than so long (`gateway.events.pruning.prune`).

    Raises:
        NotFound: there is no such organization.
    """
    until = now() - older_than
    if organization_id is not None:
        if organization_id not in await organization_ids(database, printable(organization_id), 1):
            raise NotFound(f"There is no organization {printable(organization_id)}.")
        return await prune(database, organization_id, until)
    gone, is_kept, last = 0, False, ""
    while ids := [each for each in await organization_ids(database, last) if each != last]:
        for each in ids:
            done = await prune(database, each, until)
            gone, is_kept = gone + done.events, is_kept or done.kept_for_followers
        last = ids[-1]
    return Pruned(gone, is_kept)


async def erase_person(database: Database, organization_id: str, person_id: str) -> Erased:
    """Erase a person from rows, from the event log and from kept answers (`gateway.resolvers.erasure`).

    Raises:
        NotFound: there is no such organization, or no such person in it.
    """
    async with writing(database, organization_id, None) as write:
        if not is_text(organization_id) or not await write.rows_of_organization():
            raise NotFound(f"There is no organization {printable(organization_id)}.")
        return await erasure.erase_person(write, person_id)


async def _touch(database: Database, organization_id: str) -> None:
    async with writing(database, organization_id, None) as write:
        if not is_text(organization_id) or not await write.rows_of_organization():
            raise NotFound(f"There is no organization {printable(organization_id)}.")
        write.happened(Event("organization.touched", "organizations", data={"every": True}))


def _check_text(what: str, text: str) -> None:
    if not text.strip() or UNPRINTABLE.search(text):
        raise Invalid(f"{what} must be one line of text, not {text!r}.")
    if len(text) > MAX_NAME:
        raise Invalid(f"{what} must have at most {MAX_NAME} characters, not {len(text)}.")
