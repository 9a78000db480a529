"""Schedule: the meaning of a cron expression."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.caches import Cache
from gateway.db.ids import now
from gateway.execution import VARIES, Selection, relation
from gateway.resolvers import schedules
from gateway.resolvers.context import Context
from gateway.resolvers.cron_expressions import ScheduleDialect
from gateway.resolvers.pauses import Pauses

DEFAULT_RUNS = 5

_Asked = tuple[str, int, datetime, datetime | None, str]
_remembered: Cache[_Asked, list[datetime]] = Cache(entries=1024, size=4 << 20)


async def next_runs(
    keys: list[str],
    context: Context,
    selection: Selection,
    *,
    first: Annotated[
        int | None, strawberry.argument(description="How many runs to return: 1 to 100.")
    ] = DEFAULT_RUNS,
    after: Annotated[
        datetime | None, strawberry.argument(description="Return only runs after this time. Default: now.")
    ] = None,
    before: Annotated[
        datetime | None,
        strawberry.argument(description="Return only runs before this time. Default: no limit."),
    ] = None,
    timezone: Annotated[
        str | None,
        strawberry.argument(
            description="The time zone in which the cron expression is read: an IANA name such as `Europe/Berlin`. "
            "Default: the organization's time zone."
        ),
    ] = None,
) -> list[list[datetime]]:
    """The next runs of cron expressions, as aware UTC times, ascending; see `gateway.resolvers.schedules.next_runs`."""
    # Schedules fire at whole seconds, so that behind this instant and behind its second are the same runs.
    behind = after or now().replace(microsecond=0)
    zone = context.viewer.timezone if timezone is None else timezone
    pauses = Pauses()
    count = DEFAULT_RUNS if first is None else first
    return [await _runs((raw, count, behind, before, zone), pauses) for raw in keys]


async def _runs(key: _Asked, pauses: Pauses) -> list[datetime]:
    raw, first, after, before, timezone = key
    runs = _remembered.get(key)
    if runs is None:
        schedule = schedules.parse(raw)
        of = (first, after, timezone, pauses, before)
        runs = await schedule.next_runs_with_pauses(*of) if schedule else []
        _remembered.put(key, runs, 500 + 4 * (len(raw) + len(timezone)) + 64 * len(runs))
    return runs


@strawberry.type(description="The meaning of a cron expression: when an integration runs.")
class Schedule:
    raw: str = strawberry.field(
        description="The cron expression as the vendor wrote it, such as `0 3 * * *`."
    )
    is_valid: bool = strawberry.field(
        description="Whether the text is a valid cron expression that runs at least once."
    )
    problem: str | None = strawberry.field(
        description="Why the text is not valid, in one sentence. Null if it is valid."
    )
    dialect: ScheduleDialect | None = strawberry.field(
        description="How the fields are read. Null if the text is not valid."
    )
    description: str | None = strawberry.field(
        description="The schedule in English, such as `At 33 minutes past the hour`. Null if the text is not valid."
    )
    next_runs: list[datetime] = relation(
        next_runs,
        key="raw",
        description="The next times at which the schedule runs, in UTC, earliest first. Empty if the text is not "
        "valid.",
        metadata={VARIES: lambda given: not given.get("after")},  # they follow the clock
    )
    warnings: list[str] = strawberry.field(
        description="Likely mistakes in the expression, one sentence each. Empty if there are none."
    )
