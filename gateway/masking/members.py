"""Secrets by name: parameters of URLs, quoted assignments, and members of JSON that stands in a text."""

import re
from collections.abc import Iterator

from gateway.masking.marks import MASK
from gateway.masking.names import Secrecy, is_secret, secrecy

_NAME = r"[\w.%\[\]-]{1,64}"

_PARAMETER = re.compile(
    rf"(?:(?<=[?&;#])|(?<=\\u0026)|(?<=\\u003f))(?P<name>{_NAME})=(?P<value>"
    rf"(?:[^\s&\"<>,;\\]|\\(?!\\{{0,7}}(?:\"|u00[0-9a-f]{{2}}))|,(?![a-z][a-z0-9+.-]{{0,31}}://)|;(?!{_NAME}=))++)",
    re.IGNORECASE,
)
_GOOGLE_KEY = re.compile(r"AIza[\w-]{20,}")

_P = r"%(?:25){0,3}"
"""A per cent sign, encoded up to three times more."""
_ENCODED_PARAMETER = re.compile(
    rf"(?P<begin>{_P}(?:3F|26|23|3B)(?P<name>(?:[\w.-]|{_P}5[BD]){{1,64}}+){_P}3D)"
    rf"(?P<value>(?:(?!{_P}(?:26|23|3B))[^\s&#\"'<>,;])++)",
    re.IGNORECASE,
)

_QUOTE = r"\\{0,7}[\"']"
_ASSIGNMENT = re.compile(rf"(?<![\w.%\[\]-])(?P<name>{_NAME})[ \t]{{0,4}}=[ \t]{{0,4}}(?P<quote>{_QUOTE})")
_MEMBER = re.compile(
    rf"(?<!\\)(?P<around>{_QUOTE})(?P<name>[^\"'\\{{}}\[\],:\r\n]{{1,64}})(?P=around)\s{{0,8}}(?::|=>?)\s{{0,8}}"
    rf"(?:(?P<quote>{_QUOTE})|(?P<number>-?\d[\d.eE+-]{{0,64}}+)(?![\w.]))"
)


def mask_parameters(text: str) -> str:
    """Mask values of query, fragment and matrix parameters whose names say that they are secret."""
    return _PARAMETER.sub(_mask_parameter, text)


def _mask_parameter(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if is_secret(name, value) or (name.lower() == "key" and _GOOGLE_KEY.fullmatch(value)):
        return f"{name}={MASK}"
    return match[0]


def mask_encoded_parameters(text: str) -> str:
    """Mask parameters of a URL that is itself the value of a parameter: ``%3Ftoken%3D…``."""
    return _ENCODED_PARAMETER.sub(
        lambda match: f"{match['begin']}{MASK}" if is_secret(match["name"], match["value"]) else match[0],
        text,
    )


def mask_assignments(text: str) -> str:
    """Mask quoted values of secret names: ``token="…"``, with escaped quotes, too."""
    return _mask_named(text, _ASSIGNMENT)


def mask_members(text: str) -> str:
    """Mask texts and numbers that are members of JSON in a text: ``{"password": "…"}``."""
    return _mask_named(text, _MEMBER)


def _mask_named(text: str, opening: re.Pattern[str]) -> str:
    parts: list[str] = []
    done = 0
    quotes = _Quotes(text)
    for match in opening.finditer(text):
        # What stands inside of a value that is masked is masked with it.
        if match.start() < done or secrecy(match["name"]) is Secrecy.NONE:
            continue
        if (quote := match["quote"]) is None:
            begin, end = match.span("number")
            masked = f"{match['around']}{MASK}{match['around']}"
        else:
            begin, masked = match.end(), MASK
            end = quotes.closing(begin, quote)
        if end > begin and is_secret(match["name"], text[begin:end]):
            parts += [text[done:begin], masked]
            done = end
    if not parts:
        return text
    parts.append(text[done:])
    return "".join(parts)


class _Quotes:
    """The quotation marks of a text, found once: many values that nobody closed would each be searched to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks: dict[str, list[tuple[int, int]]] = {}
        self._next = {"'": 0, '"': 0}

    def closing(self, begin: int, quote: str) -> int:
        """Where a value ends that stands behind ``quote``: at the mark that closes it, or with its word.

        A mark with more backslashes belongs to the value; one with fewer ends what the value stands in.

        Args:
            begin: of the value; it never goes back from one call to the next.
        """
        mark, level = quote[-1], len(quote) - 1
        if (marks := self._marks.get(mark)) is None:
            marks = self._marks[mark] = list(_marks(self._text, mark))
        index = self._next[mark]
        while index < len(marks) and marks[index][0] < begin:
            index += 1
        self._next[mark] = index
        for at, escapes in (marks[each] for each in range(index, len(marks))):
            if level and escapes <= level:
                return at - escapes
            if not level and escapes % 2 == 0:
                return at
        word = _WORD.match(self._text, begin)
        return word.end() if word else begin


_WORD = re.compile(r"\S*+")


def _marks(text: str, mark: str) -> Iterator[tuple[int, int]]:
    """The index of each mark in a text, and how many backslashes stand before it."""
    last, at = 0, text.find(mark)
    while at >= 0:
        before = text[last:at]
        yield at, len(before) - len(before.rstrip("\\"))
        last, at = at + 1, text.find(mark, at + 1)
