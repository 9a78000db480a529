"""create_app(settings) -> Starlette: every route, middleware and chore in one readable list."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from strawberry import Schema

from gateway.admission.admission import Admission
from gateway.admission.vigils import Vigil
from gateway.answers import Answers
from gateway.auth import DEMO_ORGANIZATION, EXPLORER_ORGANIZATION, Authenticator
from gateway.db.database import Database, open_database
from gateway.db.failures import DatabaseFailure
from gateway.db.idempotency import sweep as sweep_keys
from gateway.execution import watch
from gateway.http.headers import PRIVATE, SECURITY
from gateway.http.methods import SERVED
from gateway.lifespan import Chore, briefly, checks_of, every, lifespan_of
from gateway.limits import Limit
from gateway.metrics.gauges import gauges_of, gauges_of_connections
from gateway.metrics.metrics import Gauges, Metrics, Tell
from gateway.oauth.token_endpoints import token_endpoints
from gateway.observe.log import open_log
from gateway.observe.observers import Observer, Observers
from gateway.observe.records import NOBODY, RecordingWatcher, current, meter, tell_statement
from gateway.observe.tracing import Tracing
from gateway.observe.watching import watched
from gateway.pages.assets import asset_routes
from gateway.pages.browsers import ForBrowsers
from gateway.pages.graphiql import graphiql_page
from gateway.pages.home import home_page
from gateway.pages.page import HOME_URL, REFERENCE_URL, Tokens
from gateway.pages.reference import DOCUMENT_URL, document_page, reference_page
from gateway.passwords.logins import Logins
from gateway.resolvers.errors import GatewayError
from gateway.resolvers.file_sweeping import objects_of
from gateway.resolvers.file_sweeping import sweep as sweep_files
from gateway.resolvers.file_transfers import FileTransfers
from gateway.resolvers.statistics import Statistics
from gateway.rest.documents import documents
from gateway.rest.forms import FormReader
from gateway.rest.openapi_routes import openapi_routes
from gateway.rest.routes import Gate
from gateway.rest.routes import routes as legacy_routes
from gateway.rest.slashes import base_paths, without_doubled_slashes
from gateway.schema.schema import make_schema
from gateway.settings import Settings
from gateway.storage.objects import StorageFailure
from gateway.streams.streams import Streams
from gateway.traces.opening import open_traces
from gateway.transport.cross_origin import admit_origins, parse_origins
from gateway.transport.draining import CONNECTIONS, STATE, Draining
from gateway.transport.errors import refusal
from gateway.transport.files import file_routes
from gateway.transport.graphql_http import GraphQLEndpoint
from gateway.transport.health import health_routes
from gateway.transport.multipart import MultipartRequests
from gateway.transport.operations import Operations
from gateway.transport.schema_document import schema_routes
from gateway.transport.websocket import WebSocketEndpoint, refuse_elsewhere
from gateway.vendors import VENDORS
from gateway.vendors.openint.credentials import finish_checks
from gateway.webhooks.deliveries import Deliveries

SWEEP_SECONDS: Final = 600.0
# What pages say of the organizations of a demonstration.
SHOWN: Final = {
    DEMO_ORGANIZATION: "Documented examples",
    EXPLORER_ORGANIZATION: "A busy organization",
}
GRAPHQL_PATH = "/graphql"
NOWHERE: Final = (
    f"Nothing is served at this path. GraphQL is at {GRAPHQL_PATH}; "
    f"the REST paths are described at {DOCUMENT_URL}."
)
GRAPHQL_PATHS = (GRAPHQL_PATH, f"{GRAPHQL_PATH}/")


async def to_graphql(request: Request) -> RedirectResponse:
    return RedirectResponse(GRAPHQL_PATH)


async def as_json(request: Request, error: Exception) -> Response:
    """The answer to a path or method that no route serves, in the form of every other error."""
    assert isinstance(error, HTTPException)
    if (allowed := _allowed(request, error)) and request.method == "OPTIONS":
        return Response(status_code=204, headers={**SECURITY, **allowed})
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "BAD_REQUEST")
    said = NOWHERE if error.status_code == 404 else error.detail
    body = {"errors": [{"message": said, "extensions": {"code": code}}]}
    return JSONResponse(body, error.status_code, {**SECURITY, **(error.headers or {}), **allowed})


def _allowed(request: Request, error: HTTPException) -> dict[str, str]:
    """The field that names what may be asked for where something else was; empty where there is nothing.

    `OPTIONS *` asks about the server as a whole (RFC 9110, section 9.3.7). HAProxy asks `OPTIONS /` whether it is well,
    unless it is told otherwise.
    """
    if request.scope["path"] == "*":
        return {"Allow": ", ".join(sorted({*SERVED, "OPTIONS"}))}
    named = (error.headers or {}).get("Allow", "") if error.status_code == 405 else ""
    return {"Allow": ", ".join(sorted({*named.split(", "), "OPTIONS"}))} if named else {}


async def as_refused(request: Request, error: Exception) -> Response:
    """What a route that is no vendor's and not GraphQL refuses, in the same form."""
    refused = refusal(error)
    current().refused(refused.code, refused.reason)
    assert isinstance(refused.status, int)
    headers = {name.decode(): value.decode() for name, value in refused.headers}
    return JSONResponse({"errors": refused.errors}, refused.status, {**PRIVATE, **headers})


