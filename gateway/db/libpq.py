"""PostgreSQL's connection URLs as libpq, its own client library, reads them.

https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING
"""

import os
import re
from collections.abc import Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from urllib.parse import unquote

from gateway.db.failures import InvalidUrl

# Every parameter of libpq 18, and `servicefile` of 19, with the environment variable that stands in for it.
VARIABLES: dict[str, str | None] = {
    "application_name": "PGAPPNAME",
    "channel_binding": "PGCHANNELBINDING",
    "client_encoding": "PGCLIENTENCODING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "dbname": "PGDATABASE",
    "fallback_application_name": None,
    "gssdelegation": "PGGSSDELEGATION",
    "gssencmode": "PGGSSENCMODE",
    "gsslib": "PGGSSLIB",
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "keepalives": None,
    "keepalives_count": None,
    "keepalives_idle": None,
    "keepalives_interval": None,
    "krbsrvname": "PGKRBSRVNAME",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "max_protocol_version": "PGMAXPROTOCOLVERSION",
    "min_protocol_version": "PGMINPROTOCOLVERSION",
    "oauth_client_id": None,
    "oauth_client_secret": None,
    "oauth_issuer": None,
    "oauth_scope": None,
    "options": "PGOPTIONS",
    "passfile": "PGPASSFILE",
    "password": "PGPASSWORD",
    "port": "PGPORT",
    "replication": None,
    "require_auth": "PGREQUIREAUTH",
    "requirepeer": "PGREQUIREPEER",
    "scram_client_key": None,
    "scram_server_key": None,
    "service": "PGSERVICE",
    "servicefile": "PGSERVICEFILE",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "sslcert": "PGSSLCERT",
    "sslcertmode": "PGSSLCERTMODE",
    "sslcompression": "PGSSLCOMPRESSION",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "sslkey": "PGSSLKEY",
    "sslkeylogfile": None,
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslpassword": None,
    "sslrootcert": "PGSSLROOTCERT",
    "sslsni": "PGSSLSNI",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "tcp_user_timeout": None,
    "user": "PGUSER",
}

TLS_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")

# What some parameters can be. A parameter that can be nothing is one that asyncpg, the driver, has no way to follow;
# where it has none either but a value asks for what it does anyway, that value can be given.
VALUES: dict[str, tuple[str, ...]] = {
    "channel_binding": ("disable", "prefer"),
    "client_encoding": ("auto", "UTF8", "UTF-8", "utf8", "utf-8", "unicode"),
    "gssdelegation": ("0",),
    "gssencmode": ("disable", "prefer"),
    "gsslib": ("gssapi", "sspi"),
    "keepalives": ("0", "1"),
    "load_balance_hosts": ("disable", "random"),
    "max_protocol_version": ("3.0", "3.2", "latest"),
    "min_protocol_version": ("3.0",),
    "oauth_client_id": (),
    "oauth_client_secret": (),
    "oauth_issuer": (),
    "oauth_scope": (),
    "replication": ("false", "off", "no", "0"),
    "require_auth": (),
    "requirepeer": (),
    "scram_client_key": (),
    "scram_server_key": (),
    "ssl_max_protocol_version": TLS_VERSIONS,
    "ssl_min_protocol_version": TLS_VERSIONS,
    "sslcertmode": ("allow",),
    "sslcompression": ("0", "1"),
    "sslcrldir": (),
    "sslkeylogfile": (),
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "sslsni": ("1",),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}


def parameters(url: str) -> dict[str, str]:
    """What is to hold for a connection: the URL's word first, then its service's, then the environment's.

    Whatever is blank is not there. The names are libpq's, and the values are such as can be followed.

    Raises:
        InvalidUrl: the URL cannot be read, or asks for what cannot be done; the message names the parameter.
    """
    given = _of_url(url)
    named = {name: variable for name, variable in VARIABLES.items() if variable and os.environ.get(variable)}
    environment = {name: os.environ[variable] for name, variable in named.items()}
    service = _of_service({**environment, **given})
    for name, text in (found := {**environment, **service, **given}).items():
        allowed = VALUES.get(name)
        if allowed is None or text in allowed:
            continue
        origin = f" (from {named[name]})" if name not in given and name not in service else ""
        if not allowed:
            raise InvalidUrl(f"`{name}`{origin} cannot be used: the PostgreSQL driver has nothing like it.")
        raise InvalidUrl(f"`{name}`{origin} can be {', '.join(allowed)} here, not {text!r}.")
    return found


