"""What is noted of an attempt to deliver an event to an endpoint of webhooks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One attempt, once what came of it is written.

    Attributes:
        organization_id: whose event and endpoint it is.
        endpoint_id: of the endpoint's row; its URL may hold a credential.
        webhook_id: that was sent with it, the event's cursor.
        type: of the event.
        number: which attempt at the event it was, from 1.
        outcome: ``delivered``, ``failed`` or ``given_up``.
        status: of the answer; None without one.
        error: why there was none, in a word.
        seconds: how long it took.
    """

    organization_id: str
    endpoint_id: str
    webhook_id: str
    type: str
    number: int
    outcome: str
    status: int | None
    error: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class DeliveryTarget:
    """Where an event is to be delivered.

    Attributes:
        url: the endpoint's, which may hold a credential.
        organization_id: as `DeliveryRecord` has it, and so the rest.
    """

    url: str
    organization_id: str
    endpoint_id: str
    webhook_id: str
    type: str
    number: int
