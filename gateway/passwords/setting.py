"""Setting and removing the password of a person, by the operator."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Select, bindparam, select

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.failures import Refused, Rule
from gateway.db.filters import is_text
from gateway.db.statements import Row
from gateway.db.types import OrderedText, Timestamp
from gateway.events import Event
from gateway.passwords.hashing import hash_password
from gateway.resolvers.errors import UNPRINTABLE, Conflict, Invalid, NotFound, printable
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import Write, writing

SHORTEST: Final = 8
"""Characters of a password (OWASP ASVS 5.0, 6.2.1): those that callers have already go on to be good."""
LONGEST: Final = 256
LONGEST_NAME: Final = 254  # characters, as of an e-mail address

OF_LOGINS: Final = "login"
"""The name of the tokens that logins make."""


def folded(username: str) -> str:
    """A user name as it is kept and looked for: upper and lower case are the same."""
    return unicodedata.normalize("NFKC", username.strip()).casefold()


async def set_password(
    database: Database,
    organization_id: str,
    person_id: str,
    password: str,
    *,
    username: str | None = None,
    scopes: Iterable[str] = (Scope.READ,),
) -> str:
    """Let a person log in with a password, and revoke the tokens of an older one.

    Args:
        username: by which they do; their e-mail address where there is none here. No two people have the same.
        scopes: of the tokens that they get.

    Returns:
        The user name.

    Raises:
        NotFound: there is no such organization or person.
        Invalid: the password is too short or too long, a scope is unknown, or there is nothing to log in by.
        Conflict: somebody else has the user name.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"A password has {SHORTEST} to {LONGEST} characters.")
    wanted = set(scopes)
    if unknown := wanted - set(Scope):
        raise Invalid(f"Unknown scopes: {', '.join(sorted(unknown))}. Known are {', '.join(Scope)}.")
    hashed = hash_password(password)
    async with writing(database, organization_id, None) as write:
        person = await _person(write, person_id)
        name = _named(username or person.email)
        row = {"username": name, "password_hash": hashed, "scopes": " ".join(sorted(wanted))}
        try:
            row_id = await _put(write, person_id, row)
            await write.send()
        except Refused as refused:
            if refused.rule is not Rule.UNIQUE:
                raise
            raise Conflict(f"Somebody else logs in as {printable(name)}.") from None
        write.happened(
            Event("password.set", db.passwords.name, row_id, {"person": person_id, "scopes": sorted(wanted)})
        )
        await _revoke_logins(write, person_id)
    return name


async def remove_password(database: Database, organization_id: str, person_id: str) -> None:
    """Remove a person's password, and revoke the tokens of their logins.

    Raises:
        NotFound: there is no such organization or person, or they have no password.
    """
    async with writing(database, organization_id, None) as write:
        await _person(write, person_id)
        rows = await write.rows(db.passwords, [person_id], key="person_id")
        if not rows:
            raise NotFound(f"The person {printable(person_id)} has no password.")
        await write.delete(db.passwords, [rows[0].id])
        write.happened(Event("password.removed", db.passwords.name, rows[0].id, {"person": person_id}))
        await _revoke_logins(write, person_id)


async def logins_of(write: Write, person_id: str, *, are_over: bool) -> list[str]:
    """The ids of a hundred tokens that a person's logins made, of those that are over or of those that are good."""
    statement = write.prepare(("logins", are_over), lambda: _logins(are_over=are_over))
    given = {"tenant": write.organization_id, "person_id": person_id, "name": OF_LOGINS, "at": write.at}
    return [row.id for row in await write.fetch(statement, given)]


def _logins(*, are_over: bool) -> Select[tuple[str]]:
    tokens = db.api_tokens.c
    at = bindparam("at", type_=Timestamp())
    text = OrderedText()
    found = select(tokens.id).where(
        tokens.organization_id == bindparam("tenant", type_=text),
        tokens.person_id == bindparam("person_id", type_=text),
        tokens.name == bindparam("name", type_=text),
    )
    if are_over:
        return found.where(tokens.expires_at <= at).limit(100)
    return found.where(tokens.expires_at > at, tokens.revoked_at.is_(None)).limit(100)


async def _person(write: Write, person_id: str) -> Row:
    known = is_text(write.organization_id) and is_text(person_id)
    if not known or not await write.rows_of_organization():
        raise NotFound(f"There is no organization {printable(write.organization_id)}.")
    people = await write.rows(db.people, [person_id])
    if not people:
        raise NotFound(f"There is no person {printable(person_id)} in this organization.")
    return people[0]


def _named(username: str | None) -> str:
    name = folded(username or "")
    if not name:
        raise Invalid("The person has no e-mail address to log in by. Give a user name.")
    if UNPRINTABLE.search(name) or len(name) > LONGEST_NAME:
        raise Invalid(f"A user name is one line of at most {LONGEST_NAME} characters.")
    return name


async def _put(write: Write, person_id: str, row: dict[str, str]) -> str:
    known = await write.rows(db.passwords, [person_id], key="person_id")
    if known:
        await write.update(db.passwords, known[0].id, row)
        row_id: str = known[0].id
        return row_id
    [row_id] = await write.insert(db.passwords, [{"person_id": person_id, **row}])
    return row_id


async def _revoke_logins(write: Write, person_id: str) -> None:
    while tokens := await logins_of(write, person_id, are_over=False):
        await write.update_many(db.api_tokens, tokens, {"revoked_at": write.at})
        for each in tokens:
            write.happened(Event("token.revoked", db.api_tokens.name, each))
