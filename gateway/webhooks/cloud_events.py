"""Events as CloudEvents 1.0 in JSON, in structured mode.

Sources: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md, and `sequence` of
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/sequence.md.
"""

from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from gateway.db import tables as db
from gateway.resolvers.event_log import Happened, public_members, public_type
from gateway.schema.node import global_id

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
"""The media type of structured mode (CloudEvents' HTTP binding, section 3.2). Standard Webhooks requires none."""

LARGEST: Final = 64 << 10
"""Bytes that every intermediary must accept (CloudEvents 1.0, "Size Limits"). A larger event loses its changes."""

_GRAPHQL: Final = "/graphql"
_LINKED: Final = "{node(id:%s){__typename id}}"


def rendered(happened: Happened, organization_id: str, public_url: str) -> bytes:
    """An event in the form in which it is sent: what the audit log shows, without secrets.

    Args:
        happened: the event as an administrator without the scope `secrets` sees it.
        organization_id: the organization of the event.
        public_url: the URL under which callers reach the gateway; empty if it is not configured.
    """
    graphql = public_url.rstrip("/") + _GRAPHQL
    changes = happened.changes and [
        {
            "type": public_type(each.table),
            "uuid": each.id,
            "before": public_members(each.before),
            "after": public_members(each.after),
        }
        for each in happened.changes
    ]
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": happened.cursor,
        "source": f"{graphql}#{quote(organization_id, safe='')}",
        "type": happened.type,
        "time": happened.occurred_at,
        "datacontenttype": "application/json",
        "sequence": f"{happened.id:020}",
        "data": {
            "organizationId": global_id(organization_id, type_name="Organization"),
            **_subject(happened, graphql),
            "door": happened.door,
            "actor": {
                "personId": _global_id("people", happened.person_id),
                "tokenId": _global_id("api_tokens", happened.token_id),
            },
            "changes": changes,
            "changesLeftOut": False,
        },
    }
    if happened.subject_id is not None:
        event["subject"] = f"{public_type(happened.subject_type)}/{quote(happened.subject_id, safe='')}"
    body = _dumped(event)
    if len(body) > LARGEST and changes:
        event["data"] |= {"changes": None, "changesLeftOut": True}
        body = _dumped(event)
    return body


def _subject(happened: Happened, graphql: str) -> dict[str, Any]:
    """The subject of an event: one object, or many objects of some types."""
    row_id = happened.subject_id
    if row_id is None:
        counts = happened.counts and [
            {"type": public_type(table), **{name: number.get(name, 0) for name in _COUNTED}}
            for table, number in happened.counts.items()
        ]
        types = None if happened.tables is None else sorted(map(public_type, happened.tables))
        return {"node": None, "link": None, "resync": True, "types": types, "counts": counts}
    found = _global_id(happened.subject_type, row_id)
    node = {"type": public_type(happened.subject_type), "id": found, "uuid": row_id}
    link = None
    if found is not None:
        link = f"{graphql}?{urlencode({'query': _LINKED % orjson.dumps(found).decode()})}"
    return {"node": node, "link": link, "resync": False, "types": None, "counts": None}


_COUNTED: Final = ("inserted", "updated", "removed")


def _global_id(table: str, row_id: str | None) -> str | None:
    """The global id of a row; None where the graph has no such type."""
    type_name = public_type(table)
    if row_id is None or type_name not in db.NODES:
        return None
    return global_id(row_id, type_name=type_name)


def _dumped(event: dict[str, Any]) -> bytes:
    return orjson.dumps(event, option=orjson.OPT_UTC_Z)
