"""Who asks: the organization they belong to and what their credential allows."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.resolvers.errors import Forbidden


class Scope(StrEnum):
    """What a token allows; a token has any set of these."""

    READ = "read"
    WRITE = "write"
    APPROVE = "approve"
    SECRETS = "secrets"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A verified credential.

    Attributes:
        organization_id: the one organization whose rows it sees.
        token_id: the token's row; null for the demo's token, which no row holds.
        person_id: whom the token belongs to, if to anyone.
        customer_id: limits it to this customer's connected accounts, and nothing else; null is the whole organization.
        timezone: IANA name of the organization's time zone, in which its cron texts are read.
        forbids_own_approval: whether the organization lets nobody approve what they ask for themselves.
    """

    organization_id: str
    scopes: frozenset[str]
    name: str
    token_id: str | None = None
    person_id: str | None = None
    customer_id: str | None = None
    timezone: str = "UTC"
    forbids_own_approval: bool = False

    @property
    def sight(self) -> tuple[object, ...]:
        """What viewers of one organization have in common who see the same, apart from what is said of themselves."""
        return self.scopes, self.customer_id, self.timezone, self.forbids_own_approval

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Refuse a viewer who lacks a scope.

        Raises:
            Forbidden: the credential lacks it.
        """
        if scope not in self.scopes:
            raise Forbidden(f"This needs a token with the scope `{scope}`.")
