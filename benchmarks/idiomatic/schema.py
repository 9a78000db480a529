"""The schema as Strawberry's documentation teaches it: relay nodes, relay.connection, loaders in the context."""

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any, Self

import strawberry
from sqlalchemy import func, select, tuple_
from strawberry import relay
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from benchmarks.idiomatic import entities
from benchmarks.idiomatic.loaders import Context

Info = strawberry.Info[Context, None]


@strawberry.enum
class ConnectionRequestKind(Enum):
    TRADING_PARTNER = "trading_partner"
    ACCESS = "access"


@strawberry.enum
class ConnectionRequestStatus(Enum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    CANCELED = "canceled"


@strawberry.type
class Person(relay.Node):
    uuid: relay.NodeID[str]
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    job_title: str | None

    @classmethod
    def of(cls, entity: entities.Person) -> Self:
        return cls(
            uuid=entity.id,
            first_name=entity.first_name,
            last_name=entity.last_name,
            email=entity.email,
            phone=entity.phone,
            job_title=entity.job_title,
        )


@strawberry.type
class Approval(relay.Node):
    uuid: relay.NodeID[str]
    approved_at: datetime | None
    person_id: strawberry.Private[str]

    @classmethod
    def of(cls, entity: entities.Approval) -> Self:
        return cls(uuid=entity.id, approved_at=entity.approved_at, person_id=entity.person_id)

    @strawberry.field
    async def person(self, info: Info) -> Person:
        return Person.of(await info.context.people.load(self.person_id))


@strawberry.type
class Integration(relay.Node):
    record_id: relay.NodeID[str]
    uuid: str
    integration_type: str
    update_frequency: str | None
    feed_source_file_locations: str | None
    file_specs: str | None
    rules: str | None
    created_at: datetime

    @classmethod
    def of(cls, entity: entities.Integration) -> Self:
        return cls(
            record_id=entity.id,
            uuid=entity.id,
            integration_type=entity.integration_type,
            update_frequency=entity.update_frequency,
            feed_source_file_locations=entity.feed_source_file_locations,
            file_specs=entity.file_specs,
            rules=entity.rules,
            created_at=entity.created_at,
        )


@strawberry.type
class File(relay.Node):
    record_id: relay.NodeID[str]
    uuid: str
    name: str
    content_type: str | None
    created_at: datetime

    @classmethod
    def of(cls, entity: entities.File) -> Self:
        return cls(
            record_id=entity.id,
            uuid=entity.id,
            name=entity.name,
            content_type=entity.content_type,
            created_at=entity.created_at,
        )


@strawberry.type
class ConnectionRequest(relay.Node):
    record_id: relay.NodeID[str]
    uuid: str
    kind: ConnectionRequestKind
    status: ConnectionRequestStatus
    org_name: str | None
    org_contact_full_name: str | None
    primary_contact_phone: str | None
    primary_contact_email: str | None
    retailer_account_number: str | None
    supplier_account_number: str | None
    additional_information: str | None
    requested_at: datetime
    created_at: datetime
    requester_id: strawberry.Private[str | None]

    @classmethod
    def of(cls, entity: entities.ConnectionRequest) -> Self:
        return cls(
            record_id=entity.id,
            uuid=entity.id,
            kind=ConnectionRequestKind(entity.kind),
            status=ConnectionRequestStatus(entity.status),
            org_name=entity.org_name,
            org_contact_full_name=entity.org_contact_full_name,
            primary_contact_phone=entity.primary_contact_phone,
            primary_contact_email=entity.primary_contact_email,
            retailer_account_number=entity.retailer_account_number,
            supplier_account_number=entity.supplier_account_number,
            additional_information=entity.additional_information,
            requested_at=entity.requested_at,
            created_at=entity.created_at,
            requester_id=entity.requester_id,
        )

    @strawberry.field
    def is_approved(self) -> bool:
        return self.status is ConnectionRequestStatus.APPROVED

    @strawberry.field
    async def requester(self, info: Info) -> Person | None:
        if self.requester_id is None:
            return None
        return Person.of(await info.context.people.load(self.requester_id))

    @strawberry.field
    async def approved_by(self, info: Info) -> Approval | None:
        if self.status is not ConnectionRequestStatus.APPROVED:
            return None
        entity = await info.context.approvals.load(self.uuid)
        return None if entity is None else Approval.of(entity)

    @relay.connection(relay.ListConnection[Integration])
    async def integrations(self, info: Info) -> Iterable[Integration]:
        return [Integration.of(entity) for entity in await info.context.integrations.load(self.uuid)]

    @relay.connection(relay.ListConnection[File])
    async def uploaded_files(self, info: Info) -> Iterable[File]:
        return [File.of(entity) for entity in await info.context.files.load(self.uuid)]


def cursor_of(entity: entities.ConnectionRequest) -> str:
    return base64.b64encode(f"{entity.requested_at.isoformat()}|{entity.id}".encode()).decode()


def place_of(cursor: str) -> tuple[datetime, str]:
    try:
        at, _, record_id = base64.b64decode(cursor).decode().partition("|")
        return datetime.fromisoformat(at), record_id
    except (binascii.Error, ValueError):
        raise ValueError("This is not a cursor of this list.") from None


@strawberry.type
class ConnectionRequestConnection(relay.Connection[ConnectionRequest]):
    """A connection with its own paging, as the documentation's section on custom connections describes."""

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        entity = entities.ConnectionRequest
        statement = select(func.count()).where(entity.organization_id == info.context.organization)
        async with info.context.sessions() as session:
            return await session.scalar(statement) or 0

    @classmethod
    async def resolve_connection(  # type: ignore[override]
        cls,
        nodes: Any,
        *,
        info: Info,
        before: str | None = None,
        after: str | None = None,
        first: int | None = None,
        last: int | None = None,
        **kwargs: Any,
    ) -> Self:
        entity = entities.ConnectionRequest
        first = min(50 if first is None else first, 1000)
        statement = select(entity).where(entity.organization_id == info.context.organization)
        if after is not None:
            statement = statement.where(tuple_(entity.requested_at, entity.id) < place_of(after))
        statement = statement.order_by(entity.requested_at.desc(), entity.id.desc()).limit(first + 1)
        async with info.context.sessions() as session:
            found = list(await session.scalars(statement))
        edges = [
            relay.Edge(cursor=cursor_of(each), node=ConnectionRequest.of(each)) for each in found[:first]
        ]
        return cls(
            edges=edges,
            page_info=relay.PageInfo(
                has_next_page=len(found) > first,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )


@strawberry.type
class Query:
    @relay.connection(ConnectionRequestConnection)
    def connection_requests(self) -> Iterable[ConnectionRequest]:
        return ()  # the connection reads the page itself

    @strawberry.field
    async def connection_request(self, info: Info, id: relay.GlobalID) -> ConnectionRequest | None:
        entity = entities.ConnectionRequest
        async with info.context.sessions() as session:
            found = await session.get(entity, (info.context.organization, id.node_id))
        return None if found is None else ConnectionRequest.of(found)


INSTANT = strawberry.scalar(
    name="DateTime",
    serialize=lambda instant: instant,  # orjson writes it with a Z, which `isoformat` does not
    parse_value=datetime.fromisoformat,
)

schema = strawberry.Schema(
    Query,
    extensions=[ParserCache, ValidationCache],
    config=StrawberryConfig(relay_max_results=1000, scalar_map={datetime: INSTANT}),
)
