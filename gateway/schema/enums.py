"""The store's closed sets of values under their public descriptions."""

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
    """Make an enum public; every member needs its sentence."""
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
    "Where in a list the rows stand that have no value to be ordered by.",
    FIRST="Ahead of all others.",
    LAST="Behind all others.",
)
described(
    OrderDirection,
    "Which way a list is ordered; null is smaller than every value unless `nulls` says where it stands.",
    ASC="From small to large.",
    DESC="From large to small.",
)
described(
    db.OrganizationKind,
    "Which side of trade an organization is on.",
    RETAILER="It sells to consumers and asks suppliers for their feeds.",
    SUPPLIER="It supplies retailers.",
    NONE="It takes no side.",
)
described(
    db.ConnectionRequestKind,
    "The two kinds of connection requests.",
    TRADING_PARTNER="An organization asks another one for its feeds.",
    ACCESS="A person asks for access to a resource.",
)
described(
    db.ConnectionRequestStatus,
    "A connection request's status.",
    PENDING="Nobody has decided yet.",
    APPROVED="It was approved.",
    DENIED="It was denied.",
    CANCELED="It was withdrawn before a decision.",
)
described(
    db.DecisionOutcome,
    "The outcome of a decision on a connection request.",
    APPROVED="The request is approved.",
    DENIED="The request is denied.",
    CANCELED="The request was withdrawn.",
)
described(
    BatchMode,
    "What becomes of the entries of a batch beside one that fails.",
    ALL_OR_NOTHING="Nothing is changed.",
    EACH="Each of them is changed, or is not, by itself.",
)
described(
    ErrorCode,
    "What sort of thing is wrong with a change.",
    BAD_USER_INPUT="What was given can never be right.",
    NOT_FOUND="There is no such object, or the viewer does not see it.",
    FORBIDDEN="The viewer may not do this.",
    CONFLICT="The objects as they are do not allow it.",
    PERSON_REQUIRED="It has to be somebody's doing, and the token belongs to no person.",
)
described(
    db.ConnectedAccountKind,
    "The two kinds of connected accounts.",
    COMMERCE="An account at a shop system.",
    CONNECTOR="An account that a connector keeps credentials of.",
)
described(
    db.ConnectedAccountStatus,
    "A connected account's health.",
    HEALTHY="It works.",
    DISCONNECTED="Its owner must connect it again.",
    ERROR="It fails for now and is expected to recover by itself.",
    MANUAL="Somebody looks after it by hand.",
    UNKNOWN="Its health has not been checked.",
)
described(
    IntegrationType,
    "What a feed carries.",
    ITEM="Items for sale.",
    ORDER="Orders.",
    ALLOCATION="Stock set aside for an organization.",
    TRACKING="Where shipments are.",
    OTHER="Anything else.",
)
described(
    ScheduleDialect,
    "How the fields of a cron text are read.",
    UNIX="Five fields: minute, hour, day of month, month, day of week.",
    SECONDS_FIRST="Six fields: seconds before the five of UNIX; a seventh may follow, the year, as `*`.",
)
described(
    db.WebhookDisabledReason,
    "Why nothing is sent to an endpoint.",
    REQUESTED="Somebody wants it so.",
    FAILING="For three days nothing could be delivered.",
    GONE="It answered that it wants nothing any more (410 Gone).",
)
described(
    db.WebhookOutcome,
    "What came of an attempt to deliver an event.",
    DELIVERED="The endpoint took it.",
    FAILED="It did not, and the event is tried again.",
    GIVEN_UP="It did not, and the event is not tried again.",
)
described(
    Scope,
    "What a token allows.",
    READ="To read.",
    WRITE="To change what there is, decisions apart.",
    APPROVE="To approve and to deny connection requests.",
    SECRETS="To see credentials as they are.",
    ADMIN="To change the organization, its people, its tokens and its webhooks.",
)
