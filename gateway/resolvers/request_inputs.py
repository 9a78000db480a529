"""What is asked for: the inputs of the rules that make and change connection requests."""

from dataclasses import dataclass
from typing import Annotated

from gateway.db import tables as db
from gateway.db.tables import ConnectionRequestKind
from gateway.resolvers import schedules
from gateway.resolvers.comments import check_comment
from gateway.resolvers.inputs import ABSENT, OrAbsent, Reference, RuleInput, VersionedInput, said
from gateway.resolvers.problems import Problems

INDEFINITE = -1
"""The duration of access that does not end (https://docs.opal.dev/api-reference/requests/create-request)."""

PersonId = Annotated[str, Reference(db.people)]
FileId = Annotated[str, Reference(db.files)]
RequestId = Annotated[str, Reference(db.connection_requests, is_target=True)]

REQUEST = "The request's global id."
FILES = "The global ids of the files that belong to it, in their order."
ITEMS = "The resources and groups to which access is requested, in their order."
TARGET = "Who is to get access, if it is not the person who makes the request."
DURATION = f"How long access is asked for, in minutes; {INDEFINITE}: without end."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntegration(RuleInput):
    """A feed that is asked for."""

    table = db.integrations
    integration_type: str
    update_frequency: str | None = None
    feed_source_file_locations: str | None = None
    file_specs: str | None = None
    rules: str | None = None

    def check(self, problems: Problems) -> None:
        """Note a text that is no cron."""
        check_frequency(problems, self.update_frequency)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationChanges(VersionedInput):
    """What is to be different about a feed of a request; what is left out stays as it is."""

    table = db.integrations
    id: Annotated[str, Reference(db.integrations, is_target=True)] = said("The integration's global id.")
    integration_type: str | OrAbsent = ABSENT
    update_frequency: str | OrAbsent | None = ABSENT
    feed_source_file_locations: str | OrAbsent | None = ABSENT
    file_specs: str | OrAbsent | None = ABSENT
    rules: str | OrAbsent | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTarget(RuleInput):
    """A resource or a group."""

    is_one_of = True
    table = db.requested_items
    resource_id: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequestedItem(RuleInput):
    """A resource or a group that access is asked to."""

    table = db.requested_items
    target: ItemTarget = said("Which resource or group.")
    access_level_name: str | None = None
    access_level_remote_id: str | None = None
    name: str | None = None
    remote_id: str | None = None
    remote_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTarget(RuleInput):
    """A person or a group."""

    is_one_of = True
    table = db.connection_requests
    user_id: PersonId | None = said("The person's global id.", None)
    group_id: str | None = said("The group's id.", None, like=db.connection_requests.c.target_group_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnectionRequest(RuleInput):
    """A connection that is asked for, with all that belongs to it."""

    table = db.connection_requests
    kind: ConnectionRequestKind = said(
        "What sort of connection is asked for; TRADING_PARTNER unless told otherwise.",
        ConnectionRequestKind.TRADING_PARTNER,
    )
    org_name: str | None = None
    org_contact_full_name: str | None = None
    primary_contact_phone: str | None = None
    primary_contact_email: str | None = None
    retailer_account_number: str | None = None
    supplier_account_number: str | None = None
    additional_information: str | None = None
    reason: str | None = None
    duration_minutes: int | None = said(DURATION, None)
    requester_id: PersonId | None = said(
        "The person who makes the request; by default the one whom the token belongs to.", None
    )
    target: AccessTarget | None = said(TARGET, None)
    integrations: tuple[NewIntegration, ...] = said("The data feeds that are requested, in their order.", ())
    file_ids: tuple[FileId, ...] = said(FILES, ())
    requested_items: tuple[NewRequestedItem, ...] = said(ITEMS, ())
    comment: str | None = said("A first comment, by the token's person.", None, like=db.comments.c.body)

    def check(self, problems: Problems) -> None:
        """Note what the members say together."""
        check_duration(problems, self.duration_minutes)
        check_comment(problems, self.comment, "comment")
        check_distinct(problems, self.file_ids, "file_ids")
        if self.kind is ConnectionRequestKind.TRADING_PARTNER:
            check_org_name(problems, self.org_name)
        elif not self.requested_items:
            problems.add("Access is asked to one resource or group at least.", "requested_items")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationEdits(RuleInput):
    """How the feeds of a request are to be different."""

    table = db.integrations
    create: tuple[NewIntegration, ...] = said("Feeds that come behind the others.", ())
    update: tuple[IntegrationChanges, ...] = said("Changes of feeds that are there.", ())
    delete: tuple[Annotated[str, Reference(db.integrations, is_target=True)], ...] = said(
        "The global ids of feeds that go.", ()
    )

    def check(self, problems: Problems) -> None:
        """Note a feed that is named twice."""
        updated = [each.id for each in self.update]
        check_distinct(problems, updated, "update")
        check_distinct(problems, [*updated, *self.delete], "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRequestChanges(VersionedInput):
    """What is to be different about a request; what is left out stays as it is."""

    table = db.connection_requests
    id: RequestId = said(REQUEST)
    org_name: str | OrAbsent | None = ABSENT
    org_contact_full_name: str | OrAbsent | None = ABSENT
    primary_contact_phone: str | OrAbsent | None = ABSENT
    primary_contact_email: str | OrAbsent | None = ABSENT
    retailer_account_number: str | OrAbsent | None = ABSENT
    supplier_account_number: str | OrAbsent | None = ABSENT
    additional_information: str | OrAbsent | None = ABSENT
    reason: str | OrAbsent | None = ABSENT
    duration_minutes: int | OrAbsent | None = said(DURATION, ABSENT)
    requester_id: PersonId | OrAbsent | None = ABSENT
    target: AccessTarget | OrAbsent | None = said(TARGET, ABSENT)
    integrations: IntegrationEdits | None = said("How its feeds are to be different.", None)
    file_ids: tuple[FileId, ...] | OrAbsent = said(FILES, ABSENT)
    requested_items: tuple[NewRequestedItem, ...] | OrAbsent = said(ITEMS, ABSENT)

    def check(self, problems: Problems) -> None:
        """Note what the members say together."""
        if self.duration_minutes is not ABSENT:
            check_duration(problems, self.duration_minutes)
        if self.file_ids is not ABSENT:
            check_distinct(problems, self.file_ids, "file_ids")


def check_frequency(problems: Problems, text: str | None) -> None:
    """Note a text that is no cron, unless a legacy path has it: there it is kept as it was written."""
    schedule = None if problems.is_legacy else schedules.parse(text)
    if schedule is not None and not schedule.is_valid:
        problems.add(schedule.problem or "This is not a cron text.", "update_frequency")


def check_org_name(problems: Problems, name: str | None) -> None:
    """Note that a trading partner lacks a name."""
    if name is None or not (name.strip() or problems.is_legacy):
        problems.add("A trading partner needs a name.", "org_name")


def check_duration(problems: Problems, minutes: int | None) -> None:
    """Note a duration that is none."""
    if minutes is not None and minutes < 1 and minutes != INDEFINITE:
        problems.add(f"A duration is one minute at least, or {INDEFINITE}.", "duration_minutes")


def check_distinct(problems: Problems, ids: "tuple[str, ...] | list[str]", member: str) -> None:
    """Note that something is named twice."""
    if len(set(ids)) < len(ids):
        problems.add("The same one is named twice.", member)
