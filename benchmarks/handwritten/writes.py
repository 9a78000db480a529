"""The benchmark's two mutations by hand: one transaction each, with what the gateway's has to have.

That is the rows themselves, an event behind the organization's last one, counters, and an idempotency key with what it
came to, all of them visible at once and in an order in which no two writers wait for each other for ever.
"""

import base64
import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
import uuid_utils

CLAIM = """INSERT INTO idempotency_keys (organization_id, id, created_at, updated_at, fingerprint, outcome, expires_at)
VALUES ($1, $2, $3, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id"""
KEPT = "SELECT fingerprint, outcome FROM idempotency_keys WHERE organization_id = $1 AND id = $2"
REQUEST = """INSERT INTO connection_requests (organization_id, id, created_at, updated_at, kind, org_name, status,
  requester_id, requested_at, holds_credential, version)
VALUES ($1, $2, $3, $3, 'trading_partner', $4, 'pending', $5, $3, false, 1)"""
WORDS = """INSERT INTO search_words (organization_id, table_name, word, row_id)
SELECT $1::text, 'connection_requests', word, $2::text FROM unnest($3::text[]) AS word"""
INTEGRATIONS = """INSERT INTO integrations (organization_id, id, created_at, updated_at, connection_request_id,
  position, integration_type, update_frequency, rules, holds_credential, version)
SELECT $1::text, id, $2::timestamptz, $2, $3::text, place - 1, type, frequency, rules, false, 1
FROM unnest($4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY AS t (id, type, frequency, rules, place)"""
PENDING = (
    """SELECT status FROM connection_requests WHERE organization_id = $1 AND id = $2 FOR NO KEY UPDATE"""
)
APPROVED = """UPDATE connection_requests SET status = 'approved', updated_at = $3, version = version + 1
WHERE organization_id = $1 AND id = $2"""
DECISION = """INSERT INTO decisions (organization_id, id, created_at, updated_at, connection_request_id, outcome,
  decided_at, person_id, comment) VALUES ($1, $2, $3, $3, $4, 'approved', $3, $5, $6)"""
APPROVAL = """INSERT INTO approvals (organization_id, id, created_at, updated_at, connection_request_id, person_id,
  approved_at) VALUES ($1, $2, $3, $3, $4, $5, $3)"""
EVENT = """WITH moved AS (
  INSERT INTO data_versions (organization_id, event_id, mark) VALUES ($1, 1, $2)
  ON CONFLICT (organization_id) DO UPDATE SET event_id = data_versions.event_id + 1, mark = excluded.mark
  RETURNING event_id)
INSERT INTO events (organization_id, id, type, subject_type, subject_id, person_id, door, data, changes, occurred_at,
  mark)
SELECT $1::text, event_id, $3, 'connection_requests', $4, $5, 'GRAPHQL', '{}', $6, $7, $2 FROM moved"""
COUNT = """INSERT INTO counters (organization_id, table_name, kind, status, n)
SELECT $1::text, name, kind, status, n
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS t (name, kind, status, n)
ON CONFLICT (organization_id, table_name, kind, status) DO UPDATE SET n = counters.n + excluded.n"""
PERSON = "SELECT id, first_name FROM people WHERE organization_id = $1 ORDER BY id LIMIT 1"

NO_CRON = re.compile(r"[^\d\s*/,A-Za-z?#-]")


