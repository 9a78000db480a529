"""The public enums, with the descriptions of their values."""

from enum import Enum
from typing import Any, TypeVar

import strawberry

from gateway.db import tables as db
from gateway.resolvers.batches import BatchMode
from gateway.resolvers.cron_expressions import ScheduleDialect
from gateway.resolvers.errors import ErrorCode
from gateway.resolvers.integrations import IntegrationType
from gateway.resolvers.viewer import Scope

E = TypeVar("E", bound=type[Enum])


def described(enum: E, description: str, **values: str) -> E:
    """Make an enum public. Every member needs a description."""
    public: Any = strawberry.enum(enum, description=description)
    for value in public.__strawberry_definition__.values:
        value.description = values.pop(value.name)
    assert not values, f"{enum.__name__} has no {sorted(values)}"
    return enum


class OrderDirection(Enum):
    ASC = "asc"
    DESC = "desc"


class NullsOrder(Enum):
    FIRST = "first"
    LAST = "last"


described(
    NullsOrder,
    "The position of rows without a value in a sorted list.",
    FIRST="Before all other rows.",
    LAST="After all other rows.",
)
described(
    OrderDirection,
    "The direction of a sort. Null is smaller than every value, unless `nulls` says otherwise.",
    ASC="Ascending: from small to large, from early to late.",
    DESC="Descending: from large to small, from late to early.",
)
described(
    db.OrganizationKind,
    "The role of an organization in trade.",
    RETAILER="It sells to consumers and asks suppliers for data feeds.",
    SUPPLIER="It supplies retailers.",
    NONE="Neither a retailer nor a supplier.",
)
described(
    db.ConnectionRequestKind,
    "The kind of a connection request.",
    TRADING_PARTNER="An organization asks another organization for data feeds: `integrations`.",
    ACCESS="A person asks for access to resources or groups: `requestedItems`.",
)
described(
    db.ConnectionRequestStatus,
    "The status of a connection request.",
    PENDING="There is no decision yet.",
    APPROVED="It was approved.",
    DENIED="It was denied.",
    CANCELED="It was canceled before it was approved or denied.",
)
described(
    db.DecisionOutcome,
    "The outcome of a decision on a connection request.",
    APPROVED="The request is approved.",
    DENIED="The request is denied.",
    CANCELED="The request is canceled.",
)
described(
    BatchMode,
    "What happens to the other entries of a batch if one entry fails.",
    ALL_OR_NOTHING="No entry is changed.",
    EACH="Each entry succeeds or fails on its own.",
)
described(
    ErrorCode,
    "The kind of problem with a change.",
    BAD_USER_INPUT="The input is invalid. The same input always fails.",
    NOT_FOUND="The object does not exist, or you cannot see it.",
    FORBIDDEN="You may not do this. For example, your token lacks a scope.",
    CONFLICT="The current state of the objects does not allow the change. For example, the object has another version.",
    PERSON_REQUIRED="The change must be made by a person, but your token belongs to no person.",
)
described(
    db.ConnectedAccountKind,
    "The kind of a connected account.",
    COMMERCE="An account in a shop system.",
    CONNECTOR="An account of a connector, which keeps the credentials.",
)
described(
    db.ConnectedAccountStatus,
    "The health of a connected account.",
    HEALTHY="The account works.",
    DISCONNECTED="The owner must connect the account again.",
    ERROR="The account fails now. It is expected to recover without action.",
    MANUAL="The account is maintained by hand.",
    UNKNOWN="The health has not been checked.",
)
described(
    IntegrationType,
    "The kind of data in a feed.",
    ITEM="Items for sale. The vendor writes `item` or `items`.",
    ORDER="Orders. The vendor writes `order` or `orders`.",
    ALLOCATION="Stock that is set aside for an organization. The vendor writes `allocation` or `allocations`.",
    TRACKING="The tracking of shipments. The vendor writes `tracking` or `trackings`.",
    OTHER="Any other data. `integrationType` has the vendor's text.",
)
described(
    ScheduleDialect,
    "How the fields of a cron expression are read.",
    UNIX="Five fields, such as `0 3 * * *`: minute, hour, day of month, month, day of week.",
    SECONDS_FIRST="Six fields, such as `0 30 12 * * 2`: seconds, then the five fields of UNIX. A seventh field for the "
    "year can follow. It must be `*`.",
)
described(
    db.WebhookDisabledReason,
    "Why a webhook endpoint is disabled.",
    REQUESTED="Somebody disabled it with `updateWebhookEndpoint`.",
    FAILING="No event could be delivered for three days.",
    GONE="The endpoint answered with the status 410 (Gone).",
)
described(
    db.WebhookOutcome,
    "The outcome of an attempt to deliver an event.",
    DELIVERED="The endpoint accepted the event.",
    FAILED="The attempt failed. The event is sent again.",
    GIVEN_UP="The attempt failed. The event is not sent again.",
)
described(
    Scope,
    "A permission of a token.",
    READ="Read data.",
    WRITE="Change data, and cancel connection requests.",
    APPROVE="Approve and deny connection requests.",
    SECRETS="See credentials in clear text, and filter and sort by free text.",
    ADMIN="Change the organization, its people, tokens and webhook endpoints, and read its event log.",
)
