"""From a URL to an open connection: what each parameter does to it, on a real server."""

import os
import socket
import ssl
from contextlib import asynccontextmanager

import pytest

from gateway.db.database import open_database
from gateway.db.failures import Unreachable
from gateway.db.lookups import ping
from gateway.db.migrate import migrate, pending
from gateway.db.postgresql_server import PostgresqlServer
from tests.db.tls import Authority, front
from tests.stores import open_store

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """The operator's own variables and files do not count."""
    for name in [each for each in os.environ if each.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "authority")


@pytest.fixture
def server(spare_postgresql):
    """The folder of the server's socket, as it stands in a URL."""
    return spare_postgresql.url.partition("?host=")[2]


@asynccontextmanager
async def connected(url):
    connection = await PostgresqlServer.of(url).connect()
    yield connection
    await connection.close()


async def refusal(url):
    """What is said where nobody lets us in."""
    with pytest.raises(Unreachable) as raised:
        await PostgresqlServer.of(url).connect()
    assert "\n" not in str(raised.value)
    return str(raised.value)


async def test_names_and_settings_reach_the_server(server, environment):
    asked = f"postgresql://postgres@/postgres?host={server}"
    shown = "SELECT current_setting('application_name'), current_setting('work_mem')"
    async with connected(asked) as connection:
        assert tuple(await connection.fetchrow(shown)) == ("gateway", "4MB")
    async with connected(
        f"{asked}&fallback_application_name=f&options=-c%20work_mem%3D5MB%20--geqo=off"
    ) as connection:
        assert tuple(await connection.fetchrow(shown)) == ("f", "5MB")
    environment.setenv("PGAPPNAME", "of the environment")
    environment.setenv("PGOPTIONS", "-c work_mem=6MB")
    async with connected(asked) as connection:
        assert tuple(await connection.fetchrow(shown)) == ("of the environment", "6MB")
    async with connected(f"{asked}&application_name=caf%C3%A9%201") as connection:
        assert (await connection.fetchrow(shown))[1] == "6MB"
        name = "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        assert (await connection.fetchval(name)).endswith(" 1")
    said = await refusal(f"{asked}&options=-c%20no_such_setting%3D1")
    assert said.endswith(': unrecognized configuration parameter "no_such_setting"')


async def test_a_password_may_be_of_any_characters_and_stand_in_any_place(
    spare_postgresql, server, tmp_path, environment
):
    spare_postgresql.run("CREATE ROLE guarded LOGIN PASSWORD 'p@s:s/w?#%&+ é'")
    spare_postgresql.ask_for_a_password("guarded")
    encoded = "p%40s%3As%2Fw%3F%23%25%26+%20%C3%A9"
    for url in (
        f"postgres://guarded:{encoded}@/postgres?host={server}",
        f"postgresql+asyncpg:///postgres?host={server}&user=guarded&password={encoded}",
    ):
        async with connected(url) as connection:
            assert await connection.fetchval("SELECT session_user") == "guarded"
    without = f"postgresql://guarded@/postgres?host={server}"
    assert "password" in await refusal(without)
    wrong = await refusal(f"postgresql://guarded:hunter2@/postgres?host={server}")
    assert wrong.endswith(': password authentication failed for user "guarded"')
    passwords = tmp_path / "passwords"
    passwords.write_text("localhost:5432:*:guarded:p@s:s/w?#%&+ é\n")
    passwords.chmod(0o600)
    async with connected(f"{without}&passfile={passwords}") as connection:
        assert await connection.fetchval("SELECT session_user") == "guarded"
    environment.setenv("PGPASSWORD", "p@s:s/w?#%&+ é")
    async with connected(without) as connection:
        assert await connection.fetchval("SELECT session_user") == "guarded"


async def test_the_first_server_that_fits_is_taken(spare_postgresql):
    with front(spare_postgresql.socket) as (port, _), socket.create_server(("127.0.0.1", 0)) as silent:
        silent.listen()
        url = "postgresql://postgres@{}/postgres?connect_timeout={}&{}"
        # Each has so long: the one that is silent takes all of it, and the last may need some of it.
        places = f"127.0.0.1:1,127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{port}"
        for hosts, seconds, query in (
            (places, 4, "target_session_attrs=read-write"),
            (f":{port}", 60, "target_session_attrs=prefer-standby&host=127.0.0.1"),
        ):
            async with connected(url.format(hosts, seconds, query)) as connection:
                assert await connection.fetchval("SELECT 1") == 1
        for query in ("load_balance_hosts=random", "hostaddr=127.0.0.1", "hostaddr=127.0.0.1&sslmode=allow"):
            async with connected(url.format(f"localhost:{port}", 60, query)) as connection:
                assert await connection.fetchval("SELECT 1") == 1
        said = await refusal(url.format(f"127.0.0.1:1,127.0.0.1:{port}", 60, "target_session_attrs=standby"))
        assert "127.0.0.1:1: [Errno 111]" in said
        assert f"127.0.0.1:{port}: None of the hosts match the target attribute requirement" in said
        said = await refusal(url.format(f"127.0.0.1:{silent.getsockname()[1]}", 1, ""))
        assert said.endswith(": no answer within 1 seconds")


