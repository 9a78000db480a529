"""Every kind of change without an event, with the reason, and whether it changes a data version.

Every other change of rows is told by an event, or is not committed, and an event moves its organization's version.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from sqlalchemy import Column, Table

from gateway.db.keys import SEALED_COLUMNS
from gateway.db.tables import (
    CATALOGUE,
    account_leases,
    api_tokens,
    child_counters,
    connectors,
    counters,
    data_versions,
    events,
    file_uploads,
    idempotency_keys,
    login_attempts,
    search_words,
    signing_keys,
    webhook_attempts,
    webhook_deliveries,
    webhook_leases,
    webhook_positions,
    webhook_secrets,
)


class Bookkeeping(NamedTuple):
    """One kind of change without an event.

    Attributes:
        columns: of rows that are there; all columns of a table stand for whole rows that come and go, too.
        why: nobody has to hear of it.
        by: the module that makes such changes by statements of its own, past `gateway.db.writes`; empty for others.
        organization_id: whose rows alone, the catalogue's; None for everybody's.
        moves_version: whether answers show it, so that the data version moves without an event.
    """

    columns: tuple[Column[object], ...]
    why: str
    by: str = ""
    organization_id: str | None = None
    moves_version: bool = False


_DELIVERING = (webhook_attempts, webhook_deliveries, webhook_positions, webhook_secrets, webhook_leases)

BOOKKEEPING = (
    Bookkeeping(
        (api_tokens.c.last_used_at,),
        "No answer shows when a token was used, and reads would move the version by being made.",
    ),
    Bookkeeping(
        tuple(connectors.c),
        "The operator's catalogue belongs to no organization, so there is no log to tell it in; it has a version.",
        organization_id=CATALOGUE,
        moves_version=True,
    ),
    Bookkeeping(
        (*events.c, *data_versions.c),
        "The log itself, and where it stands: an event of it would need an event.",
        by="gateway.events.log",
    ),
    Bookkeeping(
        (*events.c, *data_versions.c),
        "What is pruned was told, and pruning it changes nothing that an answer shows but the log.",
        by="gateway.events.pruning",
    ),
    Bookkeeping(
        (*counters.c, *child_counters.c),
        "They follow from rows whose coming and going was told, and commit together with them.",
        by="gateway.db.pending",
    ),
    Bookkeeping(
        tuple(search_words.c),
        "They follow from rows whose changes were told, and commit together with them.",
        by="gateway.db.search",
    ),
    Bookkeeping(
        tuple(idempotency_keys.c),
        "Who asks again is told what the change came to, and an event told of that.",
        by="gateway.db.idempotency",
    ),
    Bookkeeping(
        (*account_leases.c, *webhook_leases.c),
        "A process has an account or an endpoint for a few seconds; what comes of it that others see is told.",
        by="gateway.db.leases",
    ),
    Bookkeeping(
        (*webhook_positions.c, *webhook_secrets.c),
        "They come with an endpoint, or change with it, which is told; no answer shows a secret twice.",
    ),
    Bookkeeping(
        tuple(column for table in _DELIVERING for column in table.c),
        "How events are delivered: an event of each delivery would have to be delivered, too.",
        by="gateway.db.webhooks",
    ),
    Bookkeeping(
        tuple(login_attempts.c),
        "Who fails to log in belongs to no organization that could be told; who succeeds gets a token, which is.",
        by="gateway.db.login_attempts",
    ),
    Bookkeeping(
        tuple(file_uploads.c),
        "Only who makes an upload sees it; an event tells of the file that becomes of it.",
    ),
    Bookkeeping(
        tuple(file_uploads.c),
        "The same, noted of what was sent, and swept.",
        by="gateway.db.file_uploads",
    ),
    Bookkeeping(
        tuple(signing_keys.c),
        "No answer shows them, and the URLs that they sign are as good under each.",
    ),
    Bookkeeping(
        tuple(SEALED_COLUMNS),
        "The same secrets under another key; whoever may see them sees no difference.",
        by="gateway.db.rotation",
    ),
)


def wants_event(table: Table, organization_id: str, columns: Iterable[str] | None = None) -> bool:
    """Whether a change needs an event.

    Args:
        columns: that change in rows that are there; None where rows come or go.
    """
    exempt = _exempt(table, organization_id == CATALOGUE)
    return not exempt or not exempt.issuperset(table.c.keys() if columns is None else columns)


def moves_version(table: Table, organization_id: str, columns: Iterable[str] | None = None) -> bool:
    """Whether a change without an event changes the data version all the same.

    Args:
        columns: that change in rows that are there; None where rows come or go.
    """
    moving = _exempt(table, organization_id == CATALOGUE, moving_alone=True)
    return bool(moving) and (columns is None or not moving.isdisjoint(columns))


@cache
def _exempt(table: Table, is_catalogue: bool, *, moving_alone: bool = False) -> frozenset[str]:
    """The columns of a table whose changes through `gateway.db.writes` are bookkeeping."""
    return frozenset(
        column.name
        for each in BOOKKEEPING
        if not each.by and (each.organization_id is None or is_catalogue)
        if each.moves_version or not moving_alone
        for column in each.columns
        if column.table is table
    )
