"""Every table, by subject. A column is stated here and nowhere else in storage."""

from gateway.db.tables.accounts import (
    CATALOGUE,
    account_leases,
    commerce_customers,
    connected_accounts,
    connector_configs,
    connector_integrations,
    connectors,
    customers,
)
from gateway.db.tables.columns import metadata
from gateway.db.tables.enums import (
    ConnectedAccountKind,
    ConnectedAccountStatus,
    ConnectionRequestKind,
    ConnectionRequestStatus,
    DecisionOutcome,
    OrganizationKind,
    WebhookDisabledReason,
    WebhookOutcome,
)
from gateway.db.tables.idempotency import idempotency_keys
from gateway.db.tables.log import child_counters, counters, data_versions, events, search_words
from gateway.db.tables.organizations import api_tokens, login_attempts, organizations, passwords, people
from gateway.db.tables.requests import (
    approvals,
    comments,
    connection_requests,
    decisions,
    file_attachments,
    files,
    integrations,
    requested_items,
)
from gateway.db.tables.uploads import file_uploads, signing_keys
from gateway.db.tables.webhooks import (
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
    webhook_leases,
    webhook_positions,
    webhook_secrets,
)

__all__ = [
    "CATALOGUE",
    "CHILD_OF",
    "COUNTED",
    "COUNTED_CHILDREN",
    "NODES",
    "ConnectedAccountKind",
    "ConnectedAccountStatus",
    "ConnectionRequestKind",
    "ConnectionRequestStatus",
    "DecisionOutcome",
    "OrganizationKind",
    "WebhookDisabledReason",
    "WebhookOutcome",
    "account_leases",
    "api_tokens",
    "approvals",
    "child_counters",
    "comments",
    "commerce_customers",
    "connected_accounts",
    "connection_requests",
    "connector_configs",
    "connector_integrations",
    "connectors",
    "counters",
    "customers",
    "data_versions",
    "decisions",
    "events",
    "file_attachments",
    "file_uploads",
    "files",
    "idempotency_keys",
    "integrations",
    "login_attempts",
    "metadata",
    "organizations",
    "passwords",
    "people",
    "requested_items",
    "search_words",
    "signing_keys",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_leases",
    "webhook_positions",
    "webhook_secrets",
]

NODES = {table.info["type"]: table for table in metadata.sorted_tables if "type" in table.info}
COUNTED = (connection_requests, integrations, files, people, connected_accounts)

CHILD_OF = "connection_request_id"
COUNTED_CHILDREN = (integrations, file_attachments, comments, requested_items, connected_accounts)
