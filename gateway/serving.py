"""Serving: what has to hold before the server starts, the demo's store, and the server itself."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import typer
import uvicorn

from gateway import administration, auth
from gateway.app import GRAPHQL_PATH, create_app, create_app_from_environment
from gateway.db.database import Database, open_database
from gateway.db.keys import unlock
from gateway.db.lookups import ping
from gateway.db.migrate import lacking, migrate, pending
from gateway.db.urls import is_sqlite, without_credentials
from gateway.demo import import_demo
from gateway.http.addresses import Proxies
from gateway.http.hosts import is_loopback
from gateway.listening import listening, shown, with_files_for
from gateway.metrics.metrics import Metrics, Tell
from gateway.observe.log import open_log
from gateway.observe.tracing import Tracing
from gateway.pages.assets import bundle_status
from gateway.pages.page import REFERENCE_URL
from gateway.resolvers.file_sweeping import objects_of
from gateway.settings import SettingError, Settings
from gateway.storage.objects import StorageFailure
from gateway.synthetic.explorer.filling import fill
from gateway.traces.opening import collector, open_traces
from gateway.transport.connection_bounds import ConnectionBounds
from gateway.transport.connection_room import Room
from gateway.transport.cross_origin import LOOPBACK
from gateway.transport.http_connections import HttpConnection
from gateway.transport.http_servers import DrainingServer
from gateway.transport.http_workers import Workers
from gateway.transport.socket_connections import SocketConnection

T = TypeVar("T")

DEMO_TOKEN = "demo-token"
EXPLORER_TOKEN = "explorer-token"
# For what is under way: more than an operation may take, less than a container is given to stop.
STOP_SECONDS = 25
# For which an idle connection is kept: longer than proxies keep theirs (nginx and AWS' load balancers 60 s). One would
# send a request just as it is closed here, otherwise, and answer it by 502.
KEPT_SECONDS = 75
# For a process of several to start, or to give a sign of life; uvicorn allows 5, which a busy machine needs.
START_SECONDS = 30
LARGEST_MESSAGE = 16 << 20  # bytes, where bodies are not bounded


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answer until a signal comes; with a demo token in the settings, the documented examples.

    Args:
        port: 0 for any that is free; the greeting names it.

    Raises:
        SettingError: what is asked for cannot be served.
    """
    _check_demand(settings, host, workers)
    _check_storage(settings)
    log = open_log(settings.log_level, settings.log_format)
    with _counting(settings, workers) as counting:
        tell, metrics_at = counting
        metrics = None if tell is None else Metrics(tell, settings.limits)
        traces = _tracing(settings, workers)
        application = create_app(settings, observer=log, metrics=metrics, traces=traces)
        missing = asyncio.run(_check_store(settings))
        with listening(host, port) as sockets:
            if settings.demo_token:
                asyncio.run(prepare_demo(settings))
            elif missing:
                asyncio.run(_make_current(settings))
            traces_to = "" if traces is None else collector()
            _greet(host, sockets[0].getsockname()[1], settings, metrics_at, traces_to)
            os.environ["GATEWAY_DATABASE_URL"] = settings.database_url  # for the workers
            # The server stops by itself on this signal, then raises it once more.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            several = partial(create_app_from_environment, tell)
            _run(_config(settings, application if workers == 1 else several, workers), sockets)


def _config(settings: Settings, application: Callable[..., Any], workers: int) -> uvicorn.Config:
    """What uvicorn runs, and how.

    Args:
        application: or, where there are several workers, what makes one in each of them.
    """
    return uvicorn.Config(
        application,
        factory=workers > 1,
        workers=workers,
        **_connections(settings),
        log_config=None,  # what it says goes to the log
        log_level="warning",
        access_log=False,  # it would log the keys that callers put into query strings
        server_header=False,
        proxy_headers=False,  # who calls, `gateway.http.addresses` reads where it is asked for
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
    )


