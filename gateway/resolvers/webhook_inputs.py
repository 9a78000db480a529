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
_ITS_ID: Final = "The endpoint's global id."
_URL: Final = "The https URL that events are sent to."
_TYPES: Final = (
    "The types of the events that are sent, such as `connection_request.approved`, or `connection_request.*` for all "
    "that happens to requests; none for all. An event of many records, such as an import, is sent wherever it tells of "
    "such records."
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
        "Whether events are sent. One that is enabled again is sent what happens from then on; what it missed can be "
        "delivered again.",
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
        f"For how many hours the former secret signs, too: {OVERLAP_HOURS} unless given, at most {MOST_OVERLAP_HOURS}; "
        "0 where somebody else has it.",
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
        "The cursor behind which the events lie: `cursor` of an event, or `id` of what was sent; without it what the "
        "endpoint has missed, being disabled, and what waits for another attempt.",
        None,
    )


def _check_types(types: tuple[str, ...], problems: Problems) -> None:
    for index, each in enumerate(types):
        if (problem := webhook_types.problem_of(each)) is not None:
            problems.add(problem, "types", str(index))
