"""The request bodies of Opal's paths.

Source: CreateRequestInfo of https://github.com/opalsecurity/opal-python (api/openapi.yaml).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

from gateway.resolvers.errors import Invalid
from gateway.resolvers.request_inputs import INDEFINITE, AccessTarget, ItemTarget, NewRequestedItem
from gateway.rest.bodies import json_object
from gateway.rest.calls import Call
from gateway.shapes.given import Given
from gateway.shapes.json_text import dumps

MAX_ITEMS = 100

Level = Literal["REGULAR", "ADMIN"]
LEVELS = ("REGULAR", "ADMIN")


class WantedItem(TypedDict):
    id: str
    access_level_remote_id: NotRequired[str | None]
    access_level_name: NotRequired[str | None]


class SupportTicket(TypedDict):
    ticketing_provider: Literal["JIRA", "LINEAR", "SERVICE_NOW"]
    remote_id: str
    identifier: str
    url: NotRequired[str]


class CustomMetadata(TypedDict):
    name: str
    type: Literal["SHORT_TEXT", "LONG_TEXT", "MULTI_CHOICE", "BOOLEAN"]
    value: str | bool


class CreateRequestInfo(TypedDict):
    resources: list[WantedItem] | None
    groups: list[WantedItem] | None
    reason: str
    duration_minutes: int
    target_user_id: NotRequired[str | None]
    target_group_id: NotRequired[str | None]
    support_ticket: NotRequired[SupportTicket | None]
    custom_metadata: NotRequired[list[CustomMetadata] | None]


class Approval(TypedDict):
    level: Level
    comment: NotRequired[str | None]


class Denial(TypedDict):
    comment: str
    level: NotRequired[Level | None]


class NewRequestComment(TypedDict):
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The access that a body asks for.

    Attributes:
        custom_fields: the answers to the organization's own questions, as JSON in the form that requests show.
        ticket: a sentence about the ticket in another system.
    """

    reason: str
    duration_minutes: int
    items: tuple[NewRequestedItem, ...]
    target: AccessTarget | None
    custom_fields: str | None
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A comment on a request; None if the body has no comment."""

    request_id: str
    comment: str | None


def wanted(call: Call) -> Wanted:
    """The access that a body asks for.

    Raises:
        Invalid: a member is missing or invalid.
    """
    given = json_object(call)
    resources, groups = _objects(given, "resources", True), _objects(given, "groups", True)
    if len(resources) + len(groups) > MAX_ITEMS:
        given.wrong("resources", f"A request has {MAX_ITEMS} resources and groups at most.")
    read = Wanted(
        reason=given.required("reason"),
        duration_minutes=_duration(given),
        items=(
            *(_item(each, ItemTarget(resource_id=each.id("id"))) for each in resources),
            *(_item(each, ItemTarget(group_id=each.id("id"))) for each in groups),
        ),
        target=_target(given),
        custom_fields=_custom_fields(_objects(given, "custom_metadata", False)),
        ticket=_ticket(given),
    )
    _settle(given)
    return read


def approval(call: Call) -> Said:
    """The approval in a body.

    Raises:
        Invalid: a member is missing or invalid.
    """
    given = json_object(call)
    _level(given, is_required=True)
    comment = given.read("comment", str, "a text") and given.text("comment")
    _settle(given)
    return Said(call.path["id"], comment)


def denial(call: Call) -> Said:
    """The denial in a body. A reason is required.

    Raises:
        Invalid: a member is missing or invalid.
    """
    given = json_object(call)
    _level(given, is_required=False)
    comment = given.required("comment")
    _settle(given)
    return Said(call.path["id"], comment)


def new_comment(call: Call) -> Said:
    """The comment in a body.

    Raises:
        Invalid: it is missing, or not text.
    """
    given = json_object(call)
    comment = given.required("comment")
    _settle(given)
    return Said(call.path["id"], comment)


def _settle(given: Given) -> None:
    """Refuse the body if there is a problem.

    Raises:
        Invalid: the first problem.
    """
    if given.problems:
        first = given.problems[0]
        raise Invalid(f"{'.'.join(map(str, first.path))}: {first.message}")


def _objects(given: Given, name: str, is_required: bool) -> list[Given]:
    value = given.members.get(name)
    if value is None and not (is_required and name not in given.members):
        return []
    if not isinstance(value, list):
        given.wrong(name, "It must be a list." if name in given.members else "It is missing.")
        return []
    found: list[Given] = []
    for index, each in enumerate(value):
        if isinstance(each, dict):
            found.append(Given(each, (*given.path, name, index), given.problems))
        else:
            given.wrong(name, "It must be an object.", index)
    return found


def _item(given: Given, target: ItemTarget) -> NewRequestedItem:
    return NewRequestedItem(
        target=target,
        access_level_name=given.text("access_level_name") or None,
        access_level_remote_id=given.text("access_level_remote_id") or None,
    )


def _duration(given: Given) -> int:
    minutes = given.integer("duration_minutes")
    if minutes is None and not given.problems:
        given.wrong(
            "duration_minutes", f"It must be a number of minutes, or {INDEFINITE} for access without end."
        )
    return INDEFINITE if minutes is None else minutes


def _target(given: Given) -> AccessTarget | None:
    user_id, group_id = given.text("target_user_id") or None, given.text("target_group_id") or None
    if user_id is not None and group_id is not None:
        given.wrong("target_group_id", "A request is for a user or for a group, not for both.")
    if user_id is None and group_id is None:
        return None
    return AccessTarget(user_id=user_id, group_id=group_id)


def _level(given: Given, *, is_required: bool) -> None:
    level = given.members.get("level")
    if level not in LEVELS and (is_required or level not in (None, "")):
        given.wrong("level", f"It must be one of {', '.join(LEVELS)}.")


def _custom_fields(listed: Iterable[Given]) -> str | None:
    """The answers in the form that requests show (`custom_fields_responses`)."""
    fields: list[dict[str, Any]] = []
    for each in listed:
        name, kind, value = each.required("name"), each.required("type"), each.members.get("value")
        if not isinstance(value, str | bool):
            each.wrong("value", "It must be a text, true or false.")
        fields.append({"field_name": name, "field_type": kind, "field_value": value})
    return dumps(fields) if fields else None


def _ticket(given: Given) -> str | None:
    value = given.members.get("support_ticket")
    if value is None:
        return None
    if not isinstance(value, dict):
        given.wrong("support_ticket", "It must be an object.")
        return None
    ticket = Given(value, (*given.path, "support_ticket"), given.problems)
    provider, identifier = ticket.required("ticketing_provider"), ticket.required("identifier")
    remote_id, url = ticket.required("remote_id"), ticket.text("url")
    return f"Ticket {identifier} ({provider} {remote_id}){f': {url}' if url else ''}"
