"""Every setting, read from GATEWAY_* once."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, Literal, get_args, get_type_hints

from gateway.limits import LimitError, Limits

_NO_VARIABLES: Final = ("demo_token", "explorer_token", "limits")
# `postgres://` as hosting services write it, the last as SQLAlchemy does
DATABASE_SCHEMES = ("sqlite:///", "postgresql://", "postgres://", "postgresql+asyncpg://")


class SettingError(ValueError):
    """A GATEWAY_* variable that cannot be read; the message names it."""


def read_networks(setting: str, refusal: str) -> list[IPv4Network | IPv6Network]:
    """The networks of a variable that has addresses and networks, separated by commas.

    Args:
        setting: the variable's value.
        refusal: what is said of an element that is neither, in front of it.

    Raises:
        SettingError: one is neither.
    """
    networks: list[IPv4Network | IPv6Network] = []
    for each in filter(None, map(str.strip, setting.split(","))):
        try:
            networks.append(ip_network(each, strict=False))
        except ValueError:
            raise SettingError(f"{refusal}: {each!r}.") from None
    return networks


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decides. Each attribute is the variable GATEWAY_<NAME IN CAPITALS>."""

    database_url: str = field(default="sqlite:///gateway.db", repr=False)
    """``sqlite:///FILE`` or ``postgresql://user@host/database``, with the parameters of libpq."""
    database_connections: int = 8
    """Connections (PostgreSQL) or reader threads (SQLite) of one process."""
    database_statement_cache: int = 128
    """Prepared statements kept per PostgreSQL connection; 0 behind a pooler that does not carry them."""
    database_seconds: float = 10.0
    """How long a read may take, with the wait for a connection; then its caller is told that the store is too slow."""
    listen_database_url: str = field(default="", repr=False)
    """The same PostgreSQL database past a pooler, for the connection that hears other processes; else that URL."""
    encryption_keys: str = field(default="", repr=False)
    """Fernet keys for secrets at rest, separated by commas, the newest first; SQLite makes a key file without them."""
    encryption_keys_file: str = ""
    """A file of such keys, read again whenever something is sealed; its keys come before the variable's."""
    storage_url: str = field(default="", repr=False)
    """Where the bytes of files lie: a directory, or `s3://…`, `gs://…`, `az://…`; see `storage_at`."""
    storage_direct_uploads: bool = False
    """Whether an object store takes uploads itself, by URLs of its own; they are read back when they are completed."""
    public_url: str = ""
    """The URL under which callers reach the gateway; without it URLs of files are paths."""
    download_seconds: float = 900.0
    """How long a file's `downloadUrl` is good."""
    upload_seconds: float = 3600.0
    """How long an upload may take, until it is completed; what was sent of it is then swept."""
    page_size: int = 50
    """Rows of a page where neither `first` nor `last` is given."""
    page_size_max: int = 1000
    """The largest `first` or `last`."""
    header_seconds: float = 10.0
    """How long a caller may take to connect and send the header of a request."""
    count_seconds: float = 2.0
    """How long `totalCount` of a filtered list may be counted; counters answer for whole lists at once."""
    token_cache_seconds: float = 5.0
    """How long a verified token is believed without asking the database again; 5 at most."""
    kept_answers_bytes: int = 32 << 20
    """Bytes of answers that a process keeps to give them again while their organization has not changed; 0 for none."""
    http_profile: Literal["audit-2025", "draft-2026"] = "audit-2025"
    """Statuses of GraphQL over HTTP: ``audit-2025`` (400/200) or ``draft-2026`` (422/294)."""
    graphiql: bool = True
    """Whether browsers get pages: the first one at `/`, GraphiQL at `/graphql`, the REST reference at `/docs`."""
    introspection: bool = True
    """Whether callers may ask for `__schema` and `__type`, and are told of names like those that they got wrong."""
    allowed_origins: str = ""
    """Origins whose pages may call from a browser (CORS), separated by commas; ``loopback`` and ``*`` are many."""
    trusted_proxies: str = "127.0.0.1, ::1"
    """Addresses and networks of proxies, separated by commas, that are believed when they say who calls."""
    legacy_retirements: str = ""
    """`Deprecation` and `Sunset` of legacy paths: ``PATH=DEPRECATED_AT[/SUNSET_AT]``, separated by commas."""
    crux_login: bool = False
    """Whether Crux's path for logins gives tokens to people who know their passwords."""
    opal_status_case: Literal["stored", "lower", "upper"] = "stored"
    """How Opal's paths and its export write a status: as the document did that was read, or all in one case."""
    opal_members: Literal["example", "schema"] = "example"
    """Members of Opal's objects: its ``example``'s, or its ``schema``'s alone for clients that refuse any other."""
    oauth_token_urls: str = ""
    """Where OpenInt's connections are refreshed: ``CONNECTOR=URL`` or ``CONNECTOR=basic:URL``, separated by commas."""
    webhook_seconds: float = 15.0
    """How long one attempt to deliver an event may take."""
    webhook_allowed_networks: str = ""
    """Addresses and networks, separated by commas, that webhooks may be sent to though they are not public."""
    openint_inverted_has_next_page: bool = False
    """Whether OpenInt's lists say `has_next_page` on the last page and nowhere else, as the vendor itself does."""
    log_level: Literal["debug", "info", "warning", "error", "off"] = "info"
    """What the log says: each request from ``info`` on, what failed from ``warning`` and ``error`` on."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """``json`` for programs, ``console`` for people; ``auto`` is ``console`` on a terminal alone."""
    metrics_address: str = ""
    """Where Prometheus may ask for `/metrics`, ``127.0.0.1:9464`` say; without it nothing is counted."""
    traces: bool = False
    """Whether requests are traced, as OpenTelemetry's own variables say; takes the packages of the extra `traces`."""
    limits: Limits = field(default_factory=Limits)
    """What callers may ask for; each limit is a variable GATEWAY_LIMIT_<NAME> of its own."""
    demo_token: str | None = None
    """Set by ``gateway serve --demo`` alone: a token that this process accepts and no row holds."""
    explorer_token: str | None = None
    """The same, for the busy organization that was invented to be explored."""

    @property
    def takes_tokens_of_no_row(self) -> bool:
        """Whether this process serves a demonstration, whose tokens no row holds."""
        return self.demo_token is not None or self.explorer_token is not None

    @property
    def metrics_at(self) -> tuple[str, int] | None:
        """The host and the port of the metrics' own address; None where there are none."""
        if not self.metrics_address:
            return None
        host, _, port = self.metrics_address.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)

    @property
    def storage_at(self) -> str:
        """Where the bytes of files lie: as is said, or beside the embedded database, or in the working directory."""
        if self.storage_url or not self.database_url.startswith("sqlite:///"):
            return self.storage_url or "gateway-files"
        return f"{self.database_url.removeprefix('sqlite:///')}.files"

    @classmethod
    def variables(cls) -> dict[str, str]:
        """The names of the variables, and of the attributes that they set; `Limits` has more of them."""
        return {
            f"GATEWAY_{each.name.upper()}": each.name
            for each in fields(cls)
            if each.name not in _NO_VARIABLES
        }

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, /, **overrides: object
    ) -> "Settings":
        """Read every GATEWAY_* variable; ``overrides`` that are not None win.

        Raises:
            SettingError: a value has the wrong type or lies outside its bounds.
        """
        values: dict[str, object] = {}
        kinds: dict[str, Any] = {each.name: type(each.default) for each in fields(cls)}
        for variable, name in cls.variables().items():
            if (text := environment.get(variable)) is not None:
                convert, wanted = _READ.get(kinds[name], (str, "text"))
                try:
                    values[name] = convert(text)
                except ValueError:
                    raise SettingError(f"{variable} must be {wanted}, not {text!r}.") from None
        values["limits"] = _limits_from(environment)
        values.update({name: value for name, value in overrides.items() if value is not None})
        settings = cls(**values)  # type: ignore[arg-type]  # each converted to its field's own type above
        settings._check()
        return settings

    def _check(self) -> None:
        if not self.database_url.startswith(DATABASE_SCHEMES):
            raise SettingError("GATEWAY_DATABASE_URL must start with sqlite:/// or postgresql://.")
        if (listens_at := self.listen_database_url) and (
            self.database_url.startswith("sqlite:") or not listens_at.startswith(DATABASE_SCHEMES[1:])
        ):
            raise SettingError(
                "GATEWAY_LISTEN_DATABASE_URL must start with postgresql://, and goes with such a database alone."
            )
        if not 1 <= self.page_size <= self.page_size_max:
            raise SettingError("GATEWAY_PAGE_SIZE must lie between 1 and GATEWAY_PAGE_SIZE_MAX.")
        if not 0 < self.count_seconds <= 60:
            raise SettingError("GATEWAY_COUNT_SECONDS must be more than 0, and 60 at most.")
        if not 0 < self.header_seconds <= 3600:
            raise SettingError("GATEWAY_HEADER_SECONDS must be more than 0, and 3600 at most.")
        if not 0 <= self.token_cache_seconds <= 5:
            raise SettingError("GATEWAY_TOKEN_CACHE_SECONDS must lie between 0 and 5.")
        if not self.count_seconds <= self.database_seconds <= 3600:
            raise SettingError("GATEWAY_DATABASE_SECONDS must lie between GATEWAY_COUNT_SECONDS and 3600.")
        if self.public_url and not re.fullmatch(r"https?://[^\s?#]+", self.public_url):
            raise SettingError("GATEWAY_PUBLIC_URL must be a URL of http or https, without a query.")
        if self.metrics_address and not _is_address(self.metrics_address):
            raise SettingError(
                "GATEWAY_METRICS_ADDRESS must be an address and a port: 127.0.0.1:9464 or [::1]:9464."
            )
        for name in ("download_seconds", "upload_seconds"):
            if not 1 <= getattr(self, name) <= 7 * 86_400:
                raise SettingError(f"GATEWAY_{name.upper()} must lie between 1 and 604800.")
        if not 0.1 <= self.webhook_seconds <= 60:
            raise SettingError("GATEWAY_WEBHOOK_SECONDS must lie between 0.1 and 60.")
        if self.database_connections < 1:
            raise SettingError("GATEWAY_DATABASE_CONNECTIONS must be at least 1.")
        for name in ("database_statement_cache", "kept_answers_bytes"):
            if getattr(self, name) < 0:
                raise SettingError(f"GATEWAY_{name.upper()} must not be negative.")
        hints = get_type_hints(type(self))
        for each in fields(self):
            choices = get_args(hints[each.name])
            if isinstance(each.default, str) and choices and getattr(self, each.name) not in choices:
                listed = f"{', '.join(choices[:-1])} or {choices[-1]}"
                raise SettingError(f"GATEWAY_{each.name.upper()} must be {listed}.")


