"""Where a PostgreSQL database is and how to connect to it: the one way from a URL to an open connection.

Serving, migrations and every command come through here, so that a parameter means the same to all of them.
"""

import os
import random
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import urlencode

import asyncpg

from gateway.db import libpq
from gateway.db.failures import InvalidUrl, Unreachable
from gateway.db.metered_connections import MeteredConnection

PORT = 5432
CONNECT_SECONDS = 10  # where `connect_timeout` does not say it; libpq would wait for ever

# asyncpg takes these only inside a URL
TLS_PARAMETERS = (
    "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert",
    "ssl_max_protocol_version", "ssl_min_protocol_version",
)  # fmt: skip
DRIVER_NAMES = {
    "user": "user", "password": "password", "passfile": "passfile", "dbname": "database",
    "krbsrvname": "krbsrvname", "gsslib": "gsslib",
}  # fmt: skip
SOCKET_OPTIONS = {
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """One server, or several of which one will do."""

    addresses: tuple[tuple[str | None, int], ...]
    """Hosts, or folders of sockets, with ports; None where asyncpg looks at the places that are usual."""
    sessions: tuple[str, ...]
    """What `target_session_attrs` asks for; one after the other."""
    is_shuffled: bool
    seconds: float | None
    """How long one address may take to let us in."""
    arguments: Mapping[str, Any]
    """Of `asyncpg.connect`."""
    socket_options: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, url: str) -> "PostgresqlServer":
        """The server that a URL names, with what the environment says of it.

        Raises:
            InvalidUrl: the URL cannot be read, or asks for what cannot be done.
        """
        given = libpq.parameters(url)
        wanted = given.get("target_session_attrs", "any")
        seconds = _number(given, "connect_timeout", CONNECT_SECONDS)
        return cls(
            addresses=_addresses(given),
            sessions=("standby", "any") if wanted == "prefer-standby" else (wanted,),
            is_shuffled=given.get("load_balance_hosts") == "random",
            seconds=seconds if seconds > 0 else None,
            arguments={
                **{name: given[each] for each, name in DRIVER_NAMES.items() if each in given},
                **_tls(given),
                "server_settings": _settings(given),
            },
            socket_options=_socket_options(given),
        )

    async def connect(self, *, statement_cache: int = 0) -> MeteredConnection:
        """A new connection, to the first address that lets us in.

        Args:
            statement_cache: how many prepared statements it keeps.

        Raises:
            Unreachable: none does; the message says why, on one line, without credentials.
        """
        failures: dict[str, Exception] = {}
        addresses = random.sample(self.addresses, len(self.addresses)) if self.is_shuffled else self.addresses
        for session, (host, port) in product(self.sessions, addresses):
            try:
                connection: MeteredConnection = await asyncpg.connect(
                    host=host,
                    port=port,
                    target_session_attrs=session,
                    connection_class=MeteredConnection,
                    timeout=self.seconds,
                    statement_cache_size=statement_cache,
                    max_cached_statement_lifetime=0,
                    **self.arguments,
                )
            except NEXT_PLEASE as failure:
                failures["at the usual places" if host is None else f"{host}:{port}"] = failure
            except REFUSALS as failure:
                raise Unreachable(f"{CANNOT_CONNECT}: {self._reason(failure)}") from failure
            else:
                self._keep_alive(connection)
                return connection
        reasons = [f"{place}: {self._reason(failure)}" for place, failure in failures.items()]
        [*_, last] = failures.values()
        raise Unreachable(f"{CANNOT_CONNECT}: {'; '.join(reasons)}") from last

    def _reason(self, failure: Exception) -> str:
        if isinstance(failure, TimeoutError) and not str(failure):
            return f"no answer within {self.seconds:g} seconds"
        return str(failure).partition("\n")[0]

    def _keep_alive(self, connection: Any) -> None:
        transport = connection._transport  # asyncpg keeps it to itself, and has no parameters for this
        given = transport.get_extra_info("socket")
        if given.family == getattr(socket, "AF_UNIX", None):
            return
        with socket.socket(fileno=os.dup(given.fileno())) as same:  # uvloop's own has no `setsockopt`
            for option in self.socket_options:
                same.setsockopt(*option)


CANNOT_CONNECT = "Cannot connect to the PostgreSQL server"

