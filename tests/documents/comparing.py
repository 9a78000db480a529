"""What a document shows of an outcome, beside the outcome: `…` stands for whatever differs from time to time."""

import json
import re
from typing import Any

MORE = "…"


def difference(shown: str, language: str, outcome: str) -> str | None:
    """Where an outcome is not what is shown; None where it is.

    Args:
        shown: the block behind a command: JSON, in which the text "…" stands for any value, "…" within a text for any
            part of it, a last item "…" for further items and a member "…" for further members; or lines, among which
            one of "…" stands for any number of lines.
    """
    if language == "json":
        try:
            given = json.loads(outcome)
        except ValueError:
            return f"this is not JSON: {outcome[:300]!r}"
        return value_difference(json.loads(shown), given, "")
    wanted = [line for line in shown.splitlines() if line.strip()]
    given_lines = [line.rstrip() for line in outcome.splitlines() if line.strip()]
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == MORE else _pattern(line) + r"\n" for line in wanted)
    if re.fullmatch(pattern, "".join(f"{line}\n" for line in given_lines)):
        return None
    return "shown:\n" + "\n".join(wanted) + "\ncame:\n" + "\n".join(given_lines)


def value_difference(shown: Any, given: Any, path: str) -> str | None:
    """The first place where a value is not as it is shown."""
    if shown == MORE:
        return None
    if isinstance(shown, str) and isinstance(given, str) and MORE in shown:
        return (
            None if re.fullmatch(_pattern(shown), given, re.DOTALL) else f"{path}: {given!r}, shown {shown!r}"
        )
    if isinstance(shown, dict) and isinstance(given, dict):
        return _difference_of_objects(shown, given, path)
    if isinstance(shown, list) and isinstance(given, list):
        is_open = bool(shown) and shown[-1] == MORE
        wanted = shown[:-1] if is_open else shown
        if len(given) < len(wanted) or (len(given) > len(wanted) and not is_open):
            return f"{path}: {len(given)} items, shown {len(wanted)}"
        pairs = zip(wanted, given, strict=False)
        found = (value_difference(a, b, f"{path}[{n}]") for n, (a, b) in enumerate(pairs))
        return next((each for each in found if each), None)
    return None if type(shown) is type(given) and shown == given else f"{path}: {given!r}, shown {shown!r}"


def _difference_of_objects(shown: dict[str, Any], given: dict[str, Any], path: str) -> str | None:
    members = shown.keys() - {MORE}
    if missing := members - given.keys():
        return f"{path}: lacks {', '.join(sorted(missing))}, has {', '.join(given)}"
    if MORE not in shown and (more := given.keys() - members):
        return f"{path}: has {', '.join(sorted(more))}, too"
    found = (value_difference(shown[name], given[name], f"{path}.{name}") for name in shown if name != MORE)
    return next((each for each in found if each), None)


def _pattern(text: str) -> str:
    return ".*?".join(re.escape(part) for part in text.rstrip().split(MORE))
