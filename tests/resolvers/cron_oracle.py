"""What a cron text means, worked out another way: field by field and tick by tick, without a calendar to step through.

The rules are those of crontab(5) and cron(8) of Vixie cron; see docs/decisions/cron-is-vixies.md.
"""

from datetime import date, timedelta
from functools import cache

BOUNDS = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


def number(text):
    return (
        MONTHS.index(text) + 1 if text in MONTHS else WEEKDAYS.index(text) if text in WEEKDAYS else int(text)
    )


def walk(which, first, last):
    """From one number to another, past the end where that is the way; Sunday is 7 too, where it is written so."""
    low, high = BOUNDS[which]
    steps = [first]
    if (which, first, last) == (5, 7, 0):
        return steps
    while steps[-1] != last:
        is_end = steps[-1] == high and not (which == 5 and last == 7)
        steps.append(1 if steps[-1] > high else low if is_end else steps[-1] + 1)
    return steps


@cache
def named(which, text):
    """The numbers that a field names."""
    low, high = BOUNDS[which]
    found = set()
    for item in text.split(","):
        base, _, step = item.replace("-l", "-31").partition("/")
        first, dash, last = base.partition("-")
        if base in ("*", "?"):
            steps = walk(which, low, high)
        elif dash:
            steps = walk(which, number(first), number(last))
        else:
            steps = walk(which, number(first), high) if step else [number(first)]
        found |= {value % 7 if which == 5 else value for value in steps[:: int(step or 1)]}
    return found


def in_month(text, day):
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if text.endswith("w"):
        wanted = min(int(text[:-1]), last.day)
        weekdays = [each for each in range(1, last.day + 1) if day.replace(day=each).weekday() < 5]
        return day.day == min(weekdays, key=lambda each: abs(each - wanted))
    items = text.split(",")
    plain = ",".join(item for item in items if item != "l")
    return ("l" in items and day == last) or (plain != "" and day.day in named(3, plain))


def in_week(text, day):
    if "#" in text or "l" in text:
        in_its_last_days = (day + timedelta(days=7)).month != day.month
        return any(
            number(item.strip("l")) % 7 == day.isoweekday() % 7 and in_its_last_days
            if "l" in item
            else number(item[:-2]) % 7 == day.isoweekday() % 7 and (day.day - 1) // 7 + 1 == int(item[-1])
            for item in text.split(",")
        )
    return day.isoweekday() % 7 in named(5, text)


def fields(text):
    parts = text.lower().split()
    return ["0", *parts] if len(parts) == 5 else parts


def is_day(text, day):
    _, _, _, of_month, month, of_week = fields(text)
    if day.month not in named(4, month):
        return False
    matches = in_month(of_month, day), in_week(of_week, day)
    return all(matches) if of_month[0] in "*?" or of_week[0] in "*?" else any(matches)


@cache
def days_of_one_year(of_month, month, of_week):
    """The days of 2028, a leap year that begins on a Saturday, on which it runs."""
    days = (date(2028, 1, 1) + timedelta(days=number) for number in range(366))
    return tuple(day for day in days if is_day(f"0 0 {of_month} {month} {of_week}", day))


def clock(zone, begin, end, step):
    """Every tick: instant, local time, and whether it is shown, shown again, or skipped at this instant."""
    ticks, latest, instant = [], None, begin
    while instant < end:
        local = instant.astimezone(zone).replace(tzinfo=None)
        while latest is not None and local > latest + step:
            latest += step
            ticks.append((instant, latest, "skipped"))
        ticks.append((instant, local, "shown" if latest is None or local > latest else "again"))
        latest = local if latest is None else max(latest, local)
        instant += step
    return ticks


def runs(text, ticks):
    """The instants of the ticks at which it runs, ascending."""
    second, minute, hour = (named(which, part) for which, part in enumerate(fields(text)[:3]))
    is_fixed = not any(sign in part for part in fields(text)[1:3] for sign in "*/")
    missing = "again" if is_fixed else "skipped"
    days, found = {}, []
    for instant, local, how in ticks:
        if local.minute in minute and local.hour in hour and local.second in second and how != missing:
            day = (local.year, local.month, local.day)
            if day not in days:
                days[day] = is_day(text, date(*day))
            if days[day] and found[-1:] != [instant]:
                found.append(instant)
    return found


def random_field(randomly, which, likely):
    low, high = BOUNDS[which]

    def one():
        return randomly.choice(likely) if randomly.random() < 0.6 else randomly.randint(low, high)

    def spelled(value):
        names = {4: MONTHS, 5: WEEKDAYS}.get(which)
        return names[(value - low) % len(names)] if names and randomly.random() < 0.3 else str(value)

    def item():
        a, b, step = one(), one(), randomly.choice([1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 90])
        return randomly.choice(
            [spelled(a)] * 4
            + [f"{spelled(a)}-{spelled(b)}"] * 3
            + [f"{spelled(a)}-{spelled(b)}/{step}", f"{a}-{a}", f"{a}-{a}/{step}", f"{a}/{step}"]
            + [f"*/{step}", f"*/{step}", "*/1", "*"]
        )

    return ",".join(item() for _ in range(randomly.choice([1, 1, 1, 2, 3])))


def random_text(randomly, near, *, seconds=False):
    """A text that has something to do with a local time; days and months are restricted less often."""
    hours = [(near.hour + each) % 24 for each in range(-2, 4)]
    parts = [
        random_field(randomly, 1, [0, 15, 29, 30, 31, 45, near.minute]),
        random_field(randomly, 2, hours),
    ]
    if seconds:
        parts.insert(0, random_field(randomly, 0, [0, 1, 30, 59]))
    days, months = [near.day, near.day % 28 + 1, 1], [near.month, near.month % 12 + 1]
    for which, likely in ((3, days), (4, months), (5, [near.isoweekday() % 7, 0, 7])):
        parts.append("*" if randomly.random() < 0.6 else random_field(randomly, which, likely))
    special = randomly.random()
    if special < 0.05:
        parts[-3] = randomly.choice(["l", f"l,{near.day}", "10-l", f"{near.day}w", "31w"])
        parts[-1] = "*" if "w" in parts[-3] else parts[-1]
    elif special < 0.1:
        weekday = near.isoweekday() % 7
        parts[-3], parts[-1] = "*", randomly.choice([f"l{weekday}", f"{weekday}#{(near.day - 1) // 7 + 1}"])
    return " ".join(parts)