def _limits_from(environment: Mapping[str, str]) -> Limits:
    """Every limit as the environment has it.

    Raises:
        SettingError: one cannot be read.
    """
    limits = Limits()
    for variable, name in Limits.variables().items():
        if (text := environment.get(variable)) is not None:
            try:
                limits = limits.decided(**{name: text})
            except LimitError as error:
                raise SettingError(f"{variable} {error}") from None
    return limits


def _is_address(text: str) -> bool:
    """Whether a text is a host and a port, as URLs have them (RFC 3986, section 3.2)."""
    found = re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/@]+):([0-9]{1,5})", text)
    return found is not None and int(found[1]) <= 65535


def _truth(text: str) -> bool:
    """A boolean setting.

    Raises:
        ValueError: it is none of ``true``, ``false``, ``1`` and ``0``.
    """
    try:
        return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


_READ: dict[type, tuple[Callable[[str], Any], str]] = {
    bool: (_truth, "true or false"),
    int: (int, "a whole number"),
    float: (float, "a number"),
}

# What Kubernetes sets in every container beside a service that is called `gateway`
# (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
_OF_KUBERNETES = re.compile(r"GATEWAY_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?)")


def unknown_variables(environment: Mapping[str, str] = os.environ, /) -> list[str]:
    """A sentence for each GATEWAY_* variable that is not a setting: most are misspelt."""
    known = Settings.variables() | Limits.variables()
    found = []
    for name in sorted(environment):
        if name.startswith("GATEWAY_") and name not in known and not _OF_KUBERNETES.fullmatch(name):
            near = get_close_matches(name, known, 1, 0.8)
            found.append(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "."))
    return found