@contextlib.contextmanager
def _counting(settings: Settings, workers: int) -> Iterator[tuple[Tell | None, str]]:
    """What takes that which processes count, and where it is shown, if it is.

    Raises:
        SettingError: nothing can listen there.
    """
    if (at := settings.metrics_at) is None:
        yield None, ""
        return
    # What it takes is imported where it is asked for, since that takes as long as all the rest of a room.
    from gateway.metrics.scraping import PATH, show

    with listening(*at, named_by="GATEWAY_METRICS_ADDRESS") as sockets:
        shown_at = shown(at[0], sockets[0].getsockname()[1])
        yield show(sockets, is_alone=workers == 1), f"http://{shown_at}{PATH}"


def _tracing(settings: Settings, workers: int) -> Tracing | None:
    """The traces of this process, if there are any; of several processes each has its own, and this one ends them here.

    Raises:
        SettingError: they cannot be made.
    """
    traces = open_traces(settings)
    if traces is not None and workers > 1:
        traces.close()
    return traces


def _connections(settings: Settings) -> dict[str, Any]:
    """What uvicorn makes of a connection, by the protocol that it speaks."""
    limits = settings.limits
    return {
        "http": partial(
            HttpConnection,
            bounds=ConnectionBounds(settings.header_seconds, limits.transfer_seconds),
            room=Room(
                with_files_for(limits.connections),
                limits.address_connections,
                Proxies.of(settings.trusted_proxies),
            ),
        ),
        "ws": partial(SocketConnection, taken_seconds=limits.transfer_seconds),
        # A message is a request's body. Compressing each would cost more than it saves, and 60 kB a socket.
        "ws_max_size": int(min(limits.body.enforced, LARGEST_MESSAGE)),
        "ws_per_message_deflate": False,
    }


def _run(config: uvicorn.Config, sockets: list[socket.socket]) -> None:
    """Run until a signal comes, in this process or in several."""
    if config.workers > 1:
        workers = Workers(config, sockets)
        workers.run()  # on SIGHUP it has them replaced, one by one
        if workers.could_not_start:
            sys.exit(1)  # the log says why
        return
    # There is no other process that could answer meanwhile; whoever watches over this one starts it again.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` has it
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    server = DrainingServer(config)
    with contextlib.suppress(KeyboardInterrupt):  # it stops by itself, then raises it once more
        server.run(sockets=sockets)
    if not server.started:
        sys.exit(1)  # the log says why


def _check_demand(settings: Settings, host: str, workers: int) -> None:
    if settings.demo_token:
        _check_loopback(host, workers)
    elif workers > 1 and is_sqlite(settings.database_url):
        raise SettingError(
            "SQLite allows only one process: for more --workers, use PostgreSQL (--database postgresql://…)."
        )


def _check_storage(settings: Settings) -> None:
    """See where files are to lie; a place that nobody has named may be wrong, since many gateways have no files.

    Raises:
        SettingError: none can lie where the setting says.
    """
    try:
        objects_of(settings).check()
    except StorageFailure as failure:
        if settings.storage_url:
            raise SettingError(f"GATEWAY_STORAGE_URL: {failure}") from None
        typer.secho(f"gateway: No files can be uploaded: {failure}", err=True, fg="yellow")


async def with_database(
    settings: Settings, function: Callable[[Database], Awaitable[T]], *, check_keys: bool = True
) -> T:
    """What a function makes of the open store.

    Args:
        check_keys: whether the encryption keys have to fit what is stored.

    Raises:
        SettingError: the database lacks migrations.
        VaultError: a key is missing.
    """
    if missing := await pending(settings.database_url):
        raise SettingError(f"{lacking(missing)} Run `gateway migrate` first.")
    database = open_database(
        settings.database_url, connections=2, statement_cache=settings.database_statement_cache
    )
    await database.start()
    try:
        await unlock(
            database,
            settings.database_url,
            settings.encryption_keys,
            settings.encryption_keys_file,
            check=check_keys,
        )
        return await function(database)
    finally:
        await database.stop()


