"""Endpoints of webhooks: where an organization wants its events sent. `gateway.webhooks` sends them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from weakref import WeakKeyDictionary

from gateway.db import tables as db
from gateway.db import webhooks
from gateway.db.cursors import BadCursor
from gateway.db.data_versions import TooOld, Version, version, version_after
from gateway.db.database import Database, Reader
from gateway.db.ids import new_id
from gateway.db.key_files import VaultError
from gateway.db.statements import Row
from gateway.db.tables import WebhookDisabledReason
from gateway.events import Event
from gateway.events.pruning import keep_for
from gateway.resolvers import webhook_types, webhook_urls
from gateway.resolvers.context import Context
from gateway.resolvers.errors import ChangeProblem, ErrorCode, Rejected, Unavailable
from gateway.resolvers.inputs import ABSENT
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.webhook_inputs import (
    ENDPOINT,
    EndpointToTest,
    EventsToRedeliver,
    NewWebhookEndpoint,
    SecretToRotate,
    WebhookEndpointChanges,
    WebhookEndpointToDelete,
)
from gateway.resolvers.webhook_secrets import new_secret
from gateway.resolvers.writes import ViewerWrite, Write

MOST: Final = 50  # endpoints of an organization


# Who delivers

Heard = Callable[[str], None]
_HEARING: Final[WeakKeyDictionary[Database, Heard]] = WeakKeyDictionary()


def tell_changes(database: Database, heard: Heard) -> None:
    """Call a function with an organization whenever this process has changed what is sent to its endpoints."""
    _HEARING[database] = heard


async def _tell(context: Context) -> None:
    assert not isinstance(context.reader, Write)
    if (heard := _HEARING.get(context.reader)) is not None:
        heard(context.viewer.organization_id)


@keep_for
async def needed(reader: Reader, organization_id: str) -> int | None:
    """The last event that no webhook needs any more; one that is disabled needs none."""
    return await webhooks.needed(reader, organization_id)


# Rules


@rule(Scope.ADMIN, shown_once=("secret",), afterwards=_tell)
async def create_webhook_endpoint(write: ViewerWrite, given: NewWebhookEndpoint) -> Outcome:
    """Have events sent from now on, signed with a secret that the outcome shows this once.

    Raises:
        Rejected: events are not sent there, or there are too many endpoints.
        Unavailable: the store has no key that would seal the secret.
    """
    _check_url(write, given.url)
    if await write.context.count(ENDPOINT) >= MOST:
        raise _conflict(f"An organization has at most {MOST} endpoints.")
    row = {"url": given.url, "types": _stored(given.types)}
    [endpoint_id] = await write.insert(ENDPOINT, [row])
    secret = new_secret()
    with _sealing():
        await write.insert(db.webhook_secrets, [{"endpoint_id": endpoint_id, "secret": secret}])
    place = await version(write, write.organization_id)
    position = {"id": endpoint_id, "event_id": place.event_id, "mark": place.mark, "is_full": False}
    await write.insert(db.webhook_positions, [position])
    write.happened(Event("webhook_endpoint.created", ENDPOINT.name, endpoint_id))
    return Outcome(endpoint_id, values={"secret": secret})


@rule(Scope.ADMIN, afterwards=_tell)
async def update_webhook_endpoint(write: ViewerWrite, given: WebhookEndpointChanges) -> Outcome:
    """Change where events are sent, which ones, or whether; undelivered ones are then retried at once.

    Raises:
        Rejected: there is no such endpoint, it has another version by now, or events are not sent there.
    """
    row = await target(write, ENDPOINT, given.id, expected=given.expected_version)
    changes: dict[str, Any] = {}
    if given.url is not ABSENT:
        _check_url(write, given.url)
        changes["url"] = given.url
    if given.types is not ABSENT:
        changes["types"] = _stored(given.types)
    is_enabled = row.disabled_at is None
    is_switched = given.is_enabled is not ABSENT and given.is_enabled != is_enabled
    if is_switched:
        changes |= (
            {"disabled_at": None, "disabled_reason": None}
            if given.is_enabled
            else await _disabled(write, row)
        )
    if await write.update_each(ENDPOINT, {row.id: changes}, before=[row]):
        await webhooks.hurry(write, row.id)
        what = "updated" if not is_switched else "enabled" if given.is_enabled else "disabled"
        write.happened(Event(f"webhook_endpoint.{what}", ENDPOINT.name, row.id))
    if is_switched:
        await webhooks.place(write, row.id, await version(write, write.organization_id))
    return Outcome(row.id)


@rule(Scope.ADMIN)
async def delete_webhook_endpoint(write: ViewerWrite, given: WebhookEndpointToDelete) -> Outcome:
    """Send nothing more, and forget what was sent."""
    row = await target(write, ENDPOINT, given.id, expected=given.expected_version, for_deletion=True)
    await write.delete(ENDPOINT, [row.id], before=[row])
    write.happened(Event("webhook_endpoint.deleted", ENDPOINT.name, row.id))
    return Outcome(deleted_id=row.id)


@rule(Scope.ADMIN, shown_once=("secret",))
async def rotate_webhook_secret(write: ViewerWrite, given: SecretToRotate) -> Outcome:
    """Make another secret, which the outcome shows this once; for a while both sign what is sent."""
    row = await target(write, ENDPOINT, given.id, expected=given.expected_version)
    secret = new_secret()
    until = write.at + timedelta(hours=given.overlap_hours)
    await webhooks.end_secrets(write, row.id, until)
    with _sealing():
        await write.insert(db.webhook_secrets, [{"id": new_id(), "endpoint_id": row.id, "secret": secret}])
    data = {"former_until": until.isoformat()}
    write.happened(Event("webhook_endpoint.secret_rotated", ENDPOINT.name, row.id, data))
    return Outcome(row.id, values={"secret": secret})


@rule(Scope.ADMIN, afterwards=_tell)
async def send_test_event(write: ViewerWrite, given: EndpointToTest) -> Outcome:
    """Send an event to one endpoint, as every other event is sent.

    Raises:
        Rejected: there is no such endpoint, or it is disabled.
    """
    row = await _enabled(write, given.id)
    write.happened(Event(webhook_types.TESTED, ENDPOINT.name, row.id))
    return Outcome(row.id)


@rule(Scope.ADMIN, afterwards=_tell)
async def redeliver_webhook_events(write: ViewerWrite, given: EventsToRedeliver) -> Outcome:
    """Send everything after a cursor, again or for the first time; each event keeps its id.

    Raises:
        Rejected: there is no such endpoint, it is disabled, or the cursor is none of this log.
    """
    row = await _enabled(write, given.id)
    missed = row.undelivered_after
    cursor = given.after or missed
    if cursor is None:
        await webhooks.hurry(write, row.id)
    else:
        place = await _place(write, cursor)
        await webhooks.go_back(write, row.id, place)
        if missed is not None and place.event_id <= Version.of_cursor(missed).event_id:
            await write.update_each(ENDPOINT, {row.id: {"undelivered_after": None}}, before=[row])
    write.happened(Event("webhook_endpoint.redelivered", ENDPOINT.name, row.id, {"after": cursor}))
    return Outcome(row.id)


# What rules need


async def disable(write: Write, row: Row, reason: WebhookDisabledReason) -> None:
    """Disable an endpoint to which nothing can be delivered.

    Args:
        write: of the organization, which has locked the row.
    """
    changes = {**await _disabled(write, row, reason), "updated_at": write.at}
    await write.update_each(ENDPOINT, {row.id: changes}, before=[row])
    write.happened(Event("webhook_endpoint.disabled", ENDPOINT.name, row.id))
    await webhooks.place(write, row.id, await version(write, write.organization_id))


async def _disabled(
    write: Write, row: Row, reason: WebhookDisabledReason = WebhookDisabledReason.REQUESTED
) -> dict[str, Any]:
    """The columns of an endpoint that is disabled: what it has missed before stays missed."""
    place = await webhooks.undelivered(write, row.id)
    missed = row.undelivered_after or (None if place is None else place.cursor)
    return {"disabled_at": write.at, "disabled_reason": reason.value, "undelivered_after": missed}


def _check_url(write: ViewerWrite, url: str) -> None:
    networks = webhook_urls.allowed_networks(write.context.settings.webhook_allowed_networks)
    if (problem := webhook_urls.problem_of(url, networks)) is not None:
        raise Rejected([ChangeProblem(ErrorCode.BAD_USER_INPUT, problem, ("url",))])


async def _place(write: ViewerWrite, cursor: str) -> Version:
    """The place in the organization's log that a cursor names.

    Raises:
        Rejected: it is none of this log.
    """
    try:
        place = Version.of_cursor(cursor)
        await version_after(write, write.organization_id, place)
    except BadCursor as bad:
        raise Rejected([ChangeProblem(ErrorCode.BAD_USER_INPUT, str(bad), ("after",))]) from None
    except TooOld as gone:
        raise _conflict(str(gone), "after") from None
    return place


async def _enabled(write: ViewerWrite, endpoint_id: str) -> Row:
    row = await target(write, ENDPOINT, endpoint_id)
    if row.disabled_at is not None:
        raise _conflict("The endpoint is disabled. Enable it first.", "id")
    return row


def _conflict(message: str, *path: str) -> Rejected:
    return Rejected([ChangeProblem(ErrorCode.CONFLICT, message, path)])


def _stored(types: tuple[str, ...]) -> str:
    return " ".join(dict.fromkeys(types))


@contextmanager
def _sealing() -> Iterator[None]:
    """Say what a caller can be told of a store that cannot keep a secret.

    Raises:
        Unavailable: it has no encryption key.
    """
    try:
        yield
    except VaultError as error:
        message = "There are no webhooks: the gateway has no encryption keys. Its operator has to set them."
        raise Unavailable(message, str(error)) from None
