"""People: who asks for, decides on and comments on connection requests."""

from dataclasses import dataclass
from typing import Annotated, Final

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.failures import Refused, Rule
from gateway.db.filters import eq
from gateway.db.pages import Window
from gateway.events import Event
from gateway.resolvers.errors import Conflict
from gateway.resolvers.inputs import (
    ABSENT,
    OrAbsent,
    Reference,
    RuleInput,
    VersionedInput,
    columns_changed,
    columns_given,
    said,
)
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

PERSON: Final = db.people
MAX_TOKENS: Final = 1000

PersonId = Annotated[str, Reference(PERSON, is_target=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson(RuleInput):
    """Somebody new."""

    table = PERSON
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    job_title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanges(VersionedInput):
    """What is to be changed of whom."""

    table = PERSON
    id: PersonId = said("The global id of the person.")
    first_name: str | OrAbsent | None = ABSENT
    last_name: str | OrAbsent | None = ABSENT
    email: str | OrAbsent | None = ABSENT
    phone: str | OrAbsent | None = ABSENT
    job_title: str | OrAbsent | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonToDelete(VersionedInput):
    """Who is to go."""

    table = PERSON
    id: PersonId = said("The global id of the person.")


@rule(Scope.ADMIN)
async def create_person(write: ViewerWrite, given: NewPerson) -> Outcome:
    """Add a person."""
    [person_id] = await write.insert(PERSON, [columns_given(given)])
    write.happened(Event("person.created", PERSON.name, person_id))
    return Outcome(person_id)


@rule(Scope.ADMIN)
async def update_person(write: ViewerWrite, given: PersonChanges) -> Outcome:
    """Change a person."""
    row = await target(write, PERSON, given.id, expected=given.expected_version)
    changes = columns_changed(given)
    if await write.update_each(PERSON, {row.id: changes}, before=[row]):
        write.happened(Event("person.updated", PERSON.name, row.id))
    return Outcome(row.id)


@rule(Scope.ADMIN)
async def delete_person(write: ViewerWrite, given: PersonToDelete) -> Outcome:
    """Delete somebody whom no request, decision or comment names, with their tokens and their password.

    Raises:
        Rejected: there is no such person, or they have another version by now.
        Conflict: a request, a decision or a comment names them, or they have more tokens than can go at once.
    """
    row = await target(write, PERSON, given.id, expected=given.expected_version, for_deletion=True)
    tokens = await write.context.page(
        db.api_tokens,
        Order.of(db.api_tokens, (("person_id", False),)),
        Window(MAX_TOKENS),
        columns=("id",),
        where=eq("person_id", row.id),
        next_page=True,
    )
    if tokens.has_next_page:
        raise Conflict(f"More than {MAX_TOKENS} tokens belong to this person.")
    if tokens.rows:
        await write.delete(db.api_tokens, [each.id for each in tokens.rows])
    for each in tokens.rows:
        write.happened(Event("token.deleted", db.api_tokens.name, each.id))
    passwords = await write.rows(db.passwords, [row.id], key="person_id")
    await write.delete(db.passwords, [each.id for each in passwords])
    for each in passwords:
        write.happened(Event("password.removed", db.passwords.name, each.id, {"person": row.id}))
    try:
        await write.delete(PERSON, [row.id])
    except Refused as refused:
        if refused.rule is not Rule.FOREIGN_KEY:
            raise
        raise Conflict(
            "Requests, decisions or comments name this person, so the person cannot be deleted."
        ) from None
    gone = {
        name: count for name, count in (("ApiToken", len(tokens.rows)), ("Password", len(passwords))) if count
    }
    write.happened(Event("person.deleted", PERSON.name, row.id, {"with": gone}))
    return Outcome(deleted_id=row.id, deleted_with_it=gone)
