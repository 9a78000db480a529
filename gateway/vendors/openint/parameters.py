"""OpenInt's parameters: coerced and refused like zod 3 behind trpc-to-openapi, issue by issue; its pages.

Source: https://v3.zod.dev/?id=coercion-for-primitives and https://v3.zod.dev/ERROR_HANDLING, checked against the
running libraries.
"""

import math
import re
from collections.abc import Sequence

from gateway.resolvers.context import Context
from gateway.rest.calls import Call
from gateway.vendors.openint.refusals import BadInput, Issue

DEFAULT_LIMIT, MAX_LIMIT = 50, 3000
MAX_OFFSET = 2**31 - 1  # the vendor has no bound, and fails where its database has one

REFRESH_POLICIES = ("none", "force", "auto")

# What says no in one of the vendor's SDKs: a boolean's, or the value `none` of the enum that it was before.
_NO = frozenset(("", "false", "0", "none"))
_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_WHITE_SPACE = "".join(
    (" \t\n\r\v\f\u00a0\u1680", *map(chr, range(0x2000, 0x200B)), "\u2028\u2029\u202f\u205f\u3000\ufeff")
)


class Input:
    """The parameters of one call. It collects the issues that zod would report, in the order in which they are read.

    Attributes:
        issues: zod's issues until now.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self.issues: list[Issue] = []

    def check(self) -> None:
        """Refuse the call if there is an issue in what was read until now.

        Raises:
            BadInput: there is an issue.
        """
        if self.issues:
            raise BadInput(self.issues)

    def path_id(self, prefix: str) -> str:
        return self._prefixed("id", self._call.path["id"], prefix)

    def text(self, name: str) -> str | None:
        """A text; None if the parameter is absent or empty, which is the same to the vendor."""
        return self._call.parameter(name) or None

    def id(self, name: str, prefix: str) -> str | None:
        value = self._call.parameter(name)
        return None if value is None else self._prefixed(name, value, prefix)

    def flag(self, name: str) -> bool:
        """A boolean. ``false``, ``0`` and ``none`` mean no.

        To the vendor, every text but the empty one means yes, so it sends secrets to callers who ask for none.
        """
        return (self._call.parameter(name) or "").lower() not in _NO

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        """One of the vendor's options; the default if the parameter is absent."""
        value = self._call.parameter(name)
        if value is None:
            return default
        if value not in options:
            self.issues.append(not_among(value, options, [name]))
        return value

    def items(self, name: str) -> list[str]:
        """A list: a repeated parameter, values separated by commas, or both. Blank items are dropped."""
        values = [value for each, value in self._call.query if each == name]
        return [item for value in values for item in value.split(",") if item]

    def choices(self, name: str, options: Sequence[str]) -> list[str]:
        chosen = self.items(name)
        for index, item in enumerate(chosen):
            if item not in options:
                self.issues.append(not_among(item, options, [name, index]))
        return chosen

    def whole_number(self, name: str, default: int, maximum: int) -> int:
        """An integer from 0 to ``maximum``, parsed like JavaScript's `Number`: an empty text is 0."""
        text = self._call.parameter(name)
        if text is None:
            return default
        number = _number(text)
        if issues := number_issues(name, number, maximum):
            self.issues += issues
            return default
        return int(number)

    def _prefixed(self, name: str, value: str, prefix: str) -> str:
        if not value.startswith(prefix):
            self.issues.append(not_starting(prefix, [name]))
        return value


def has_next_page(context: Context, limit: int, offset: int, total: int) -> bool:
    """Whether there are rows after a page. The vendor returns the opposite, which a setting can reproduce."""
    is_last = offset + limit >= total
    return is_last if context.settings.openint_inverted_has_next_page else not is_last


def not_starting(prefix: str, path: list[str | int]) -> Issue:
    """zod's issue for a text with another prefix."""
    return {
        "code": "invalid_string",
        "validation": {"startsWith": prefix},
        "message": f'Invalid input: must start with "{prefix}"',
        "path": path,
    }


def not_among(value: str, options: Sequence[str], path: list[str | int]) -> Issue:
    """zod's issue for a value that is not in an enum."""
    expected = " | ".join(f"'{option}'" for option in options)
    return {
        "received": value,
        "code": "invalid_enum_value",
        "options": list(options),
        "path": path,
        "message": f"Invalid enum value. Expected {expected}, received '{value}'",
    }


def _number(text: str) -> float:
    """The value of a text in ECMAScript (ECMA-262, StringToNumber); NaN if it is not a number."""
    digits = text.strip(_WHITE_SPACE)
    if not digits:
        return 0.0
    if _RADIX.fullmatch(digits):
        return _as_float(int(digits, 0))
    return float(digits) if _DECIMAL.fullmatch(digits) else math.nan


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def number_issues(name: str, number: float, maximum: int) -> list[Issue]:
    """zod's issues for a number that is not an integer from 0 to ``maximum``."""
    if math.isnan(number):
        return [
            {
                "code": "invalid_type",
                "expected": "number",
                "received": "nan",
                "path": [name],
                "message": "Expected number, received nan",
            }
        ]
    issues: list[Issue] = []
    if not number.is_integer():
        issues.append(
            {
                "code": "invalid_type",
                "expected": "integer",
                "received": "float",
                "message": "Expected integer, received float",
                "path": [name],
            }
        )
    if number < 0:
        issues.append(_out_of_bounds("too_small", "minimum", 0, "greater", name))
    if number > maximum:
        issues.append(_out_of_bounds("too_big", "maximum", maximum, "less", name))
    return issues


def _out_of_bounds(code: str, bound: str, value: int, comparison: str, name: str) -> Issue:
    return {
        "code": code,
        bound: value,
        "type": "number",
        "inclusive": True,
        "exact": False,
        "message": f"Number must be {comparison} than or equal to {value}",
        "path": [name],
    }
