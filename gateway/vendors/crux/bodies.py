"""The request bodies of Crux's paths, under both of the names that its documentation has for some members.

Sources: _v1_discovery_retailer/request_connection.md and update_connection_request.md of its repository. Error messages
are those of its framework's serializers (https://www.django-rest-framework.org/api-guide/fields/).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NotRequired, TypedDict

from gateway.rest.bodies import check_media_type, json_object
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal
from gateway.shapes.json_text import Number

REQUIRED: Final = "This field is required."
BLANK: Final = "This field may not be blank."
NULL: Final = "This field may not be null."
NO_TEXT: Final = "Not a valid string."
NO_LIST: Final = "Expected a list of items."
NO_OBJECT: Final = "Invalid data. Expected a dictionary."
UNKNOWN: Final = "Object does not exist."
BY_MEMBER: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {}},
}
"""The schema of a refusal: messages by invalid member; for a list, one object for each item."""

# Columns by the names that a request's members have in bodies; where both come, the first of a column counts.
REQUEST_NAMES: Final[Mapping[str, str]] = {
    "organization_name": "org_name",
    "org_name": "org_name",
    "primary_contact_name": "org_contact_full_name",
    "org_contact_full_name": "org_contact_full_name",
    "primary_contact_phone": "primary_contact_phone",
    "primary_contact_email": "primary_contact_email",
    "organization_account_number": "retailer_account_number",
    "retailer_account_number": "retailer_account_number",
    "supplier_account_number": "supplier_account_number",
    "additional_information": "additional_information",
}
INTEGRATION_NAMES: Final[Mapping[str, str]] = {
    "type": "integration_type",
    "integration_type": "integration_type",
    "update_frequency": "update_frequency",
    "file_locations": "feed_source_file_locations",
    "feed_source_file_locations": "feed_source_file_locations",
    "file_specs": "file_specs",
    "rules": "rules",
}
_MUST_BE: Final = {"org_name": "organization_name", "org_contact_full_name": "primary_contact_name"}
_INTEGRATIONS: Final = ("integrations", "requested_integrations")


class WrittenIntegration(TypedDict):
    record_uuid: NotRequired[str | None]
    type: NotRequired[str | float | None]
    integration_type: NotRequired[str | float | None]
    update_frequency: NotRequired[str | float | None]
    file_locations: NotRequired[str | float | None]
    feed_source_file_locations: NotRequired[str | float | None]
    file_specs: NotRequired[str | float | None]
    rules: NotRequired[str | float | None]


class WrittenFile(TypedDict):
    uuid: str


class ChangedRequest(TypedDict, total=False):
    organization_name: str | float
    org_name: str | float
    primary_contact_name: str | float
    org_contact_full_name: str | float
    primary_contact_phone: str | float | None
    primary_contact_email: str | float | None
    organization_account_number: str | float | None
    retailer_account_number: str | float | None
    supplier_account_number: str | float | None
    additional_information: str | float | None
    integrations: list[WrittenIntegration] | None
    requested_integrations: list[WrittenIntegration] | None
    uploaded_files: list[str | WrittenFile] | None


class WrittenRequest(ChangedRequest):
    """A new request. It must have an organization and a contact, under either of their names."""


@dataclass(frozen=True, slots=True)
class Feed:
    """An integration in a body. Without an id it is new."""

    id: str | None
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """The parsed body of a request.

    Attributes:
        columns: the columns of the request.
        feeds: its integrations; None if the body has none.
        file_uuids: the vendor's ids of its files, in order; None if the body has none.
    """

    columns: Mapping[str, Any]
    feeds: tuple[Feed, ...] | None
    file_uuids: tuple[str, ...] | None


def is_listing(call: Call) -> bool:
    """Whether a POST has only the parameters of a page. The documented curl command lists with POST."""
    return json_object_of(call).keys() <= {"start", "limit"}


def json_object_of(call: Call) -> Mapping[str, Any]:
    """The members of a body.

    Raises:
        UnsupportedMediaType: its media type is not JSON.
        Invalid: it is not a JSON object.
    """
    check_media_type(call)
    return json_object(call).members


def written(call: Call, *, is_new: bool) -> Written:
    """The parsed body of a request.

    Args:
        is_new: whether the members that a new request requires must be present.

    Raises:
        Refusal: 400, members are missing or invalid; all of them are listed.
        UnsupportedMediaType: the media type is not JSON.
        Invalid: it is not a JSON object.
    """
    members = json_object_of(call)
    problems: dict[str, Any] = {}
    columns = _texts(members, REQUEST_NAMES, problems)
    for column, name in _MUST_BE.items():
        if (
            is_new
            and column not in columns
            and not any(REQUEST_NAMES.get(each) == column for each in problems)
        ):
            problems[name] = [REQUIRED]
    read = Written(columns, _feeds(members, problems), _files(members, problems))
    if problems:
        raise Refusal(400, problems)
    return read


def _texts(
    members: Mapping[str, Any], names: Mapping[str, str], problems: dict[str, Any]
) -> dict[str, str | None]:
    """The columns of the given members. A number becomes its digits."""
    columns: dict[str, str | None] = {}
    for name, column in names.items():
        if name not in members or column in columns:
            continue
        value = members[name]
        text = value.text if isinstance(value, Number) else value
        if column in _MUST_BE and text is None:
            problems[name] = [NULL]
        elif column in _MUST_BE and isinstance(text, str) and not text.strip():
            problems[name] = [BLANK]
        elif text is None or isinstance(text, str):
            columns[column] = text
        else:
            problems[name] = [NO_TEXT]
    return columns


def _feeds(members: Mapping[str, Any], problems: dict[str, Any]) -> tuple[Feed, ...] | None:
    name = next((each for each in _INTEGRATIONS if members.get(each) is not None), None)
    if name is None:
        return None
    feeds: list[Feed] = []
    wrong: list[Any] = []
    for each in _items(members, name, problems):
        said: dict[str, Any] = {}
        if isinstance(each, dict):
            id = each.get("record_uuid")
            if id is not None and not isinstance(id, str):
                said["record_uuid"] = [NO_TEXT]
            feeds.append(Feed(id or None, _texts(each, INTEGRATION_NAMES, said)))
        else:
            said["non_field_errors"] = [NO_OBJECT]
        wrong.append(said)
    if any(wrong):
        problems[name] = wrong
    return tuple(feeds)


def _files(members: Mapping[str, Any], problems: dict[str, Any]) -> tuple[str, ...] | None:
    if members.get("uploaded_files") is None:
        return None
    uuids = [
        each.get("uuid") if isinstance(each, dict) else each
        for each in _items(members, "uploaded_files", problems)
    ]
    if any(not isinstance(each, str) for each in uuids):
        problems["uploaded_files"] = [NO_TEXT]
    return tuple(dict.fromkeys(each for each in uuids if isinstance(each, str)))


def _items(members: Mapping[str, Any], name: str, problems: dict[str, Any]) -> list[Any]:
    value = members[name]
    if isinstance(value, list):
        return value
    problems[name] = [NO_LIST]
    return []
