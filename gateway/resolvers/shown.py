"""What a viewer is shown of stored rows, and what their changes mean, given what they were shown."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Column, Table

from gateway.db.database import Reader
from gateway.db.sealing import open_sealed
from gateway.db.statements import Row
from gateway.db.tables.columns import may_hold_credentials
from gateway.masking import (
    SPECIFICATIONS,
    Remembering,
    holds_mask,
    json_holds_mask,
    mask_credentials,
    mask_json,
    may_hold,
)
from gateway.resolvers.errors import ChangeProblem, ErrorCode, Rejected
from gateway.resolvers.viewer import Scope, Viewer


class Treatment(NamedTuple):
    """The columns of a row that not everybody may see as they are stored: every text that is not declared plain.

    Attributes:
        secret: those that are null without the scope `secrets`.
        masked: those whose credentials are masked without it, each with what masks it.
        is_sealed: whether any is stored encrypted.
    """

    secret: tuple[str, ...]
    masked: tuple[tuple[str, "Masking"], ...]
    is_sealed: bool


class Masking(NamedTuple):
    """How the texts of a column are masked.

    Attributes:
        mask: remembers what it made of the texts that it met before.
        holds_mask: whether a mask in a new text stands where a credential stands.
        is_json: whether the texts are JSON, all of which may hold a credential at a cheap look.
    """

    mask: Callable[[str], str]
    holds_mask: Callable[[str], bool]
    is_json: bool = False

    def is_shown(self, text: str | None, masked: str) -> bool:
        """Whether a text says what is shown: JSON that a caller gives back may be written otherwise."""
        if text == masked or text is None or not self.is_json:
            return text == masked
        try:
            return bool(orjson.loads(text) == orjson.loads(masked))
        except orjson.JSONDecodeError:
            return False


_TEXT = Masking(Remembering(mask_credentials), holds_mask)
_JSON = Masking(Remembering(mask_json), json_holds_mask, is_json=True)
_SPECIFICATION = Masking(
    Remembering(partial(mask_json, name=min(SPECIFICATIONS))),
    partial(json_holds_mask, name=min(SPECIFICATIONS)),
    is_json=True,
)


def treatment(table: Table, row: Row, viewer: Viewer) -> Treatment | None:
    """What has to be done to rows such as this one; None where the viewer is shown them as they are stored."""
    treated = _treatment(table, row._fields)
    if treated is None or treated.is_sealed or not viewer.may(Scope.SECRETS):
        return treated
    return None


def shown(reader: Reader, table: Table, rows: list[Row], viewer: Viewer) -> list[Row]:
    """Rows as the viewer may see them: sealed columns opened, secrets taken out and credentials masked."""
    if not rows or (treated := treatment(table, rows[0], viewer)) is None:
        return rows
    may_see_secrets = viewer.may(Scope.SECRETS)
    if treated.secret and not may_see_secrets:
        rows = [row._replace(**dict.fromkeys(treated.secret)) for row in rows]
    if treated.is_sealed:
        rows = open_sealed(reader, table, viewer.organization_id, rows)
    if treated.masked and not may_see_secrets:
        rows = _masked(rows, treated.masked)
    return rows


def shown_text(text: str, viewer: Viewer) -> str:
    """A text that stands in no row, as the viewer may see it."""
    return text if viewer.may(Scope.SECRETS) else mask_credentials(text)


def changed(table: Table, row: Row, changes: Mapping[str, Any], viewer: Viewer) -> dict[str, Any]:
    """Those of a viewer's changes that change something.

    A value that is stored already, or that equals what this viewer is shown in its place, leaves its column as it is:
    whoever gives back an object as they read it loses none of the secrets that they could not read.

    Args:
        row: whole, as it is stored, its sealed columns opened.
        changes: values by the names of columns.

    Raises:
        Rejected: a changed text still holds the mask of a credential that the column has, and would lose it.
    """
    different = {name: value for name, value in changes.items() if getattr(row, name) != value}
    treated = _treatment(table, row._fields)
    if treated is None or not different:
        return different
    may_see_secrets = viewer.may(Scope.SECRETS)
    for name in treated.secret:
        if name in different and different[name] is None and not may_see_secrets:
            del different[name]
    for name, masking in treated.masked:
        if name not in different or (stored := getattr(row, name)) is None:
            continue
        masked = masking.mask(stored)
        if masked == stored:
            continue  # there is no secret in it, so that a mask in the new text is text
        text = different[name]
        if not may_see_secrets and masking.is_shown(text, masked):
            del different[name]
        elif text is not None and masking.holds_mask(text):
            message = (
                "The new text holds `***` where a credential is masked. "
                "Write the credential itself, or leave the text as it was shown."
            )
            raise Rejected([ChangeProblem(ErrorCode.BAD_USER_INPUT, message, (name,))])
    return different


@lru_cache(maxsize=1024)
def _treatment(table: Table, names: tuple[str, ...]) -> Treatment | None:
    """Which columns of a class of rows need treatment; None where none does."""
    columns = [table.c[name] for name in names if name in table.c]
    secret = tuple(column.name for column in columns if column.info.get("secret"))
    masked = tuple((column.name, _masking(column)) for column in columns if _is_masked_here(column))
    is_sealed = any(column.info.get("sealed") for column in columns)
    return Treatment(secret, masked, is_sealed) if secret or masked or is_sealed else None


def masking_of(column: Column[Any]) -> Masking | None:
    """How a column's texts are masked for who may not see secrets; None where nothing in them is."""
    return _masking(column) if _is_masked_here(column) else None


def _is_masked_here(column: Column[Any]) -> bool:
    return may_hold_credentials(column) and not (column.info.get("secret") or column.info.get("kept"))


def _masking(column: Column[Any]) -> Masking:
    if not column.info.get("json"):
        return _TEXT
    return _SPECIFICATION if column.name in SPECIFICATIONS else _JSON


def _masked(rows: list[Row], treated: tuple[tuple[str, Masking], ...]) -> list[Row]:
    """The rows with the credentials in these columns masked; themselves where there are none.

    Nearly all columns of nearly all pages have none, which is seen of a column's texts all together.
    """
    columns: list[Any] = list(zip(*rows, strict=True))
    positions = rows[0]._fields
    is_changed = False
    for name, (mask, _, is_json) in treated:
        position = positions.index(name)
        texts = list(filter(None, columns[position]))
        together = "\n".join(texts)
        if not (may_hold(together) or (is_json and "\\" in together)):
            continue
        hidden = {
            text: masked
            for text in dict.fromkeys(texts)
            if (is_json or may_hold(text)) and (masked := mask(text)) != text
        }
        if hidden:
            columns[position] = [hidden.get(text, text) for text in columns[position]]
            is_changed = True
    if not is_changed:
        return rows
    make = partial(tuple.__new__, type(rows[0]))
    return list(map(make, zip(*columns, strict=True)))