EXCEPTION_HANDLERS: Final[Any] = {
    HTTPException: as_json,
    GatewayError: as_refused,
    DatabaseFailure: as_refused,
    StorageFailure: as_refused,
}


class Gateway(Starlette):
    """The application. Requests for GraphQL skip the router, which would cost a third of a small operation's time.

    Args:
        graphql: the endpoint that answers at GRAPHQL_PATHS.
        sockets: the one that answers WebSockets there.
        routes: of everything else.
        bases: paths that callers' base URLs end in, behind which a slash may come twice.
        origins: of other sites whose pages may call, as `parse_origins` reads them.
        observer: told of every request.
        traces: makes their records; None where none is traced.
        parts: further arguments of Starlette's own.
    """

    def __init__(
        self,
        graphql: GraphQLEndpoint,
        sockets: WebSocketEndpoint,
        *,
        routes: list[BaseRoute],
        bases: tuple[str, ...],
        origins: Sequence[str],
        observer: Observer,
        traces: Tracing | None,
        **parts: Any,
    ) -> None:
        endpoints = [Route(path, graphql) for path in GRAPHQL_PATHS]
        super().__init__(
            routes=[*endpoints, *routes], middleware=[Middleware(admit_origins, origins)], **parts
        )
        self.router.redirect_slashes = False  # it would name http:// behind a proxy that ends TLS
        self._bases = bases
        self._graphql = admit_origins(graphql, origins)
        self._sockets = sockets
        self._observer = observer
        self._watched = watched(self._dispatch, observer, traces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._watched(scope, receive, send)

    def exceeded(self, limit: Limit, price: float) -> None:
        """Tell that a connection goes beyond a limit, outside of any request."""
        self._observer.limit(limit.name, price, limit.number, limit.mode.value)

    def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            path: str = scope["path"]
            # A slash that was written as %2F is none between two parts of a path (RFC 3986, section 2.2).
            if path not in GRAPHQL_PATHS and "//" in path and b"//" in scope.get("raw_path", b"//"):
                path = without_doubled_slashes(path, self._bases)
                scope = {**scope, "path": path}
            if path in GRAPHQL_PATHS:
                return self._graphql(scope, receive, send)
        elif scope["type"] == "websocket":
            return (self._sockets if scope["path"] in GRAPHQL_PATHS else refuse_elsewhere)(
                scope, receive, send
            )
        elif scope["type"] == "lifespan":
            send = briefly(send)
        return super().__call__(scope, receive, send)


def create_app(
    settings: Settings,
    database: Database | None = None,
    observer: Observer = NOBODY,
    metrics: Metrics | None = None,
    traces: Tracing | None = None,
) -> Starlette:
    """The gateway as an ASGI application.

    Args:
        settings: what the operator decided.
        database: an open store to use instead of the one that the settings name; it stays open afterwards.
        observer: told of everything that happens; `Observers` makes one of several.
        metrics: an observer, too, that is told of what is so from time to time.
        traces: makes the records of requests, some of which it traces.

    Raises:
        NotMigrated: the database lacks migrations; raised when the application starts up.
        SettingError: a setting cannot be read.
    """
    store = database or _open_store(settings)
    observer = observer if metrics is None else Observers((observer, metrics))
    authenticator = Authenticator(
        store, cache_seconds=settings.token_cache_seconds, demonstrations=_demonstrations(settings)
    )
    schema = make_schema()
    watch(schema, RecordingWatcher())
    store.after_statement, store.meter = tell_statement, meter
    admission = Admission(store, settings, authenticator.viewer)
    checks = checks_of(store, settings)
    origins = parse_origins(settings.allowed_origins)
    answers = Answers(settings, store)
    draining, vigil, streams = Draining(), Vigil(authenticator.still_good), Streams(store, settings.limits)
    deliveries = Deliveries(store, settings, streams, observer, traces=traces)
    lasting_work = (deliveries.finish, partial(finish_checks, store))
    lasting: dict[str, Any] = {"stay": vigil.stay, "draining": draining}
    graphql = _graphql(schema, admission, settings, streams=streams, answers=answers, **lasting)
    app = Gateway(
        graphql,
        _sockets(graphql.operations, admission, settings, origins=origins, **lasting),
        routes=[
            *(_pages(settings) if settings.graphiql else []),
            *health_routes(checks, writes=store.check_writes),
            *_rest(store, admission, settings, answers, schema),
        ],
        bases=base_paths(VENDORS),
        exception_handlers=EXCEPTION_HANDLERS,
        origins=origins,
        observer=observer,
        traces=traces,
        lifespan=lifespan_of(
            None if database else store,
            settings,
            checks["migrations"],
            {STATE: draining, **_measured(metrics, partial(gauges_of, store, streams, admission))},
            chores=_chores(store, settings, deliveries, metrics),
            last=(*lasting_work, vigil.stop, streams.stop, authenticator.finish, *_ends_of(traces)),
        ),
    )
    return _with_routes_named(app, metrics, traces)


def _measured(metrics: Metrics | None, gauges: Gauges) -> dict[str, Any]:
    """Have gauges asked, those of the server's connections, too, once it tells them by what is in its state then."""
    if metrics is None:
        return {}
    metrics.ask(gauges)
    return {CONNECTIONS: lambda connections: metrics.ask(partial(gauges_of_connections, connections))}


def _with_routes_named(app: Gateway, metrics: Metrics | None, traces: Tracing | None) -> Gateway:
    paths = [each.path for each in app.routes if isinstance(each, Route)]
    if metrics is not None:
        metrics.know(paths)
    if traces is not None:
        traces.know(paths)
    return app


def _ends_of(traces: Tracing | None) -> Sequence[Callable[[], Awaitable[None]]]:
    """What is awaited when nothing is traced any more."""
    return () if traces is None else (traces.finish,)


def _rest(
    store: Database, admission: Admission, settings: Settings, answers: Answers, schema: Schema
) -> list[BaseRoute]:
    """The files, the legacy paths, and what describes these and the graph."""
    return [
        *(schema_routes(schema, admission.admit_bearer) if settings.introspection else []),
        *file_routes(FileTransfers(store, settings), settings.limits, admission.transfer),
        *_described(admission, settings),
        *legacy_routes(VENDORS, _gate(store, admission, settings, answers), settings),
    ]


def _sockets(
    operations: Operations, admission: Admission, settings: Settings, **more: Any
) -> WebSocketEndpoint:
    return WebSocketEndpoint(
        operations,
        admit=admission.admit_bearer,
        work=admission.work,
        limits=settings.limits,
        init_seconds=settings.header_seconds,
        **more,
    )


def _graphql(schema: Schema, admission: Admission, settings: Settings, **lasting: Any) -> GraphQLEndpoint:
    return GraphQLEndpoint(
        schema,
        admit=admission.admit_bearer,
        work=admission.work,
        ide=graphiql_page(endpoint=GRAPHQL_PATH, tokens=_tokens(settings)) if settings.graphiql else None,
        profile=settings.http_profile,
        limits=settings.limits,
        introspection=settings.introspection,
        rows=Statistics().rows,
        documents=documents(VENDORS),
        trusting=admission.trusting,
        answered=lambda context: context.keys.fields,
        multipart=MultipartRequests(settings.limits, admission.transfer),
        **lasting,
    )


def _gate(store: Database, admission: Admission, settings: Settings, answers: Answers) -> Gate:
    """What the legacy paths need; people log in by one of them where the operator lets them.

    Raises:
        SettingError: the setting of the token endpoints cannot be read.
    """
    token_endpoints(settings.oauth_token_urls)  # which is read when it is needed, and has to be right before
    log_in = Logins(store, settings.limits).log_in if settings.crux_login else None
    forms = FormReader(settings.limits, admission.transfer)
    return Gate(admission.admit, admission.work, GRAPHQL_PATH, forms, admission.caller, log_in, answers)


def _pages(settings: Settings) -> list[Route]:
    """What browsers get beside GraphiQL."""
    tokens = _tokens(settings)
    home = home_page(endpoint=GRAPHQL_PATH, tokens=tokens)
    reference = reference_page(VENDORS, endpoint=GRAPHQL_PATH, tokens=tokens)
    return [
        Route(HOME_URL, ForBrowsers(home, Route(HOME_URL, to_graphql).app), methods=["GET"]),
        Route(REFERENCE_URL, reference, methods=["GET"]),
        *asset_routes(),
    ]


def _described(admission: Admission, settings: Settings) -> list[Route]:
    """The documents of the legacy paths; browsers get a page that shows them."""
    routes = openapi_routes(VENDORS, admission.admit_bearer)
    if not settings.graphiql:
        return routes
    page = document_page(VENDORS, tokens=_tokens(settings))
    return [Route(each.path, ForBrowsers(page, each.app), methods=["GET"]) for each in routes]


def _demonstrations(settings: Settings) -> dict[str, str]:
    """The organizations of a demonstration, by its tokens."""
    tokens = {DEMO_ORGANIZATION: settings.demo_token, EXPLORER_ORGANIZATION: settings.explorer_token}
    return {token: organization_id for organization_id, token in tokens.items() if token}


def _tokens(settings: Settings) -> Tokens:
    return {token: SHOWN[organization_id] for token, organization_id in _demonstrations(settings).items()}


def _chores(
    store: Database, settings: Settings, deliveries: Deliveries, metrics: Metrics | None
) -> list[Chore]:
    """What a process that has opened the store does beside answering."""
    return [
        *([] if metrics is None else [metrics.keep_telling]),
        partial(every, SWEEP_SECONDS, partial(sweep_keys, store)),
        partial(every, SWEEP_SECONDS, partial(sweep_files, store, objects_of(settings))),
        partial(every, SWEEP_SECONDS, deliveries.sweep),
        deliveries.keep_delivering,
    ]


def _open_store(settings: Settings) -> Database:
    return open_database(
        settings.database_url,
        connections=settings.database_connections,
        statement_cache=settings.database_statement_cache,
        seconds=settings.database_seconds,
        listen_url=settings.listen_database_url,
    )


def create_app_from_environment(tell: Tell | None = None) -> Starlette:
    """Make the application of one of several worker processes, from the environment's settings.

    Args:
        tell: takes what it counts; without it, nothing is counted.
    """
    settings = Settings.from_environment()
    log = open_log(settings.log_level, settings.log_format, is_shared=True)
    metrics = None if tell is None else Metrics(tell, settings.limits)
    return create_app(settings, observer=log, metrics=metrics, traces=open_traces(settings))
