"""Webhooks: where an organization wants its events sent, how far that has come, and how each attempt went."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index

from gateway.db.tables.columns import PLAIN, SEALED, URL, closed, ordered, tenant_table, version
from gateway.db.tables.enums import WebhookDisabledReason, WebhookOutcome
from gateway.db.types import BigInt, Boolean, OrderedText, Text, Timestamp

webhook_endpoints = tenant_table(
    "webhook_endpoints",
    Column("url", OrderedText, nullable=False, info=URL),
    Column("types", Text, nullable=False, info=PLAIN),  # of events, separated by one space; empty for all
    Column("disabled_at", Timestamp),
    Column("disabled_reason", OrderedText, info=PLAIN),
    # the cursor behind which it has missed events, being disabled; null where it has missed none
    Column("undelivered_after", OrderedText, info=PLAIN),
    version(),
    closed("disabled_reason", WebhookDisabledReason),
    CheckConstraint("(disabled_at IS NULL) = (disabled_reason IS NULL)", name="disabled_for_a_reason"),
    type="WebhookEndpoint",
)
ordered(webhook_endpoints, "created_at")


def _of_endpoint(column: str) -> ForeignKeyConstraint:
    """The column that names the endpoint, with which the rows go."""
    return ForeignKeyConstraint(
        ("organization_id", column), list(webhook_endpoints.primary_key), ondelete="CASCADE"
    )


webhook_secrets = tenant_table(
    "webhook_secrets",  # that sign what is sent to an endpoint, each by itself
    Column("endpoint_id", OrderedText, nullable=False),
    Column("secret", Text, nullable=False, info=SEALED),  # `whsec_` and 256 random bits, base64
    Column("expires_at", Timestamp),  # null for the one that receivers are to have
    _of_endpoint("endpoint_id"),
)
Index("ix_webhook_secrets_endpoint_id", webhook_secrets.c.organization_id, webhook_secrets.c.endpoint_id)

webhook_positions = tenant_table(
    "webhook_positions",  # of endpoints, by their ids, in their organization's event log
    # Every event up to this one was delivered, given up, not wanted, or is among the deliveries.
    Column("event_id", BigInt, nullable=False),
    Column("mark", BigInt, nullable=False),  # the event's
    # when the first of the attempts failed since one went well; null where the last one did
    Column("failing_since", Timestamp),
    Column("next_attempt_at", Timestamp),  # the first of those of the deliveries; null without any
    # whether so many deliveries are there that no more events are looked at
    Column("is_full", Boolean, nullable=False),
    _of_endpoint("id"),
)

webhook_leases = tenant_table(
    "webhook_leases",  # of endpoints, by their ids, to which a process is delivering
    Column("holder", OrderedText, nullable=False, info=PLAIN),
    Column("until", Timestamp, nullable=False),
    _of_endpoint("id"),
)

webhook_deliveries = tenant_table(
    "webhook_deliveries",  # that are to be tried again, or wait for another one of their subject
    Column("endpoint_id", OrderedText, nullable=False),
    Column("event_id", BigInt, nullable=False),
    Column("mark_before", BigInt, nullable=False),  # of the event before that one
    Column("subject", OrderedText, nullable=False, info=PLAIN),  # table and id, separated by a colon
    Column("attempts", BigInt, nullable=False),
    Column("first_attempt_at", Timestamp),  # null before there was any
    Column("next_attempt_at", Timestamp),  # null while another one of its subject has to come first
    _of_endpoint("endpoint_id"),
)
Index(
    "ix_webhook_deliveries_endpoint_id",
    *(webhook_deliveries.c[name] for name in ("organization_id", "endpoint_id", "event_id")),
    unique=True,
)

webhook_attempts = tenant_table(
    "webhook_attempts",  # the log of what was sent; none of it is kept
    Column("endpoint_id", OrderedText, nullable=False),
    Column("webhook_id", OrderedText, nullable=False, info=PLAIN),  # the event's cursor
    Column("event_id", BigInt, nullable=False),
    Column("event_type", OrderedText, nullable=False, info=PLAIN),
    Column("number", BigInt, nullable=False),  # which one of its event's, from 1
    Column("outcome", OrderedText, nullable=False, info=PLAIN),
    Column("status", BigInt),  # of HTTP; null where there was no answer
    Column("error", OrderedText, info=PLAIN),  # why there was none, in a word
    Column("duration_ms", BigInt, nullable=False),
    Column("next_attempt_at", Timestamp),
    closed("outcome", WebhookOutcome),
    _of_endpoint("endpoint_id"),
    type="WebhookAttempt",
)
ordered(webhook_attempts, "endpoint_id", "created_at")
Index("ix_webhook_attempts_created_at", webhook_attempts.c.created_at)
