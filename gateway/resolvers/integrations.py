"""Integrations: what kind of feed one is, and which are due."""

from datetime import datetime
from enum import Enum

from gateway.db import tables as db
from gateway.db.filters import Where, any_of, is_in, negate
from gateway.resolvers import schedules
from gateway.resolvers.context import Context
from gateway.resolvers.pauses import Pauses


class IntegrationType(Enum):
    """What a feed carries. Vendors write the singular or the plural."""

    ITEM = ("item", "items")
    ORDER = ("order", "orders")
    ALLOCATION = ("allocation", "allocations")
    TRACKING = ("tracking", "trackings")
    OTHER = ("other", "others")


_BY_TEXT = {text: each for each in IntegrationType for text in each.value}
_NAMED = [text for text, each in _BY_TEXT.items() if each is not IntegrationType.OTHER]


def type_of(integration_type: str) -> IntegrationType:
    """The type that the vendor's text names; whatever names none is OTHER."""
    return _BY_TEXT.get(integration_type, IntegrationType.OTHER)


def of_types(types: list[IntegrationType]) -> Where:
    """Integrations of one of these types, by the rule of `type_of`."""
    named = [text for each in types if each is not IntegrationType.OTHER for text in each.value]
    where = is_in("integration_type", named)
    if IntegrationType.OTHER in types:
        return any_of(where, negate(is_in("integration_type", _NAMED)))
    return where


async def due_between(context: Context, start: datetime, end: datetime, timezone: str | None = None) -> Where:
    """Integrations whose schedule fires at least once in the window, its end excluded.

    The distinct cron texts of the organization are evaluated, then filtered by, so that it composes with the rest;
    once in an operation for each window.

    Args:
        timezone: IANA name of the zone that the fields mean; the organization's without one.

    Raises:
        Invalid: the window is empty or longer than a month, or there is no such zone.
    """
    zone = context.viewer.timezone if timezone is None else timezone

    async def due() -> Where:
        texts = await context.once(
            "cron texts", lambda: context.distinct(db.integrations, "update_frequency")
        )
        found = await schedules.due_with_pauses(texts, start, end, zone, Pauses())
        return is_in("update_frequency", sorted(found))

    return await context.once(("due", start, end, zone), due)
