"""Credentials in JSON text. Everything else is left as it is: numbers keep their digits, members their order."""

import json
import re
from typing import NamedTuple

from gateway.masking.marks import MASK
from gateway.masking.names import Secrecy, is_secret, secrecy
from gateway.masking.texts import holds_mask, mask_credentials, may_hold

SPECIFICATIONS = frozenset(("schemas", "scopes"))
"""Members whose own members are names of settings and of permissions, not secrets: JSON Schema and OAuth."""

# A text that nobody closed, which no JSON has, ends with the whole: to look for its end from each mark would be square.
_TOKEN = re.compile(
    r'"(?P<text>(?:[^"\\]++|\\.)*+)(?:"|\\?\Z)(?P<colon>\s*+:)?|(?P<number>-?\d[\d.eE+-]*+)|(?P<mark>[{}\[\]])',
    re.DOTALL,
)
_NAME = re.compile(r'"([^"\\]{1,64})"\s*:')
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Place(NamedTuple):
    """Where a value stands.

    Attributes:
        name: of the member that it is, or that the list is in which it stands; "" where there is none.
        is_named: whether names say what is secret here.
    """

    name: str
    is_named: bool


def mask_json(text: str, name: str = "") -> str:
    """JSON text with the credentials in its texts masked, in members' names too, and the values of secret names.

    By name texts and numbers become ``"***"``, those in a list as well; objects never.

    Args:
        name: of the member that the text is the value of; of one of SPECIFICATIONS nothing is masked by name.
    """
    if not _may_hold(text, name):
        return text
    parts: list[str] = []
    done = 0
    around: list[_Place] = []
    outer = place = _Place(name, name not in SPECIFICATIONS)
    for token in _TOKEN.finditer(text):
        mark = token["mark"]
        if mark in ("{", "["):
            around.append(outer)
            place = outer = place if mark == "[" else _Place("", place.is_named)
            continue
        if mark is not None:
            place = outer = around.pop() if around else outer
            continue
        if token["colon"] is not None:
            member = _decoded(token["text"])
            place = _Place(member, outer.is_named and member not in SPECIFICATIONS)
            masked = _masked(token["text"])
            masked = None if masked is None else masked + token["colon"]
        else:
            masked = _masked_value(token, place)
            place = outer
        if masked is not None:
            parts += [text[done : token.start()], masked]
            done = token.end()
    parts.append(text[done:])
    return "".join(parts)


def json_holds_mask(text: str, name: str = "") -> bool:
    """Say whether a ``***`` in JSON text stands where a credential stands."""
    return holds_mask(text, lambda each: mask_json(each, name))


def _may_hold(text: str, name: str) -> bool:
    if "\\" in text or "'" in text or may_hold(text.replace('"', "")):
        return True
    if name in SPECIFICATIONS:
        return False
    return any(secrecy(each) is not Secrecy.NONE for each in {name, *_NAME.findall(text)})


def _masked_value(token: re.Match[str], place: _Place) -> str | None:
    number = token["number"]
    value = _decoded(token["text"]) if number is None else number
    if place.is_named and place.name and is_secret(place.name, value):
        return f'"{MASK}"'
    return _masked(token["text"]) if number is None else None


def _masked(written: str) -> str | None:
    """The text between quotation marks, masked and in them; None where it stays."""
    text = _decoded(written)
    masked = mask_credentials(text)
    if masked == text:
        return None
    return json.dumps(masked, ensure_ascii=_SURROGATE.search(masked) is not None)


def _decoded(written: str) -> str:
    if "\\" not in written:
        return written
    try:
        decoded: str = json.loads(f'"{written}"', strict=False)
    except ValueError:  # it is not JSON
        return written
    return decoded
