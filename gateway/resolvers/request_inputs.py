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

REQUEST = "The global id of the connection request."
FILES = "The global ids of the attached files, in order. At most 100."
ITEMS = "The resources and groups to which access is requested, in order. At most 100."
TARGET = "The person or group that is to get access. Default: the person who makes the request."
DURATION = f"How long access is requested, in minutes: 1 or more. {INDEFINITE}: without end."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntegration(RuleInput):
    """A requested data feed."""

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
    """The changes of one integration. Members that you leave out are not changed."""

    table = db.integrations
    id: Annotated[str, Reference(db.integrations, is_target=True)] = said("The global id of the integration.")
    integration_type: str | OrAbsent = ABSENT
    update_frequency: str | OrAbsent | None = ABSENT
    feed_source_file_locations: str | OrAbsent | None = ABSENT
    file_specs: str | OrAbsent | None = ABSENT
    rules: str | OrAbsent | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTarget(RuleInput):
    """A resource or a group. Give exactly one member."""

    is_one_of = True
    table = db.requested_items
    resource_id: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequestedItem(RuleInput):
    """A resource or group to which access is requested."""

    table = db.requested_items
    target: ItemTarget = said("The resource or group to which access is requested.")
    access_level_name: str | None = None
    access_level_remote_id: str | None = None
    name: str | None = None
    remote_id: str | None = None
    remote_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTarget(RuleInput):
    """A person or a group. Give exactly one member."""

    is_one_of = True
    table = db.connection_requests
    user_id: PersonId | None = said("The global id of the person.", None)
    group_id: str | None = said(
        "The id of the group in the vendor's system.", None, like=db.connection_requests.c.target_group_id
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnectionRequest(RuleInput):
    """A new connection request with everything that belongs to it."""

    table = db.connection_requests
    kind: ConnectionRequestKind = said(
        "The kind of the request. Default: `TRADING_PARTNER`. `TRADING_PARTNER` requires `orgName`, `ACCESS` "
        "requires `requestedItems`.",
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
        "The global id of the person who makes the request. Default: the person to whom your token belongs.",
        None,
    )
    target: AccessTarget | None = said(TARGET, None)
    integrations: tuple[NewIntegration, ...] = said("The requested data feeds, in order. At most 100.", ())
    file_ids: tuple[FileId, ...] = said(FILES, ())
    requested_items: tuple[NewRequestedItem, ...] = said(ITEMS, ())
    comment: str | None = said(
        "The text of a first comment. Its author is the person to whom your token belongs.",
        None,
        like=db.comments.c.body,
    )

    def check(self, problems: Problems) -> None:
        """Note what the members say together."""
        check_duration(problems, self.duration_minutes)
        check_comment(problems, self.comment, "comment")
        check_distinct(problems, self.file_ids, "file_ids")
        if self.kind is ConnectionRequestKind.TRADING_PARTNER:
            check_org_name(problems, self.org_name)
        elif not self.requested_items:
            problems.add("An access request needs at least one requested item.", "requested_items")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationEdits(RuleInput):
    """The changes of the integrations of a connection request. At most 100 in each list."""

    table = db.integrations
    create: tuple[NewIntegration, ...] = said("Data feeds to add, after the existing ones.", ())
    update: tuple[IntegrationChanges, ...] = said("Changes of existing data feeds.", ())
    delete: tuple[Annotated[str, Reference(db.integrations, is_target=True)], ...] = said(
        "The global ids of data feeds to delete.", ()
    )

    def check(self, problems: Problems) -> None:
        """Note a feed that is named twice."""
        updated = [each.id for each in self.update]
        check_distinct(problems, updated, "update")
        check_distinct(problems, [*updated, *self.delete], "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRequestChanges(VersionedInput):
    """The changes of a connection request; members that are left out stay as they are."""

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
    integrations: IntegrationEdits | None = said("The changes of the request's data feeds.", None)
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
        problems.add("The same object is named twice.", member)
