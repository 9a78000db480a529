"""Schedule: what a cron text means."""

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
        int | None, strawberry.argument(description="How many runs, at most 100.")
    ] = DEFAULT_RUNS,
    after: Annotated[
        datetime | None, strawberry.argument(description="Only runs after this instant; now by default.")
    ] = None,
    before: Annotated[
        datetime | None, strawberry.argument(description="Only runs before this instant; without it, any.")
    ] = None,
    timezone: Annotated[
        str | None,
        strawberry.argument(
            description="IANA name of the zone that the fields mean; the organization's by default."
        ),
    ] = None,
) -> list[list[datetime]]:
    """The next runs of cron texts, as aware UTC times, ascending; see `gateway.resolvers.schedules.next_runs`."""
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


@strawberry.type(description="What the cron text of an update frequency means.")
class Schedule:
    raw: str = strawberry.field(description="The text as the vendor wrote it.")
    is_valid: bool = strawberry.field(description="Whether the text is a cron text that ever fires.")
    problem: str | None = strawberry.field(description="Why it is not; null when it is.")
    dialect: ScheduleDialect | None = strawberry.field(
        description="How its fields are read; null when invalid."
    )
    description: str | None = strawberry.field(description="The schedule in plain words; null when invalid.")
    next_runs: list[datetime] = relation(
        next_runs,
        key="raw",
        description="The next instants at which it fires, in UTC.",
        metadata={VARIES: lambda given: not given.get("after")},  # they follow the clock
    )
    warnings: list[str] = strawberry.field(description="What its author probably did not mean.")
