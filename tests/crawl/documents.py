"""A document of each vendor with a value in every member, and the same with a secret in every member that takes one."""

import json
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]

MARK = "S3CRET"
FORMS: tuple[Callable[[str], str], ...] = (
    lambda mark: f"ftp://u:{mark}@host",
    lambda mark: f"https://host/p?token={mark}",
    lambda mark: f'{{"password":"{mark}"}}',
    lambda mark: f"https:\\/\\/u:{mark}@host\\/x",
    lambda mark: f"https://hooks.slack.com/services/T0/B0/{mark}",
    lambda mark: f"ftp://u:a {mark}@host",
)

UNKNOWN = {"unknown": "x", "more": {"list": ["x", {"deep": "x"}], "text": "x"}}
"""Members that no vendor has."""

PERSON = {"first_name": "A", "last_name": "B", "email": "c", "phone": "d", "job_title": "e"}
REQUEST = {
    "integrations": [
        {
            "record_uuid": "i1",
            "integration_type": "items",
            "update_frequency": "0 6 * * *",
            "feed_source_file_locations": "a",
            "file_specs": "b",
            "rules": "c",
            "date_created": "2018-04-09",
            **UNKNOWN,
        }
    ],
    "uploaded_files": [{"name": "f", "uuid": "f1", **UNKNOWN}],
    "record_uuid": "r1",
    "org_name": "a",
    "org_contact_full_name": "b",
    "primary_contact_phone": "c",
    "primary_contact_email": "d",
    "supplier_account_number": "e",
    "retailer_account_number": "f",
    "additional_information": "g",
    "request_date": "2018-04-09",
    "is_approved": True,
    "approved_by": {"uuid": "a1", "person": {"uuid": "p1", **PERSON, **UNKNOWN}, **UNKNOWN},
    **UNKNOWN,
}
ACCESS = {
    "id": "q1",
    "organization_id": "o",
    "created_at": "2021-01-06T20:00:00.000Z",
    "updated_at": "2021-01-06T20:00:00.000Z",
    "requester_id": "u1",
    "target_user_id": "u2",
    "target_group_id": "g1",
    "status": "pending",
    "reason": "a",
    "duration_minutes": 60,
    "requested_items_list": [
        {
            "resource_id": "a",
            "group_id": "b",
            "access_level_name": "c",
            "access_level_remote_id": "d",
            "name": "e",
            "remote_id": "f",
            "remote_name": "g",
            **UNKNOWN,
        }
    ],
    "request_comments": [
        {
            "id": "c1",
            "created_at": "2021-01-06T20:00:00.000Z",
            "updated_at": "2021-01-06T20:00:00.000Z",
            "request_id": "q1",
            "user_id": "u1",
            "comment": "a",
            **UNKNOWN,
        }
    ],
    **UNKNOWN,
}
COMMERCE = {
    "service": "a",
    "externalid": "b",
    "name": "c",
    "isInternal": "0",
    "status": "1",
    "syncStatus": "0",
    "lastSync": "2017-02-02T13:09:07-06:00",
    "logoUrl": "d",
    "linkUrl": "e",
    "listId": "f",
    "cdate": "2017-02-02T13:09:07-06:00",
    "udate": "2017-02-02T13:09:12-06:00",
    "links": {"customers": "g"},
    "id": "1",
    **UNKNOWN,
}
CONNECTION = {
    "id": "conn_x_1",
    "customer_id": "a",
    "connector_config_id": "ccfg_x_1",
    "integration_id": "int_x_1",
    "status_message": "b",
    "created_at": "2025-04-30 06:40:42.870726+00",
    "updated_at": "2025-04-30 06:40:42.870726+00",
    "display_name": "c",
    "disabled": False,
    "status": "healthy",
    "metadata": {"a": "b", "list": ["c", {"d": "e"}]},
    "connector_name": "x",
    "settings": {"access": "a", "b": {"c": "d"}},
    "connector": {
        "name": "x",
        "display_name": "a",
        "logo_url": "b",
        "stage": "ga",
        "platforms": ["web"],
        "schemas": {"connector_config": {"type": "object", "default": "a"}},
        "auth_type": "OAUTH2",
        "required_scopes": ["a"],
        "openint_default_scopes": ["b"],
        "openint_allowed_scopes": ["c"],
        "scopes": [{"scope": "a", "display_name": "b", "description": "c"}],
        "has_openint_credentials": True,
        **UNKNOWN,
    },
    "integration": {
        "id": "int_x_1",
        "standard": {"name": "a"},
        "external": {"shop": "b"},
        "created_at": "2025-04-01 00:00:00+00",
        "updated_at": "2025-04-01 00:00:00+00",
        "connector_name": "x",
        "name": "c",
        "logo_url": "d",
        "stage": "e",
        "platforms": ["f"],
        "category": "g",
        "auth_type": "h",
        "version": "i",
        **UNKNOWN,
    },
    **UNKNOWN,
}

DOCUMENTS = {"crux": REQUEST, "opal": ACCESS, "activecampaign": COMMERCE, "openint": CONNECTION}

REFUSED = {
    "crux": {
        *(
            "integrations.0.record_uuid",
            "integrations.0.date_created",
            "uploaded_files.0.uuid",
            "record_uuid",
        ),
        *("request_date", "is_approved", "approved_by.uuid", "approved_by.person.uuid"),
    },
    "opal": {
        *("id", "created_at", "updated_at", "requester_id", "target_user_id", "status", "duration_minutes"),
        *("request_comments.0.id", "request_comments.0.created_at", "request_comments.0.updated_at"),
        "request_comments.0.user_id",
    },
    "activecampaign": {"id"},
    "openint": {
        *("id", "created_at", "updated_at", "connector_name", "connector.name", "integration.id"),
        *("integration.created_at", "integration.updated_at", "integration_id", "disabled"),
    },
}
"""Members that no import takes a text like this in: ids, times, and what is no text."""


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths to all that is neither an object nor a list."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list):
        yield path
    for key, each in inner:
        yield from leaves(each, (*path, key))


def written(path: Path) -> str:
    return ".".join(map(str, path))


def with_secrets(document: Any, texts: dict[Path, str]) -> Any:
    """A copy of a document with other texts at these paths."""
    made = json.loads(json.dumps(document))  # what is one object in Python comes several times
    for path, text in texts.items():
        inner = made
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = text
    return made