KEPT = ("SO_KEEPALIVE", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", (1, None, None, None, 0)),
        ("keepalives_idle=11&keepalives_interval=12&keepalives_count=3", (1, 11, 12, 3, 0)),
        ("keepalives=0&keepalives_idle=11&tcp_user_timeout=9000", (0, None, None, None, 9000)),
    ],
)
async def test_idle_connections_are_kept_alive(spare_postgresql, query, kept):
    with front(spare_postgresql.socket) as (port, _):
        async with connected(f"postgresql://postgres@127.0.0.1:{port}/postgres?{query}") as connection:
            given = connection._transport.get_extra_info("socket")
            found = [
                given.getsockopt(
                    socket.IPPROTO_TCP if name[0] == "T" else socket.SOL_SOCKET, getattr(socket, name)
                )
                for name in KEPT
            ]
    assert [each for each, wanted in zip(found, kept, strict=True) if wanted is not None] == [
        wanted for wanted in kept if wanted is not None
    ]


async def test_tls_is_used_as_far_as_the_mode_says(spare_postgresql, authority, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    with (
        front(spare_postgresql.socket, authority.issue("127.0.0.1")) as (port, seen),
        front(spare_postgresql.socket, authority.issue("elsewhere.example")) as (other, _),
        front(spare_postgresql.socket) as (plain, _),
    ):
        at = f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode="
        for mode in (
            "disable", "prefer", "require", f"verify-ca&sslrootcert={authority.path}",
            f"verify-full&sslrootcert={authority.path}&ssl_max_protocol_version=TLSv1.2",
            f"verify-full&sslrootcert={authority.path}&sslnegotiation=direct",
        ):  # fmt: skip
            async with connected(at + mode) as connection:
                assert await connection.fetchval("SELECT 1") == 1
        assert seen == ["plain", "TLSv1.3", "TLSv1.3", "TLSv1.3", "TLSv1.2", "direct TLSv1.3"]
        assert "CERTIFICATE_VERIFY_FAILED" in await refusal(f"{at}verify-full&sslrootcert={stranger.path}")
        assert "CERTIFICATE_VERIFY_FAILED" in await refusal(f"{at}require&sslrootcert={stranger.path}")
        assert "root.crt" in await refusal(f"{at}verify-full")
        elsewhere = f"postgresql://postgres@127.0.0.1:{other}/postgres?sslrootcert={authority.path}&sslmode="
        assert "IP address mismatch" in await refusal(f"{elsewhere}verify-full")
        async with connected(f"{elsewhere}verify-ca"):
            pass
        assert "rejected SSL upgrade" in await refusal(at.replace(str(port), str(plain)) + "require")


async def test_a_client_shows_its_certificate(spare_postgresql, authority):
    certificate, key = authority.issue("caller.example", password=b"hunter2")
    server = authority.issue("127.0.0.1")
    with front(spare_postgresql.socket, server, clients_of=authority.path) as (port, seen):
        at = f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert={authority.path}"
        shown = f"{at}&sslcert={certificate}&sslkey={key}"
        async with connected(f"{shown}&sslpassword=hunter2") as connection:
            assert await connection.fetchval("SELECT 1") == 1
        assert seen == ["TLSv1.3 as caller.example"]
        with pytest.raises(Exception, match="`sslcert` and `sslkey` cannot be read") as raised:
            open_database(f"{shown}&sslpassword=hunter3")
        assert "hunter" not in str(raised.value)
        await refusal(at)


async def test_the_systems_authorities_are_used_where_they_are_asked_for(
    spare_postgresql, authority, environment
):
    certificate, key = authority.issue("caller.example")
    with front(spare_postgresql.socket, authority.issue("127.0.0.1"), clients_of=authority.path) as (
        port,
        seen,
    ):
        at = f"postgresql://postgres@127.0.0.1:{port}/postgres?sslrootcert=system&sslcert={certificate}&sslkey={key}"
        assert "CERTIFICATE_VERIFY_FAILED" in await refusal(at)
        environment.setenv(ssl.get_default_verify_paths().openssl_cafile_env, authority.path)
        for query in ("", "&sslnegotiation=direct", "&ssl_max_protocol_version=TLSv1.2"):
            async with connected(at + query) as connection:
                assert await connection.fetchval("SELECT 1") == 1
        assert seen == [
            "TLSv1.3 as caller.example",
            "direct TLSv1.3 as caller.example",
            "TLSv1.2 as caller.example",
        ]


async def test_migrations_and_the_store_take_the_same_parameters(spare_postgresql, authority):
    spare_postgresql.run("CREATE DATABASE behind_tls")
    with front(spare_postgresql.socket, authority.issue("127.0.0.1")) as (port, seen):
        url = (
            f"postgresql+asyncpg://postgres@127.0.0.1:1,127.0.0.1:{port}/behind_tls?sslmode=verify-full"
            f"&sslrootcert={authority.path}&application_name=a%20gateway&target_session_attrs=read-write"
            "&options=-c%20search_path%3Dpublic&connect_timeout=10&channel_binding=prefer&keepalives_idle=60"
        )
        assert len(await pending(url)) > 1
        await migrate(url)
        assert await pending(url) == []
        async with open_store(url) as database:
            await ping(database)
        assert set(seen) == {"TLSv1.3"}
        assert len(seen) >= 4
    spare_postgresql.run("DROP DATABASE behind_tls")
