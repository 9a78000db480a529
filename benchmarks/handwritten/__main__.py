"""One endpoint by hand for the benchmark's fixed documents: Starlette, asyncpg, orjson, and nothing between them.

python -m benchmarks.handwritten PORT DATABASE_URL ORGANIZATION_ID POOL_SIZE
"""

import base64
import gc
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks import scenarios
from benchmarks.handwritten.writes import Writes

CHILDREN = 100  # `first` of the document's child lists
REQUEST_COLUMNS = (
    "id, kind, status, org_name, org_contact_full_name, primary_contact_phone, primary_contact_email, "
    "retailer_account_number, supplier_account_number, additional_information, requested_at, created_at, "
    "requester_id"
)
FIRST_PAGE = f"""SELECT {REQUEST_COLUMNS} FROM connection_requests
WHERE organization_id = $1 ORDER BY requested_at DESC, id DESC LIMIT $2"""
NEXT_PAGE = f"""SELECT {REQUEST_COLUMNS} FROM connection_requests
WHERE organization_id = $1 AND (requested_at, id) < ($3, $4) ORDER BY requested_at DESC, id DESC LIMIT $2"""
COUNT = "SELECT count(*) FROM connection_requests WHERE organization_id = $1"
PEOPLE = """SELECT id, first_name, last_name, email, phone, job_title FROM people
WHERE organization_id = $1 AND id = ANY($2::text[])"""
APPROVALS = """SELECT a.connection_request_id, a.id, a.approved_at,
  p.id, p.first_name, p.last_name, p.email, p.phone, p.job_title
FROM approvals a JOIN people p ON p.organization_id = a.organization_id AND p.id = a.person_id
WHERE a.organization_id = $1 AND a.connection_request_id = ANY($2::text[])"""
INTEGRATIONS = """SELECT connection_request_id, id, integration_type, update_frequency,
  feed_source_file_locations, file_specs, rules, created_at
FROM integrations WHERE organization_id = $1 AND connection_request_id = ANY($2::text[])
ORDER BY connection_request_id, position, id"""
FILES = """SELECT a.connection_request_id, f.id, f.name, f.content_type, f.created_at
FROM file_attachments a JOIN files f ON f.organization_id = a.organization_id AND f.id = a.file_id
WHERE a.organization_id = $1 AND a.connection_request_id = ANY($2::text[])
ORDER BY a.connection_request_id, a.position, a.file_id"""
BY_ID = """SELECT id, org_name, status, requested_at FROM connection_requests
WHERE organization_id = $1 AND id = $2"""
CRUX_PAGE = """SELECT id, org_name, org_contact_full_name, primary_contact_phone, primary_contact_email,
  retailer_account_number, supplier_account_number, additional_information, requested_at, status
FROM connection_requests WHERE organization_id = $1 AND kind = 'trading_partner'
ORDER BY requested_at, id LIMIT $2 OFFSET $3"""
CRUX_COUNT = """SELECT count(*) FROM connection_requests
WHERE organization_id = $1 AND kind = 'trading_partner'"""


def global_id(type_name: str, record_id: str) -> str:
    return base64.b64encode(f"{type_name}:{record_id}".encode()).decode()


def place_of(cursor: str) -> tuple[datetime, str]:
    at, _, record_id = base64.b64decode(cursor).decode().partition("|")
    return datetime.fromisoformat(at), record_id


def json_response(content: Any) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json")


def person(record: Any, at: int = 0) -> dict[str, Any]:
    return {
        "id": global_id("Person", record[at]),
        "firstName": record[at + 1],
        "lastName": record[at + 2],
        "email": record[at + 3],
        "phone": record[at + 4],
        "jobTitle": record[at + 5],
    }


def integration(record: Any) -> dict[str, Any]:
    return {
        "node": {
            "id": global_id("Integration", record[1]),
            "uuid": record[1],
            "integrationType": record[2],
            "updateFrequency": record[3],
            "feedSourceFileLocations": record[4],
            "fileSpecs": record[5],
            "rules": record[6],
            "createdAt": record[7],
        }
    }


