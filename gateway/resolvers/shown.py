"""What a viewer is shown of stored rows, and what their changes mean beside what they were shown."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Table

from gateway.db.database import Reader
from gateway.db.sealing import open_sealed
from gateway.db.statements import Row
from gateway.masking import Remembering, holds_mask, mask_credentials, may_hold
from gateway.resolvers.errors import ChangeProblem, ErrorCode, Rejected
from gateway.resolvers.viewer import Scope, Viewer


class Treatment(NamedTuple):
    """The columns of a row that not everybody may see as they are stored."""

    secret: tuple[str, ...]
    masked: tuple[str, ...]
    is_sealed: bool


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
    for name in treated.masked:
        if name not in different or (stored := getattr(row, name)) is None:
            continue
        masked = mask_credentials(stored)
        if masked == stored:
            continue  # there is no secret in it, so that a mask in the new text is text
        text = different[name]
        if text == masked and not may_see_secrets:
            del different[name]
        elif text is not None and holds_mask(text):
            message = (
                "The new text holds `***` where a credential is masked. "
                "Write the credential itself, or leave the text as it was shown."
            )
            raise Rejected([ChangeProblem(ErrorCode.BAD_USER_INPUT, message, (name,))])
    return different


@lru_cache(maxsize=1024)
def _treatment(table: Table, columns: tuple[str, ...]) -> Treatment | None:
    """Which columns of a class of rows need treatment; None where none does."""
    infos = {name: table.c[name].info for name in columns if name in table.c and table.c[name].info}
    if not infos:
        return None
    return Treatment(
        tuple(name for name, info in infos.items() if info.get("secret")),
        tuple(name for name, info in infos.items() if info.get("masked")),
        any(info.get("sealed") for info in infos.values()),
    )


def _masked(rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    """The rows with the credentials in these columns masked; themselves where there are none.

    Nearly all columns of nearly all pages have none, which is seen of a column's texts all together.
    """
    columns: list[Any] = list(zip(*rows, strict=True))
    positions = rows[0]._fields
    is_changed = False
    for name in names:
        position = positions.index(name)
        texts = list(filter(None, columns[position]))
        if not may_hold("\n".join(texts)):
            continue
        hidden = {
            text: masked
            for text in dict.fromkeys(texts)
            if may_hold(text) and (masked := _mask_text(text)) != text
        }
        if hidden:
            columns[position] = [hidden.get(text, text) for text in columns[position]]
            is_changed = True
    if not is_changed:
        return rows
    make = partial(tuple.__new__, type(rows[0]))
    return list(map(make, zip(*columns, strict=True)))


_mask_text = Remembering(mask_credentials)
