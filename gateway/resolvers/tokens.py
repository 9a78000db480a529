"""API tokens: made once, shown once, stored as their SHA-256, and revoked.

A token is 256 random bits: there is nothing to guess, so no slow hash is needed.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from gateway.db import tables as db
from gateway.events import Event
from gateway.resolvers.errors import UNPRINTABLE, ErrorCode
from gateway.resolvers.inputs import Reference, RuleInput, VersionedInput, said
from gateway.resolvers.problems import Problems
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

TOKEN_PREFIX: Final = "gw_"  # lets scanners for leaked secrets recognize one
TOKEN: Final = db.api_tokens


def new_token(
    name: str,
    scopes: Collection[str],
    *,
    person_id: str | None,
    customer_id: str | None,
    expires_at: datetime | None,
) -> tuple[dict[str, Any], str]:
    """The row of a new token, and the token itself, which nothing keeps."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = {
        "person_id": person_id,
        "customer_id": customer_id,
        "name": name,
        "token_hash": hashlib.sha256(token.encode()).hexdigest(),
        "scopes": " ".join(sorted(scopes)),
        "expires_at": expires_at,
    }
    return row, token


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiToken(RuleInput):
    """What a new token is called, and what it allows."""

    table = TOKEN
    name: str
    scopes: tuple[Scope, ...] = said(
        "The scopes of the new token: at least one, and only scopes that your own token has."
    )
    person_id: Annotated[str, Reference(db.people)] | None = None
    customer_id: str | None = None
    expires_at: datetime | None = None

    def check(self, problems: Problems) -> None:
        """Note a name or a customer that is no line of text, and a token that allows nothing."""
        for member in ("name", "customer_id"):
            text = getattr(self, member)
            if text is not None and (not text.strip() or UNPRINTABLE.search(text)):
                problems.add("This must be one line of text.", member)
        if not self.scopes:
            problems.add("A token needs one scope at least.", "scopes")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenToRevoke(VersionedInput):
    """Which token is no longer to be believed."""

    table = TOKEN
    id: Annotated[str, Reference(TOKEN, is_target=True)] = said("The global id of the token.")


@rule(Scope.ADMIN, shown_once=("token",))
async def create_api_token(write: ViewerWrite, given: NewApiToken) -> Outcome:
    """Make a token, which the outcome shows this once; it grants nothing that the viewer's own does not."""
    problems = Problems()
    for index, scope in enumerate(given.scopes):
        if not write.context.viewer.may(scope):
            message = f"This token lacks the scope `{scope}`, so it cannot grant it."
            problems.add(message, "scopes", str(index), code=ErrorCode.FORBIDDEN)
    if given.expires_at is not None and given.expires_at <= write.at:
        problems.add("A token must expire in the future.", "expires_at")
    problems.settle()
    row, token = new_token(
        given.name,
        set(given.scopes),
        person_id=given.person_id,
        customer_id=given.customer_id,
        expires_at=given.expires_at,
    )
    [token_id] = await write.insert(TOKEN, [row])
    write.happened(Event("token.created", TOKEN.name, token_id, {"scopes": row["scopes"].split()}))
    return Outcome(token_id, values={"token": token})


@rule(Scope.ADMIN)
async def revoke_api_token(write: ViewerWrite, given: TokenToRevoke) -> Outcome:
    """Revoke a token; one that is revoked already stays so since then.

    Processes that verified it lately stop believing it within seconds.
    """
    row = await target(write, TOKEN, given.id, expected=given.expected_version)
    if row.revoked_at is None:
        await write.update_each(TOKEN, {row.id: {"revoked_at": write.at}}, before=[row])
        write.happened(Event("token.revoked", TOKEN.name, row.id))
    return Outcome(row.id)
