"""Repairs of JSON text: the typical faults in vendors' printed documents, and the line of a member."""

import re

from gateway.shapes.given import Path

# One that never closes goes on to the end of the text. If it were none, each quote in it would be tried in its turn.
_STRING = r'"(?:[^"\\]|\\.)*+(?:"|(?P<cut>\\?\Z))'
_BRACKETS = re.compile(rf"{_STRING}|(?P<open>[{{\[])|(?P<close>[}}\]])", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"(?P<string>{_STRING})|,(?=[ \t\n\r]*[}}\]])", re.DOTALL)
_TOKENS = re.compile(rf"(?P<string>{_STRING})|(?P<mark>[{{}}\[\],:])", re.DOTALL)


def repaired_end(text: str, start: int) -> int | None:
    """The position after the bracket that closes the one at ``start``; None if the text ends before it."""
    depth = 0
    for found in _BRACKETS.finditer(text, start):
        if found["open"]:
            depth += 1
        elif found["close"]:
            depth -= 1
            if depth == 0:
                return found.end()
        elif found["cut"] is not None:
            return None
    return None


def without_trailing_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(lambda found: found["string"] or "", text)


def line_of(text: str, path: Path) -> int:
    """The line of the member at ``path``, or of the nearest element around it; the text's first line is 0."""
    best, depth_found = 0, 0
    stack: list[str | int | None] = []
    name: str | None = None
    for found in _TOKENS.finditer(text):
        if found["string"]:
            name = found["string"][1:-1]
            continue
        match found["mark"]:
            case "{":
                stack.append(None)
            case "[":
                stack.append(0)
            case ":":
                stack[-1] = name
            case ",":
                if isinstance(stack[-1], int):
                    stack[-1] += 1
            case _:
                stack.pop()
                continue
        here = [key for key in stack if key is not None]
        if len(here) >= depth_found and tuple(here) == path[: len(here)]:
            best, depth_found = text.count("\n", 0, found.start()), len(here)
    return best
