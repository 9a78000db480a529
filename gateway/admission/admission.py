"""Credential -> viewer -> context, for GraphQL and every REST path: the one place that asks what a caller may do."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from math import inf
from typing import Final

from starlette.types import Receive
from starlette.types import Scope as HttpScope

from gateway.admission.work import BoundedWork, Bounds
from gateway.auth import credentials
from gateway.db.database import Database
from gateway.db.listings import NO_END
from gateway.http.addresses import Proxies
from gateway.observe.records import current
from gateway.resolvers.context import Context
from gateway.resolvers.once import HEADER, parse_key
from gateway.resolvers.viewer import Scope, Viewer
from gateway.settings import Settings

SCHEMES: Final = ("bearer", "token")
# OpenInt's, the largest page of any vendor; for the documents of legacy paths alone.
LEGACY_PAGE_SIZE_MAX: Final = 3000


class Admission:
    """Makes the contexts in which callers are served.

    Args:
        database: the started store.
        settings: what the operator decided.
        viewer: finds the viewer of a credential; raises Unauthenticated.

    Raises:
        SettingError: the trusted proxies cannot be read.
    """

    def __init__(
        self, database: Database, settings: Settings, viewer: Callable[[str], Awaitable[Viewer]]
    ) -> None:
        self._database = database
        self._settings = settings
        self._viewer = viewer
        largest = max(settings.page_size_max, LEGACY_PAGE_SIZE_MAX)
        self._for_documents = replace(settings, page_size_max=largest)
        proxies = Proxies.of(settings.trusted_proxies)
        self._bounds = Bounds(settings.limits, settings.database_connections, proxies)
        self._most_rows = NO_END if (most := settings.limits.rows.enforced) == inf else int(most) + 1

    @property
    def waiting(self) -> int:
        """How many requests wait for their organization's share."""
        return self._bounds.shares.waiting + self._bounds.dear.waiting

    async def admit(self, credential: str, scope: Scope | None = None) -> Context:
        """The context of the caller who has this credential.

        Args:
            credential: the token.
            scope: without it, nothing behind the door can be had. GraphQL asks for none, since each field asks for its
                own, and `viewer` tells every caller what their token may do.

        Raises:
            Unauthenticated: the credential is unknown, expired or revoked.
            Forbidden: it lacks the scope.
        """
        viewer = await self._viewer(credential)
        record = current()
        record.organization_id, record.token_id = viewer.organization_id, viewer.token_id
        if scope is not None:
            viewer.require(scope)
        return Context(self._database, viewer, self._settings, most_rows=self._most_rows)

    async def admit_bearer(self, headers: Mapping[str, str]) -> Context:
        """The context of the caller whose token is in the field `Authorization`.

        Args:
            headers: by lower-case name.

        Raises:
            Unauthenticated: there is no token, or one that is unknown, expired or revoked.
            Invalid: the field `Idempotency-Key` holds none.
        """
        context = await self.admit(credentials(headers.get("authorization"), SCHEMES))
        if (field := headers.get(HEADER)) is not None:
            context.keys.given = parse_key(field)
        return context

    def caller(self, scope: HttpScope) -> str | None:
        """What the caller of a request is counted by: where they are; None where the server does not know."""
        return self._bounds.caller(scope)

    def work(self, scope: HttpScope, receive: Receive) -> BoundedWork:
        """A request under way, to be entered for the length of its operations, and left when its answer is sent."""
        return BoundedWork(self._bounds, scope, receive)

    @asynccontextmanager
    async def transfer(self, organization_id: str) -> AsyncIterator[None]:
        """One of the files of an organization that are sent or fetched at once.

        It takes no place of a request, since it may last for as long as its caller's line is slow.

        Raises:
            Overloaded: too many wait already, or it takes too long.
        """
        shares, record = self._bounds.transfers, current()
        keys = shares.keys(organization_id)
        if not shares.take(keys, record):
            await shares.wait(keys, record)
        try:
            yield
        finally:
            shares.give_back(keys)

    def trusting(self, context: Context) -> Context:
        """The same caller's context for one of our own documents, whose pages may be as long as a vendor's."""
        trusted = Context(self._database, context.viewer, self._for_documents, most_rows=self._most_rows)
        trusted.keys, trusted.door = context.keys, context.door
        return trusted
