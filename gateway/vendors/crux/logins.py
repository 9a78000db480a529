"""Crux's login: a user name and a password for a token that lasts two hours.

Source: _v1_organization/retreive_auth_token.md (sic) of its repository. Its samples send an empty `Authorization:
Basic`, which is ignored.
"""

from typing import Any, Final, Literal, TypedDict

from gateway.db.tables import OrganizationKind
from gateway.limits import Limits
from gateway.resolvers.errors import TooManyAttempts, WrongCredentials
from gateway.resolvers.logins import LoggedIn, LoginCredentials
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal, UnknownPath
from gateway.rest.vendor import Endpoint
from gateway.vendors.crux.bodies import BLANK, BY_MEMBER, NO_TEXT, NULL, REQUIRED, json_object_of
from gateway.vendors.crux.connections import NOBODY

LONGEST: Final = 1_000  # characters of a name or a password that is looked at


class LoginBody(TypedDict):
    username: str
    password: str


class Permission(TypedDict):
    uuid: str
    name: str
    display_name: str
    description: str
    visibility: Literal["RETAILER", "SUPPLIER", "BOTH"]
    grouping: str


class PermissionAssignment(TypedDict):
    assigned: bool
    permission: Permission


class OrganizationUser(TypedDict):
    uuid: str


class PermissionAssignments(TypedDict):
    permissions: list[PermissionAssignment]
    org_user: OrganizationUser


class Login(TypedDict):
    auth_token: str
    org_uuid: str
    user_uuid: str
    retailer_uuid: str
    supplier_uuid: str
    org_type: Literal["RETAILER", "SUPPLIER"]
    permission_assignments: PermissionAssignments


def login_arguments(call: Call) -> LoginCredentials:
    """The user name and the password of a body.

    Raises:
        Refusal: 400, a member is missing or not text.
        UnsupportedMediaType: the media type is not JSON.
        Invalid: it is not a JSON object.
    """
    members = json_object_of(call)
    problems: dict[str, Any] = {}
    for name in LoginBody.__annotations__:
        value = members.get(name)
        if name not in members:
            problems[name] = [REQUIRED]
        elif value is None:
            problems[name] = [NULL]
        elif not isinstance(value, str):
            problems[name] = [NO_TEXT]
        elif not value:
            problems[name] = [BLANK]
        elif len(value) > LONGEST:
            problems[name] = [f"Ensure this field has no more than {LONGEST} characters."]
    if problems:
        raise Refusal(400, problems)
    return LoginCredentials(members["username"], members["password"])


def entered(person: LoggedIn) -> Login:
    """The response to a successful login.

    An organization without a side of trade is shown as a retailer, as in its connections. Crux's permissions concern
    catalogues, orders and bills, which the gateway does not have, so nobody has any permissions.
    """
    is_supplier = person.organization_kind == OrganizationKind.SUPPLIER
    return {
        "auth_token": person.token,
        "org_uuid": person.organization_id,
        "user_uuid": person.person_id,
        "retailer_uuid": NOBODY if is_supplier else person.organization_id,
        "supplier_uuid": person.organization_id if is_supplier else NOBODY,
        "org_type": "SUPPLIER" if is_supplier else "RETAILER",
        "permission_assignments": {"permissions": [], "org_user": {"uuid": person.person_id}},
    }


LOGIN: Final[Endpoint[LoginCredentials]] = Endpoint(
    method="POST",
    path="/organizations/user-login/",
    operation_id="login",
    summary="Log in with a password to get an API token (if the operator allows it)",
    arguments=login_arguments,
    entered=entered,
    request=LoginBody,
    response=Login,
    refusals=(
        Refusal(400, {"username": [REQUIRED], "password": [REQUIRED]}, schema=BY_MEMBER),
        WrongCredentials("They are nobody's."),
        UnknownPath("There is no such path."),
        TooManyAttempts(Limits().login_attempts, 11, 900),
    ),
)