async def _check_store(settings: Settings) -> list[str]:
    """Find out before the server starts, which would tell it by a traceback, and before anything is changed.

    Returns:
        The migrations that the store lacks, and that are made without being asked for.

    Raises:
        SettingError: it lacks migrations that are not, or holds what the demo does not touch.
    """
    missing = await pending(settings.database_url)
    if not missing or not (settings.demo_token or is_sqlite(settings.database_url)):
        await with_database(settings, _check_demo if settings.demo_token else ping)
    return missing


async def _make_current(settings: Settings) -> None:
    await migrate(settings.database_url)
    await with_database(settings, ping)


def _check_loopback(host: str, workers: int) -> None:
    if not is_loopback(host):
        raise SettingError(
            f"--demo accepts a token that everybody knows, so it only listens on loopback, not {host}."
        )
    if workers > 1:
        raise SettingError("--demo runs in one process.")


def demo_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What a demonstration sets that the environment does not.

    Whoever builds a front end has its pages served on the same machine, at a port of their own.
    """
    settings = {"demo_token": DEMO_TOKEN, "explorer_token": EXPLORER_TOKEN}
    return settings if "GATEWAY_ALLOWED_ORIGINS" in environment else {**settings, "allowed_origins": LOOPBACK}


async def prepare_demo(settings: Settings) -> None:
    """Bring the store up to date, and put the documented examples into it, and what there is to be explored.

    The busy organization is written only where the settings have a token for it.

    Raises:
        SettingError: it holds another organization.
    """
    await migrate(settings.database_url)
    await with_database(settings, partial(_fill_demo, settings=settings))


async def _check_demo(store: Database) -> list[str]:
    """The organizations that the store holds.

    Raises:
        SettingError: one is not the demo's.
    """
    present = await administration.organization_ids(store)
    if set(present) - {auth.DEMO_ORGANIZATION, auth.EXPLORER_ORGANIZATION}:
        raise SettingError("--demo refuses a database that holds another organization.")
    return present


async def _fill_demo(store: Database, settings: Settings) -> None:
    present = await _check_demo(store)
    if auth.DEMO_ORGANIZATION not in present:
        await administration.create_organization(
            store,
            "Demo Retailer",
            kind="retailer",
            timezone="America/Chicago",  # the offset of the documented dates
            organization_id=auth.DEMO_ORGANIZATION,
        )
    await import_demo(store, auth.DEMO_ORGANIZATION)
    if settings.explorer_token:
        await fill(store, objects_of(settings), auth.EXPLORER_ORGANIZATION)


def _greet(host: str, port: int, settings: Settings, metrics_at: str, traces_to: str) -> None:
    base = f"http://{shown(host, port)}"
    store = without_credentials(settings.database_url)
    served = "GraphiQL and GraphQL" if settings.graphiql else "GraphQL"
    lines = [f"{served:<22}{base}{GRAPHQL_PATH}", f"Database              {store}"]
    if settings.graphiql:
        lines[1:1] = [f"Home page             {base}/", f"REST reference        {base}{REFERENCE_URL}"]
    if metrics_at:
        lines.append(f"Metrics               {metrics_at}")
    if traces_to:
        lines.append(f"Traces                {traces_to}")
    if settings.demo_token:
        request = "6c822de1-8f9a-48ca-87c1-c5c788a6caf3"
        lines += [
            f"Token                 {settings.demo_token}       (the documented examples; accepted on loopback only)",
            *_greeting_of_explorer(settings),
            "",
            f"curl -H 'Authorization: Token {settings.demo_token}' {base}/organizations/connections/request/{request}/",
        ]
    if settings.graphiql and (status := bundle_status()):
        lines += ["", status]
    typer.echo("\n".join(lines), err=True)


def _greeting_of_explorer(settings: Settings) -> list[str]:
    if not settings.explorer_token:
        return []
    return [f"Another token         {settings.explorer_token}   (a busy organization with 500 requests)"]
