"""What is said of an endpoint of webhooks that is made, changed, tried or deleted."""

from dataclasses import dataclass
from typing import Annotated, Final

from gateway.db.tables import webhook_endpoints
from gateway.resolvers import webhook_types
from gateway.resolvers.inputs import ABSENT, OrAbsent, Reference, RuleInput, VersionedInput, said
from gateway.resolvers.problems import Problems

ENDPOINT: Final = webhook_endpoints
OVERLAP_HOURS: Final = 24
MOST_OVERLAP_HOURS: Final = 7 * 24

EndpointId = Annotated[str, Reference(ENDPOINT, is_target=True)]
_ITS_ID: Final = "The global id of the webhook endpoint."
_URL: Final = "The URL to which events are sent. It must begin with `https://`."
_TYPES: Final = (
    "The types of events to send, such as `connection_request.approved`. `connection_request.*` means all events "
    "of connection requests. Empty: all events. An event that changed many objects, such as an import, is sent if "
    "it changed objects of a named type."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhookEndpoint(RuleInput):
    """Where events are to be sent, and which."""

    table = ENDPOINT
    url: str = said(_URL)
    types: tuple[str, ...] = said(_TYPES, ())

    def check(self, problems: Problems) -> None:
        """Note types that no event has."""
        _check_types(self.types, problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointChanges(VersionedInput):
    """What is to be changed of an endpoint."""

    table = ENDPOINT
    id: EndpointId = said(_ITS_ID)
    url: str | OrAbsent = said(_URL, ABSENT)
    types: tuple[str, ...] | OrAbsent = said(_TYPES, ABSENT)
    is_enabled: bool | OrAbsent = said(
        "Whether events are sent to the endpoint. If you enable it again, it gets only later events. To send the "
        "events that it missed, use `redeliverWebhookEvents`.",
        ABSENT,
    )

    def check(self, problems: Problems) -> None:
        """Note types that no event has."""
        if self.types is not ABSENT:
            _check_types(self.types, problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointToDelete(VersionedInput):
    """Which endpoint is to go."""

    table = ENDPOINT
    id: EndpointId = said(_ITS_ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretToRotate(VersionedInput):
    """Which endpoint is to have another secret, and how long the former one is good beside it."""

    table = ENDPOINT
    id: EndpointId = said(_ITS_ID)
    overlap_hours: int = said(
        f"How many hours the old secret still signs, together with the new one: 0 to {MOST_OVERLAP_HOURS}. Default: "
        f"{OVERLAP_HOURS}. Give 0 if somebody else knows the old secret.",
        OVERLAP_HOURS,
    )

    def check(self, problems: Problems) -> None:
        """Note a time that is out of bounds."""
        if not 0 <= self.overlap_hours <= MOST_OVERLAP_HOURS:
            problems.add(f"This must lie between 0 and {MOST_OVERLAP_HOURS}.", "overlap_hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointToTest(RuleInput):
    """Which endpoint is to be sent an event for trying it."""

    table = ENDPOINT
    id: EndpointId = said(_ITS_ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsToRedeliver(RuleInput):
    """From which event on everything is to be sent to an endpoint again."""

    table = ENDPOINT
    id: EndpointId = said(_ITS_ID)
    after: str | None = said(
        "Send the events after this cursor: the `cursor` of an event, or the `webhook-id` of a delivery. Default: "
        "the events that the endpoint missed while it was disabled, and the events that wait for another attempt.",
        None,
    )


def _check_types(types: tuple[str, ...], problems: Problems) -> None:
    for index, each in enumerate(types):
        if (problem := webhook_types.problem_of(each)) is not None:
            problems.add(problem, "types", str(index))
