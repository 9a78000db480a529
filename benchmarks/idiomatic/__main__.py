"""The server: python -m benchmarks.idiomatic PORT DATABASE_URL ORGANIZATION_ID POOL_SIZE"""

import sys

import orjson
import uvicorn
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from benchmarks.idiomatic.loaders import Context, Sessions
from benchmarks.idiomatic.schema import schema


class Endpoint(GraphQL[Context, None]):
    """Strawberry's own view, with orjson and fresh loaders for each request, as its documentation says."""

    def __init__(self, sessions: Sessions, organization: str) -> None:
        super().__init__(schema, graphql_ide=None)
        self._sessions = sessions
        self._organization = organization

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        return Context(self._sessions, self._organization)

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)


def main() -> None:
    port, url, organization, pool = sys.argv[1:]
    url = url.replace("postgresql://", "postgresql+asyncpg://").replace("sqlite://", "sqlite+aiosqlite://")
    # AUTOCOMMIT: these sessions only read, and so save the round trips of BEGIN and ROLLBACK.
    engine = create_async_engine(
        url,
        pool_size=int(pool),
        max_overflow=0,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    app = Starlette(routes=[Route("/graphql", Endpoint(sessions, organization))])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
