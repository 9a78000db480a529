"""Connected accounts that resulted from requests: shops with their customers, and accounts at services."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from gateway.db import tables as db
from gateway.db.tables import ConnectedAccountKind, ConnectedAccountStatus, ConnectionRequestStatus
from gateway.events.log import OPERATOR, Event, Past
from gateway.synthetic.explorer import texts
from gateway.synthetic.explorer.cast import Company
from gateway.synthetic.explorer.requests import AskedFor, Scene
from gateway.synthetic.explorer.story import Moment
from gateway.synthetic.rows import Fields

SHOPS: Final = ("shopify", "woocommerce", "bigcommerce", "magento", "prestashop")
CONNECTORS: Final = {
    "airtable": "Airtable",
    "google-drive": "Google Drive",
    "hubspot": "HubSpot",
    "quickbooks": "QuickBooks",
    "salesforce": "Salesforce",
    "slack": "Slack",
    "stripe": "Stripe",
    "xero": "Xero",
}
WITHOUT_OAUTH: Final = ("airtable", "stripe")
"""Connectors whose accounts are connected with a key instead of OAuth."""

WITH_ACCOUNT: Final = 0.34
"""The share of approved trading partners with a connected account."""

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HEALTHY, _ERROR = ConnectedAccountStatus.HEALTHY.value, ConnectedAccountStatus.ERROR.value


def connect_accounts(scene: Scene, requests: Sequence[AskedFor], begun: datetime) -> None:
    """Connect accounts of approved partners, shops and services in turn.

    Args:
        scene: where the story is written.
        requests: all requests, the oldest first.
        begun: when the organization began.
    """
    configs = {name: _config(scene, name, begun) for name in CONNECTORS}
    _name_connectors(scene, begun)
    number = 0
    for asked in requests:
        is_approved = asked.row["status"] == ConnectionRequestStatus.APPROVED
        if asked.company is None or not is_approved or not scene.draws.chance(WITH_ACCOUNT):
            continue
        at = scene.draws.later(asked.at + timedelta(minutes=5), 1.5)
        if at >= scene.until:
            continue
        if scene.draws.chance(0.5):
            number += 1
            _connect(scene, asked, at, _shop(scene, asked.company, number))
            _buyers(scene, at)
        else:
            _connect(scene, asked, at, _account(scene, asked.company, at, configs))


def _name_connectors(scene: Scene, begun: datetime) -> None:
    common = {"stage": "ga", "platforms": '["web"]'}
    for name, shown in CONNECTORS.items():
        auth_type = "API_KEY" if name in WITHOUT_OAUTH else "OAUTH2"
        row = {"id": name, "display_name": shown, "auth_type": auth_type, **common}
        scene.story.make(db.connectors, begun, row)
    data = {"rows": {"connectors": {"inserted": len(CONNECTORS)}}}
    event = Event("connectors.imported", "connectors", data=data)
    scene.story.moments.append(Moment(event, Past(begun, None, OPERATOR.door)))


def _connect(scene: Scene, asked: AskedFor, at: datetime, columns: Fields) -> None:
    story, by = scene.story, asked.row["requester_id"]
    row = {
        "id": scene.draws.new_id(at),
        "connection_request_id": asked.row["id"],
        "status": _HEALTHY,
        "last_synced_at": max(at, scene.until - timedelta(minutes=int(scene.draws.random.random() * 600))),
        **columns,
    }
    story.tell("connected_account.created", at, story.make(db.connected_accounts, at, row), by=by)
    failed_at = scene.draws.later(scene.until - timedelta(days=6), 6)
    if failed_at > at and scene.draws.chance(0.13):
        values = {"status": _ERROR, "status_message": scene.draws.pick(texts.FAILURES)}
        changed = story.change(db.connected_accounts, failed_at, row["id"], values)
        story.tell("connected_account.updated", failed_at, changed, by=by)


def _shop(scene: Scene, company: Company, number: int) -> Fields:
    return {
        "kind": ConnectedAccountKind.COMMERCE.value,
        "number": number,
        "service": scene.draws.pick(SHOPS),
        "external_id": f"shop.{company.domain}",
        "name": company.name,
        "is_internal": False,
        "is_syncing": scene.draws.chance(0.05),
        "link_url": f"https://shop.{company.domain}/",
        "list_id": str(number % 7),
    }


def _buyers(scene: Scene, at: datetime) -> None:
    """Customers of the shop that was connected last."""
    shop, story = scene.story.rows[db.connected_accounts][-1], scene.story
    numbered = len(story.rows.get(db.commerce_customers, ()))
    for number in range(numbered + 1, numbered + 1 + scene.draws.pick((1, 2, 3))):
        row = {
            "id": scene.draws.new_id(at),
            "number": number,
            "connected_account_id": shop["id"],
            "external_id": scene.draws.number(6),
            "email": f"buyer{number}@post.example",
            "accepts_marketing": scene.draws.chance(0.4),
        }
        made = story.make(db.commerce_customers, at, row)
        story.tell("commerce_customer.created", at, made, door="ACTIVECAMPAIGN")


def _account(scene: Scene, company: Company, at: datetime, configs: dict[str, str]) -> Fields:
    story, service = scene.story, scene.draws.pick(list(CONNECTORS))
    customer_id = f"partner-{company.domain.removesuffix('.example')}"
    metadata = _json({"company": company.name, "contact": company.contact})
    customer = story.make(db.customers, at, {"id": customer_id, "metadata": metadata})
    story.tell("customer.created", at, customer, door="OPENINT")
    token = f"example-{scene.draws.number(8)}-is-no-secret"
    return {
        "kind": ConnectedAccountKind.CONNECTOR.value,
        "external_ref": f"conn_{service}_{_ulid(scene, at)}",
        "service": service,
        "name": f"{company.name} at {CONNECTORS[service]}",
        "is_internal": False,
        "is_syncing": False,
        "customer_id": customer_id,
        "connector_config_id": configs[service],
        "disabled": False,
        "metadata": _json({"team": scene.draws.pick(("fresh", "ambient", "home"))}),
        "settings": _json(_settings(service, token, customer_id)),
    }


def _settings(service: str, token: str, customer_id: str) -> dict[str, Any]:
    """The settings of an account, in the form of the connector's schema (OpenInt's OpenAPI document)."""
    if service == "airtable":
        return {"apiKey": token, "airtableBase": f"base-{customer_id}"}
    if service == "stripe":
        return {"secretKey": token}
    settings: dict[str, Any] = {
        "oauth": {"credentials": {"access_token": token, "token_type": "bearer", "scope": "read"}}
    }
    if service == "salesforce":
        settings["instance_url"] = f"https://{customer_id}.my.salesforce.example"
    return settings


def _config(scene: Scene, name: str, begun: datetime) -> str:
    """The organization's configuration of a connector; returns its id."""
    config_id = f"ccfg_{name}_{_ulid(scene, begun)}"
    row = {
        "id": config_id,
        "connector_name": name,
        "display_name": CONNECTORS[name],
        "disabled": False,
        "config": _json({} if name in WITHOUT_OAUTH else {"oauth": {"client_id": f"halyard-{name}"}}),
    }
    made = scene.story.make(db.connector_configs, begun, row)
    scene.story.tell("connector_config.created", begun, made, door="OPENINT")
    return config_id


def _ulid(scene: Scene, at: datetime) -> str:
    """A ULID (https://github.com/ulid/spec) for this instant."""
    number = int(at.timestamp() * 1000) << 80 | scene.draws.random.getrandbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