def file(record: Any) -> dict[str, Any]:
    return {
        "node": {
            "id": global_id("File", record[1]),
            "uuid": record[1],
            "name": record[2],
            "contentType": record[3],
            "createdAt": record[4],
        }
    }


def grouped(records: list[Any], make: Callable[[Any], dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Made objects by the first column, their parent's id."""
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        groups[record[0]].append(make(record))
    return groups


class Endpoint:
    """The routes, over one pool of connections and for one organization."""

    def __init__(self, organization: str) -> None:
        self.pool: asyncpg.Pool
        self.writes: Writes
        self.organization = organization
        self.handlers: dict[str, Callable[[dict[str, Any]], Awaitable[Response]]] = {
            scenarios.PAGE: self.page,
            scenarios.WALK: self.walk,
            scenarios.BY_ID: self.by_id,
            scenarios.TYPENAME: self.typename,
        }

    async def graphql(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        if body["query"] in scenarios.WRITES:
            change = self.writes.create if body["query"] == scenarios.CREATE else self.writes.approve
            key = request.headers["idempotency-key"]
            return json_response({"data": await change(body["variables"]["input"], key)})
        return await self.handlers[body["query"]](body.get("variables") or {})

    async def typename(self, variables: dict[str, Any]) -> Response:
        return json_response({"data": {"__typename": "Query"}})

    async def by_id(self, variables: dict[str, Any]) -> Response:
        record_id = base64.b64decode(variables["id"]).decode().partition(":")[2]
        async with self.pool.acquire() as connection:
            found = await connection.fetchrow(BY_ID, self.organization, record_id)
        shown = found and {
            "id": variables["id"],
            "orgName": found[1],
            "status": found[2].upper(),
            "isApproved": found[2] == "approved",
            "requestedAt": found[3],
        }
        return json_response({"data": {"connectionRequest": shown}})

    async def rows(self, connection: Any, variables: dict[str, Any]) -> tuple[list[Any], bool]:
        first, after = variables["first"], variables.get("after")
        if after is None:
            found = await connection.fetch(FIRST_PAGE, self.organization, first + 1)
        else:
            found = await connection.fetch(NEXT_PAGE, self.organization, first + 1, *place_of(after))
        return found[:first], len(found) > first

    async def walk(self, variables: dict[str, Any]) -> Response:
        async with self.pool.acquire() as connection:
            found, _ = await self.rows(connection, variables)
        cursor = base64.b64encode(f"{found[-1][10].isoformat()}|{found[-1][0]}".encode()).decode()
        return json_response({"data": {"connectionRequests": {"pageInfo": {"endCursor": cursor}}}})

    async def page(self, variables: dict[str, Any]) -> Response:
        # One connection, one statement after the other: it costs less than several connections at once.
        async with self.pool.acquire() as connection:
            found, more = await self.rows(connection, variables)
            ids = [record[0] for record in found]
            requester_ids = list({record[12] for record in found if record[12] is not None})
            total = await connection.fetchval(COUNT, self.organization)
            people = await connection.fetch(PEOPLE, self.organization, requester_ids)
            approvals = await connection.fetch(APPROVALS, self.organization, ids)
            integrations = await connection.fetch(INTEGRATIONS, self.organization, ids)
            files = await connection.fetch(FILES, self.organization, ids)
        people_by_id = {record[0]: person(record) for record in people}
        approvals_by_request = {
            record[0]: {
                "id": global_id("Approval", record[1]),
                "approvedAt": record[2],
                "person": person(record, 3),
            }
            for record in approvals
        }
        integrations_by_request = grouped(integrations, integration)
        files_by_request = grouped(files, file)
        edges = [
            {
                "node": {
                    "id": global_id("ConnectionRequest", record[0]),
                    "uuid": record[0],
                    "kind": record[1].upper(),
                    "status": record[2].upper(),
                    "isApproved": record[2] == "approved",
                    "orgName": record[3],
                    "orgContactFullName": record[4],
                    "primaryContactPhone": record[5],
                    "primaryContactEmail": record[6],
                    "retailerAccountNumber": record[7],
                    "supplierAccountNumber": record[8],
                    "additionalInformation": record[9],
                    "requestedAt": record[10],
                    "createdAt": record[11],
                    "requester": people_by_id.get(record[12]),
                    "approvedBy": approvals_by_request.get(record[0]),
                    "integrations": {"edges": integrations_by_request.get(record[0], [])[:CHILDREN]},
                    "uploadedFiles": {"edges": files_by_request.get(record[0], [])[:CHILDREN]},
                }
            }
            for record in found
        ]
        page_info = {"hasNextPage": more, "hasPreviousPage": variables.get("after") is not None}
        connection_requests = {"totalCount": total, "pageInfo": page_info, "edges": edges}
        return json_response({"data": {"connectionRequests": connection_requests}})

    async def crux_list(self, request: Request) -> Response:
        limit = min(int(request.query_params.get("limit", 50)), 100)
        start = int(request.query_params.get("start", 0))
        async with self.pool.acquire() as connection:
            found = await connection.fetch(CRUX_PAGE, self.organization, limit, start)
            ids = [record[0] for record in found]
            total = await connection.fetchval(CRUX_COUNT, self.organization)
            approvals = await connection.fetch(APPROVALS, self.organization, ids)
            integrations = await connection.fetch(INTEGRATIONS, self.organization, ids)
            files = await connection.fetch(FILES, self.organization, ids)
        integrations_by_request = grouped(integrations, crux_integration)
        files_by_request = grouped(files, lambda record: {"name": record[2], "uuid": record[1]})
        approvals_by_request = {record[0]: crux_approval(record) for record in approvals}
        requests = [
            {
                "integrations": integrations_by_request.get(record[0], []),
                "uploaded_files": files_by_request.get(record[0], []),
                "record_uuid": record[0],
                "org_name": record[1],
                "org_contact_full_name": record[2],
                "primary_contact_phone": record[3],
                "primary_contact_email": record[4],
                **(
                    {"retailer_account_number": record[5]}
                    if record[6] is None
                    else {"supplier_account_number": record[6]}
                ),
                "additional_information": record[7],
                "request_date": record[8].date(),
                "is_approved": record[9] == "approved",
                "approved_by": approvals_by_request.get(record[0]),
            }
            for record in found
        ]
        pagination = {"total_count": total, "start": start, "limit": limit}
        return json_response({"requests": requests, "pagination": pagination})


def crux_integration(record: Any) -> dict[str, Any]:
    return {
        "record_uuid": record[1],
        "integration_type": record[2],
        "update_frequency": record[3],
        "feed_source_file_locations": record[4],
        "file_specs": record[5],
        "rules": record[6],
        "date_created": record[7].date(),
    }


def crux_approval(record: Any) -> dict[str, Any]:
    return {
        "uuid": record[1],
        "person": {
            "uuid": record[3],
            "first_name": record[4],
            "last_name": record[5],
            "email": record[6],
            "phone": record[7],
            "job_title": record[8],
        },
    }


async def keep(connection: Any) -> None:
    """Nothing outlives a statement here, so a released connection needs no reset round trip."""


def main() -> None:
    port, url, organization, pool = sys.argv[1:]
    endpoint = Endpoint(organization)
    # What lives as long as the process is not traversed again, and short-lived rows fill generations more slowly.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=1, max_size=int(pool), reset=keep) as endpoint.pool:
            endpoint.writes = await Writes.of(endpoint.pool, organization)
            yield

    routes = [
        Route("/graphql", endpoint.graphql, methods=["POST"]),
        Route("/organizations/connections/request/", endpoint.crux_list),
    ]
    uvicorn.run(
        Starlette(routes=routes, lifespan=lifespan),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