class Writes:
    """Changes of one organization, made as one of its people."""

    def __init__(self, pool: asyncpg.Pool, organization: str, person: Any) -> None:
        self._pool = pool
        self._organization = organization
        self._person = person

    @classmethod
    async def of(cls, pool: asyncpg.Pool, organization: str) -> "Writes":
        return cls(pool, organization, await pool.fetchrow(PERSON, organization))

    async def create(self, given: dict[str, Any], key: str) -> dict[str, Any]:
        """Ask for a connection with its integrations."""
        feeds = given["integrations"]
        errors = [
            {
                "code": "BAD_USER_INPUT",
                "message": "This is no cron.",
                "path": ["integrations", str(place), "updateFrequency"],
            }
            for place, each in enumerate(feeds)
            if NO_CRON.search(each["updateFrequency"])
        ]
        if errors:
            return {"createConnectionRequest": {"connectionRequest": None, "errors": errors}}
        request_id, at = str(uuid_utils.uuid7()), datetime.now(UTC)
        ids = [str(uuid_utils.uuid7()) for _ in feeds]
        async with self._pool.acquire() as connection, connection.transaction():
            if (kept := await self._claim(connection, "create", key, given, request_id, at)) is not None:
                request_id = kept
            else:
                await connection.execute(
                    REQUEST, self._organization, request_id, at, given["orgName"], self._person[0]
                )
                words = sorted(set(given["orgName"].lower().split()))
                await connection.execute(WORDS, self._organization, request_id, words)
                await connection.execute(
                    *(INTEGRATIONS, self._organization, at, request_id),
                    ids,
                    [each["integrationType"] for each in feeds],
                    [each["updateFrequency"] for each in feeds],
                    [each["rules"] for each in feeds],
                )
                counts = (
                    ["connection_requests", "integrations"],
                    ["trading_partner", ""],
                    ["pending", ""],
                    [1, len(feeds)],
                )
                request = {"org_name": given["orgName"], "status": "pending", "requested_at": at}
                changes = [
                    ["connection_requests", request_id, None, request],
                    *(["integrations", id_, None, each] for id_, each in zip(ids, feeds, strict=True)),
                ]
                await self._tell(connection, "connection_request.created", request_id, at, changes, counts)
        shown = {
            "orgName": given["orgName"],
            "status": "PENDING",
            "integrations": {"nodes": [dict(each) for each in feeds]},
        }
        return {"createConnectionRequest": {"connectionRequest": shown, "errors": []}}

    async def approve(self, given: dict[str, Any], key: str) -> dict[str, Any]:
        """Approve a request that is pending."""
        request_id, at = base64.b64decode(given["id"]).decode().partition(":")[2], datetime.now(UTC)
        async with self._pool.acquire() as connection, connection.transaction():
            if await self._claim(connection, "approve", key, given, request_id, at) is None:
                status = await connection.fetchval(PENDING, self._organization, request_id)
                if status != "pending":
                    raise LookupError(f"The request is {status}.")
                await connection.execute(APPROVED, self._organization, request_id, at)
                decision_id, approval_id = str(uuid_utils.uuid7()), str(uuid_utils.uuid7())
                await connection.execute(
                    *(DECISION, self._organization, decision_id, at, request_id),
                    *(self._person[0], given["comment"]),
                )
                await connection.execute(
                    *(APPROVAL, self._organization, approval_id, at, request_id),
                    self._person[0],
                )
                counts = (
                    ["connection_requests", "connection_requests"],
                    ["trading_partner", "trading_partner"],
                    ["approved", "pending"],
                    [1, -1],
                )
                made = {"person_id": self._person[0], "comment": given["comment"], "decided_at": at}
                changes = [
                    ["connection_requests", request_id, {"status": "pending"}, {"status": "approved"}],
                    ["decisions", decision_id, None, made],
                    ["approvals", approval_id, None, {"person_id": self._person[0], "approved_at": at}],
                ]
                await self._tell(connection, "connection_request.approved", request_id, at, changes, counts)
        decision = {
            "outcome": "APPROVED",
            "comment": given["comment"],
            "decidedBy": {"firstName": self._person[1]},
        }
        shown = {"status": "APPROVED", "isApproved": True, "decision": decision}
        return {"approveConnectionRequest": {"connectionRequest": shown, "errors": []}}

    async def _claim(
        self, connection: Any, operation: str, key: str, given: dict[str, Any], outcome: str, at: datetime
    ) -> str | None:
        """Keep a key with the id that its change comes to; the id that is kept where it was made before."""
        name = hashlib.sha256(orjson.dumps([self._organization, operation, key])).hexdigest()
        fingerprint = hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
        claimed = await connection.fetchval(
            CLAIM, self._organization, name, at, fingerprint, outcome, at + timedelta(hours=24)
        )
        if claimed is not None:
            return None
        kept = await connection.fetchrow(KEPT, self._organization, name)
        if kept[0] != fingerprint:
            raise LookupError("The key stands for another change.")
        return str(kept[1])

    async def _tell(
        self, connection: Any, type_: str, request_id: str, at: datetime, changes: list[Any], counts: Any
    ) -> None:
        """Append an event behind the last one, whose row is the lock of the log, and count."""
        told = orjson.dumps(changes, option=orjson.OPT_UTC_Z).decode()
        await connection.execute(
            *(EVENT, self._organization, secrets.randbits(63), type_, request_id, self._person[0], told, at)
        )
        await connection.execute(COUNT, self._organization, *counts)