REFUSALS = (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

# After these another server may do better, as libpq has it; a refused password is refused.
NEXT_PLEASE = (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched)


def _addresses(given: Mapping[str, str]) -> tuple[tuple[str | None, int], ...]:
    hosts = _list(given, "host")
    numeric = _list(given, "hostaddr")
    if numeric:
        if len(hosts) not in (0, len(numeric)):
            raise InvalidUrl("`hostaddr` must have as many places as `host`.")
        if hosts and given.get("sslmode") == "verify-full":
            raise InvalidUrl(
                "`hostaddr` cannot be used with sslmode=verify-full: a name in `host` is looked up."
            )
        hosts = numeric
    if not all(hosts):
        raise InvalidUrl("`host` has an empty place in its list.")
    if any(host.startswith("@") for host in hosts):
        raise InvalidUrl("`host` cannot be an abstract socket, which begins with @.")
    ports = _list(given, "port") or [""]
    numbers = [_port(port) for port in ports]
    count = max(len(hosts), 1)
    if len(numbers) not in (1, count):
        raise InvalidUrl("`port` must have one place, or as many as `host`.")
    names: list[str | None] = [*hosts] or [None]
    return tuple(zip(names, numbers if len(numbers) == count else numbers * count, strict=True))


def _list(given: Mapping[str, str], name: str) -> list[str]:
    return [each.strip() for each in given[name].split(",")] if name in given else []


def _port(text: str) -> int:
    if not text:
        return PORT
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise InvalidUrl("`port` must be a number from 1 to 65535.")
    return int(text)


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(given.get(name, default))
    except ValueError:
        raise InvalidUrl(f"`{name}` must be a whole number.") from None


def _settings(given: Mapping[str, str]) -> dict[str, str]:
    """What is sent to the server when a session starts."""
    name = given.get("application_name") or given.get("fallback_application_name") or "gateway"
    settings = {"application_name": name}
    if options := given.get("options"):
        settings["options"] = options
    return settings


def _tls(given: Mapping[str, str]) -> dict[str, Any]:
    found = {name: given[name] for name in TLS_PARAMETERS if name in given}
    if found.get("sslrootcert") == "system":
        if given.get("sslmode", "verify-full") != "verify-full":
            raise InvalidUrl("`sslmode` must be verify-full with sslrootcert=system.")
        return {"ssl": _system_context(given), "direct_tls": given.get("sslnegotiation") == "direct"}
    if given.get("sslnegotiation") == "direct" and found.get("sslmode", "prefer") in (
        "disable",
        "allow",
        "prefer",
    ):
        raise InvalidUrl(
            "`sslnegotiation` can be direct only with sslmode=require, verify-ca or verify-full."
        )
    if found.get("sslmode") != "disable":
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), given)
    return {"dsn": f"postgresql://?{urlencode(found)}"} if found else {}


def _system_context(given: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    _load(context, {name: text for name, text in given.items() if name != "sslrootcert"})
    if "sslcrl" in given:
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    versions = {name: ssl.TLSVersion[name.replace(".", "_")] for name in libpq.TLS_VERSIONS}
    context.minimum_version = versions[given.get("ssl_min_protocol_version", "TLSv1.2")]
    if latest := given.get("ssl_max_protocol_version"):
        context.maximum_version = versions[latest]
    context.set_alpn_protocols(["postgresql"])
    return context


def _load(context: ssl.SSLContext, given: Mapping[str, str]) -> None:
    """Read the files that are named: what asyncpg says of one that it cannot read does not name it."""
    for name in ("sslrootcert", "sslcrl"):
        if name in given:
            try:
                context.load_verify_locations(cafile=given[name])
            except OSError as failure:
                raise InvalidUrl(f"`{name}`: {given[name]} cannot be read: {_words(failure)}.") from None
    if "sslcert" in given:
        password = given.get("sslpassword", "")
        try:
            context.load_cert_chain(given["sslcert"], given.get("sslkey"), lambda: password)
        except OSError as failure:
            raise InvalidUrl(f"`sslcert` and `sslkey` cannot be read: {_words(failure)}.") from None


def _words(failure: OSError) -> str:
    return failure.strerror or str(failure)


def _socket_options(given: Mapping[str, str]) -> tuple[tuple[int, int, int], ...]:
    is_kept = given.get("keepalives", "1") == "1"
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(is_kept))]
    for parameter, name in SOCKET_OPTIONS.items():
        value = _number(given, parameter, 0)
        is_of_keepalives = parameter.startswith("keepalives")
        if value > 0 and (is_kept or not is_of_keepalives):
            if not hasattr(socket, name):
                raise InvalidUrl(f"`{parameter}` cannot be used on this system.")
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return tuple(options)
