"""The data loaders of one request. Each batch opens a session of its own, since sessions are not concurrent."""

from collections import defaultdict
from typing import Any

from aiodataloader import DataLoader
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from benchmarks.idiomatic.entities import Approval, Entity, File, FileAttachment, Integration, Person

Sessions = async_sessionmaker[AsyncSession]


class ByKey(DataLoader[str, Any]):
    """One entity for each value of a unique column."""

    def __init__(self, sessions: Sessions, organization: str, entity: type[Entity], column: str) -> None:
        super().__init__()
        self._sessions, self._organization, self._entity, self._column = (
            sessions,
            organization,
            entity,
            column,
        )

    async def batch_load_fn(self, keys: list[str]) -> list[Any]:
        entity: Any = self._entity
        column = getattr(entity, self._column)
        statement = select(entity).where(entity.organization_id == self._organization, column.in_(keys))
        async with self._sessions() as session:
            found = {getattr(each, self._column): each for each in await session.scalars(statement)}
        return [found.get(key) for key in keys]


class Integrations(DataLoader[str, list[Any]]):
    """A request's integrations in their order."""

    def __init__(self, sessions: Sessions, organization: str) -> None:
        super().__init__()
        self._sessions, self._organization = sessions, organization

    async def batch_load_fn(self, keys: list[str]) -> list[list[Any]]:
        entity: Any = Integration
        statement = (
            select(entity)
            .where(entity.organization_id == self._organization, entity.connection_request_id.in_(keys))
            .order_by(entity.connection_request_id, entity.position, entity.id)
        )
        found: defaultdict[str, list[Any]] = defaultdict(list)
        async with self._sessions() as session:
            for each in await session.scalars(statement):
                found[each.connection_request_id].append(each)
        return [found[key] for key in keys]


class Files(DataLoader[str, list[Any]]):
    """A request's files in their order."""

    def __init__(self, sessions: Sessions, organization: str) -> None:
        super().__init__()
        self._sessions, self._organization = sessions, organization

    async def batch_load_fn(self, keys: list[str]) -> list[list[Any]]:
        attached: Any = FileAttachment
        statement = (
            select(attached.connection_request_id, File)
            .join(File, (File.organization_id == attached.organization_id) & (File.id == attached.file_id))
            .where(attached.organization_id == self._organization, attached.connection_request_id.in_(keys))
            .order_by(attached.connection_request_id, attached.position, attached.file_id)
        )
        found: defaultdict[str, list[Any]] = defaultdict(list)
        async with self._sessions() as session:
            for parent, file in await session.execute(statement):
                found[parent].append(file)
        return [found[key] for key in keys]


class Context:
    """What the resolvers of one request are given."""

    def __init__(self, sessions: Sessions, organization: str) -> None:
        self.sessions = sessions
        self.organization = organization
        self.people = ByKey(sessions, organization, Person, "id")
        self.approvals = ByKey(sessions, organization, Approval, "connection_request_id")
        self.integrations = Integrations(sessions, organization)
        self.files = Files(sessions, organization)
