"""What a login takes and gives."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LoginCredentials:
    """What a person says to log in."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A person who has logged in.

    Attributes:
        token: of theirs, shown this once.
        token_id: of its row, which is no secret.
        organization_kind: of their organization.
    """

    token: str = field(repr=False)
    token_id: str
    person_id: str
    organization_id: str
    organization_kind: str