def _of_url(url: str) -> dict[str, str]:
    """The parameters of ``postgresql://[user[:password]@][host[:port][,…]][/dbname][?name=value[&…]]``."""
    before, _, query = url.partition("://")[2].partition("?")
    authority, _, database = before.partition("/")
    credentials, _, hosts = authority.rpartition("@")
    user, _, password = credentials.partition(":")
    places = [_place(each) for each in hosts.split(",")]
    found = {
        "user": _decoded(user, "user"),
        "password": _decoded(password, "password"),
        "host": ",".join(host for host, _ in places),
        "port": ",".join(port for _, port in places) if any(port for _, port in places) else "",
        "dbname": _decoded(database, "dbname"),
        **_of_query(query),
    }
    return {name: text for name, text in found.items() if text}


PLACE = re.compile(r"(\[(?P<v6>[^\]]*)\]|(?P<name>[^:\[\]]*))(:(?P<port>\d*))?")


def _place(text: str) -> tuple[str, str]:
    """Host and port of ``host``, ``host:port``, ``[address]:port`` or ``%2Ffolder%2Fof%2Fa%2Fsocket``."""
    if not (match := PLACE.fullmatch(text)):
        # The text is not shown: with a mark left as it is in a password, it is part of that.
        raise InvalidUrl(
            "The database's URL is not postgresql://user:password@host:port/database: its `host` and `port` cannot be "
            "told. In a user's name or a password, write each of @ : / ? # [ ] % as %40 %3A %2F %3F %23 %5B %5D %25."
        )
    return _decoded(match["v6"] or match["name"] or "", "host"), match["port"] or ""


def _of_query(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in filter(None, query.split("&")):
        name, has_value, text = each.partition("=")
        if name == "ssl":  # as JDBC and SQLAlchemy write it
            name, text = "sslmode", "require" if text == "true" else text
        if name not in VARIABLES:
            # Where it is no name at all, it may be the rest of a password.
            shown = (
                f"`{name}`" if re.fullmatch(r"[A-Za-z][\w.-]{0,40}", name) else "A part of the URL behind `?`"
            )
            raise InvalidUrl(
                f"{shown} is not a parameter of a PostgreSQL connection; "
                "a setting of the server is given as options=-c%20name%3Dvalue."
            )
        text = _decoded(text, name)
        if not has_value or name in found:
            raise InvalidUrl(f"`{name}` must be given once in the database's URL, as {name}=value.")
        found[name] = text
    return found


def _decoded(text: str, name: str) -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise InvalidUrl(
            f"In the database's URL, `{name}` has a % that two hexadecimal digits do not follow."
        )
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        decoded = "\0"
    if "\0" in decoded:
        raise InvalidUrl(f"In the database's URL, `{name}` is not text in UTF-8.")
    return decoded


def _of_service(known: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the service that is asked for, from the user's file of services or else the system's.

    https://www.postgresql.org/docs/18/libpq-pgservice.html
    """
    if not (name := known.get("service")):
        return {}
    files = [Path(known.get("servicefile") or Path.home() / ".pg_service.conf")]
    if folder := os.environ.get("PGSYSCONFDIR"):
        files.append(Path(folder) / "pg_service.conf")
    for file in files:
        services = ConfigParser(
            interpolation=None, delimiters=("=",), comment_prefixes=("#",), default_section="", strict=False
        )
        try:
            services.read_string(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, Error, UnicodeDecodeError):
            raise InvalidUrl(f"`service` {name!r}: {file} is no file of services that can be read.") from None
        if services.has_section(name):
            found = {parameter: text for parameter, text in services[name].items() if text}
            if unknown := sorted(found.keys() - (VARIABLES.keys() - {"service", "servicefile"})):
                raise InvalidUrl(f"`service` {name!r} in {file}: it cannot have `{unknown[0]}`.")
            return found
    raise InvalidUrl(f"`service` {name!r} is defined in none of {', '.join(map(str, files))}.")
