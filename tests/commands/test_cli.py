"""The `gateway` command: what it prints, what it refuses, and the server that it starts."""

import asyncio
import hashlib
import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import psutil
import pytest
from cryptography.fernet import Fernet

import gateway
from gateway.administration import create_organization
from gateway.cli import EXAMPLES
from gateway.db.lookups import ping
from gateway.db.migrate import migrate
from gateway.schema.schema import make_schema
from gateway.serving import prepare_demo, with_database
from gateway.settings import Settings
from gateway.transport.http_servers import IDLE_SECONDS
from tests.commands.outcome import assert_refused, rows
from tests.patience import ENOUGH
from tests.ports import free_port
from tests.stores import open_store
from tests.traces.collector import open_collector

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\n")
TOKEN = re.compile(r"gw_[A-Za-z0-9_-]{43}\n")


def test_an_organization_a_token_and_its_end(on_store, database_url):
    code, organization, err = on_store(
        "organization", "create", "Acme Ärzte", "--kind", "supplier", "--timezone", "Europe/Berlin"
    )
    assert (code, err) == (0, "")
    assert ID.fullmatch(organization)
    organization = organization.strip()
    assert rows(database_url, "SELECT id, name, kind, timezone FROM organizations") == [
        (organization, "Acme Ärzte", "supplier", "Europe/Berlin")
    ]
    code, token, err = on_store(
        "token", "create", "--organization", organization, "--name", "ci", "--scope", "read", "--scope", "secrets",
        "--expires-at", "2999-01-01",
    )  # fmt: skip
    assert code == 0
    assert TOKEN.fullmatch(token)
    [token_id] = re.findall(r"^id: (\S+)\n$", err)
    digest = hashlib.sha256(token.strip().encode()).hexdigest()
    assert rows(database_url, "SELECT id, name, scopes, token_hash FROM api_tokens") == [
        (token_id, "ci", "read secrets", digest)
    ]
    assert rows(database_url, "SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL") == [(1,)]
    assert on_store("token", "revoke", token_id, "--organization", organization) == (0, "Revoked.\n", "")
    assert rows(database_url, "SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL") == [(0,)]
    assert rows(database_url, "SELECT type FROM events ORDER BY id") == [
        ("organization.created",),
        ("token.created",),
        ("token.revoked",),
    ]


def test_a_token_may_only_read_unless_told_otherwise(on_store, database_url):
    _, organization, _ = on_store("organization", "create", "Acme")
    assert on_store("token", "create", "--organization", organization.strip())[0] == 0
    assert rows(database_url, "SELECT name, scopes, expires_at, person_id, customer_id FROM api_tokens") == [
        ("token", "read", None, None, None)
    ]


def test_an_organization_says_whether_people_approve_their_own(on_store, database_url):
    organization = on_store("organization", "create", "Acme")[1].strip()
    query = "SELECT forbids_own_approval, version FROM organizations"
    assert rows(database_url, query) == [(None, 1)]
    for way, expected in (("allow", (None, 1)), ("forbid", (1, 2)), ("forbid", (1, 2)), ("allow", (0, 3))):
        told = on_store("organization", "update", organization, "--own-approval", way)
        assert told == (0, "Changed.\n", "")
        assert rows(database_url, query) == [expected]
    code, _, err = on_store("organization", "update", "nobody", "--own-approval", "allow")
    assert (code, err) == (1, "gateway: There is no organization nobody.\n")


def test_migrate_makes_a_new_store_and_may_be_repeated(run, tmp_path):
    for _ in range(2):
        assert run("migrate", "--database", "sqlite:///new.db") == (0, "The database is up to date.\n", "")
    assert (tmp_path / "new.db").exists()
    assert run("organization", "create", "x", "--database", "sqlite:///new.db")[0] == 0


def test_a_store_that_was_not_migrated(run):
    code, _, err = run("organization", "create", "x", "--database", "sqlite:///empty.db")
    assert code == 1
    assert err == "gateway: The database has no tables yet. Run `gateway migrate` first.\n"


@pytest.mark.parametrize(
    "url",
    ["sqlite:////no/such/folder/x.db", "sqlite:///.", "sqlite:///text.db", "postgresql://u:hunter2@127.0.0.1:1/x",
     "postgresql://u:hunter2@127.0.0.1:port/x"],
)  # fmt: skip
@pytest.mark.parametrize("command", [("migrate",), ("organization", "create", "x"), ("serve",)])
def test_a_store_that_cannot_be_used(run, tmp_path, url, command):
    (tmp_path / "text.db").write_text("no database, but a text that is long enough for a header\n" * 100)
    code, out, err = run(*command, "--database", url)
    assert (code, out) == (1, "")
    said = (
        "The database cannot be used: "
        if url.startswith("sqlite:")
        else "Cannot connect to the PostgreSQL server: "
        if ":1/" in url
        else "The database's URL is not postgresql://user:password@host:port/database"
    )
    assert re.fullmatch(rf"gateway: {said}.+\n", err), err
    assert "hunter2" not in err


def test_a_store_of_a_newer_gateway(run, tmp_path):
    url = "sqlite:///new.db"
    run("migrate", "--database", url)
    rows(f"sqlite:///{tmp_path}/new.db", "UPDATE alembic_version SET version_num = '9999'")
    for command in (("migrate",), ("organization", "create", "x"), ("serve",)):
        assert_refused(run(*command, "--database", url), "The database was made by a newer gateway")


def test_a_file_of_any_name_is_imported(on_store, database_url, tmp_path):
    organization = on_store("organization", "create", "Acme")[1].strip()
    name = "requ\udceates.json"  # as Linux gives a name that is no UTF-8
    example = Path(gateway.__file__).parent / "demo" / "crux-list.json"
    (tmp_path / name).write_bytes(example.read_bytes())
    code, out, err = on_store("import", "crux", "--organization", organization, name)
    assert (code, err) == (0, "")
    assert re.match(r"[1-9]\d* inserted", out)
    [(data,)] = rows(database_url, "SELECT data FROM events WHERE type = 'connection_requests.imported'")
    assert json.loads(data)["file"] == r"requ\udceates.json"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_the_demo_listens_on_loopback_alone(run, tmp_path, host):
    assert_refused(run("serve", "--demo", "--host", host), "only listens on loopback")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_runs_in_one_process(run):
    assert_refused(run("serve", "--demo", "--workers", "2"), "--demo runs in one process")


def test_sqlite_serves_one_process(run):
    assert_refused(
        run("serve", "--workers", "2"), "SQLite allows only one process: for more --workers, use PostgreSQL"
    )


def test_the_demo_refuses_a_store_of_somebody_else(on_store, database_url):
    async def prepare():
        async with open_store(database_url) as store:
            await create_organization(store, "Somebody")

    asyncio.run(prepare())
    assert_refused(on_store("serve", "--demo"), "refuses a database that holds another organization")
    assert rows(database_url, "SELECT name FROM organizations") == [("Somebody",)]


def test_the_version_is_the_newest_of_the_changelog(run):
    releases = re.findall(
        r"^## (\d\S+) - \d{4}-\d\d-\d\d$",
        (Path(gateway.__file__).parents[1] / "CHANGELOG.md").read_text(),
        re.MULTILINE,
    )
    assert run("--version") == (0, f"gateway {releases[0]}\n", "")


def test_the_help_has_every_command_in_a_panel_and_examples_that_are_right(run):
    code, out, err = run("--help", COLUMNS="80")
    assert (code, err) == (0, "")
    assert re.findall(r"^╭─ ([A-Z][\w ]+?) ─", out, re.MULTILINE) == [
        "Options", "Server", "Data", "Schema and plans", "Organizations and access"
    ]  # fmt: skip
    examples = re.findall(r"^ \$ gateway (.+?) *$", out, re.MULTILINE)
    assert len(examples) == len(re.findall(r"^\$ ", EXAMPLES, re.MULTILINE)) > 4
    for each in examples:
        # What is unknown or missing is told without being run; `--help` stands after all the rest.
        assert run(*shlex.split(each), "--help")[0] == 0, each


def test_the_schema_is_printed(run):
    assert run("schema") == (0, make_schema().as_str() + "\n", "")


def test_the_demo_seals_with_the_operators_own_keys(tmp_path):
    key = Fernet.generate_key().decode()
    settings = Settings(database_url=f"sqlite:///{tmp_path}/demo.db", encryption_keys=key)
    asyncio.run(prepare_demo(settings))
    asyncio.run(with_database(settings, ping))
    assert not (tmp_path / "demo.db.key").exists()


def test_the_server_starts_answers_and_stops(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    command = [sys.executable, "-m", "gateway.cli", "serve", "--demo", "--port", "0"]
    server = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": os.getcwd()},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        greeting = server.stderr.readline()  # it comes when the port is open
        [port] = re.fullmatch(r"GraphiQL and GraphQL  http://127\.0\.0\.1:(\d+)/graphql\n", greeting).groups()
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=ENOUGH) as http:
            ready = http.get("/readyz")
            assert ready.json() == {
                "status": "ok",
                "checks": {"database": "ok", "migrations": "ok", "keys": "ok", "writes": "ok"},
            }
            answer = http.post(
                "/graphql",
                json={"query": "{ viewer { name } connectionRequests { totalCount } }"},
                headers={"authorization": "Bearer demo-token"},
            )
            assert answer.json()["data"]["viewer"] == {"name": "demo-token"}
            assert answer.json()["data"]["connectionRequests"]["totalCount"] > 0
            explored = http.post(
                "/graphql",
                json={"query": "{ organization { name } connectionRequests { totalCount } }"},
                headers={"authorization": "Bearer explorer-token"},
            )
            assert explored.json()["data"] == {
                "organization": {"name": "Halyard Markets"},
                "connectionRequests": {"totalCount": 500},
            }
            assert http.post("/graphql", json={"query": "{ viewer { name } }"}).status_code == 401
            assert "server" not in answer.headers
            for page, status, allowed in (
                ("http://localhost:5173", 200, "http://localhost:5173"),
                ("http://localhost.evil.com", 400, None),
            ):
                asked = {"origin": page, "access-control-request-method": "POST"}
                preflight = http.options("/graphql", headers=asked)
                assert preflight.status_code == status
                assert preflight.headers.get("access-control-allow-origin") == allowed
                assert "Origin" in preflight.headers["vary"]
        with socket.create_connection(("127.0.0.1", int(port)), timeout=ENOUGH) as connection:
            assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
                **{f"gateway-demo.db{end}": 0o600 for end in ("", "-wal", "-shm", ".key")},
                "gateway-demo.db.files": 0o700,
            }
            # What Node.js makes of Crux's documented sample: a body that no header announces.
            path = b"/organizations/connections/request/?limit=1"
            connection.sendall(
                b"GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Token demo-token\r\n\r\n{}" % path
            )
            assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 200 OK\r\n")
        server.send_signal(signal.SIGTERM)
        assert server.wait(ENOUGH) == 0
    finally:
        server.kill()
        printed = server.communicate()[1]
    assert "demo-token" in printed
    assert "explorer-token" in printed
    assert "Traceback" not in printed
    assert (tmp_path / "gateway-demo.db").exists()


def test_a_database_is_its_users_alone_but_one_that_is_there_stays_as_it_is(run, tmp_path):
    for made in (("migrate",), ("organization", "create", "O")):
        assert run(*made)[0] == 0
        assert (tmp_path / "gateway.db").stat().st_mode & 0o777 == 0o600
    (tmp_path / "gateway.db").chmod(0o640)
    assert run("organization", "create", "P")[0] == 0
    assert (tmp_path / "gateway.db").stat().st_mode & 0o777 == 0o640


def answered_of(count, port, stop):
    """How many of some connections are accepted, amid which the server is stopped; each has its request answered."""
    with ExitStack() as stack:
        opened = []
        for number in range(count):
            if number == count // 3:
                stop()
            begun = time.monotonic()
            try:
                each = socket.create_connection(("127.0.0.1", port), timeout=ENOUGH)
            except ConnectionRefusedError:
                break  # it was never accepted
            stack.enter_context(each)
            with suppress(OSError):
                each.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            # Who is slower may be too late for the last moment.
            if time.monotonic() - begun < IDLE_SECONDS / 2:
                opened.append(each)
        assert [each.recv(65536)[:15] for each in opened] == [b"HTTP/1.1 200 OK"] * len(opened)
    return number


def hear_hangups():
    """Undo what `nohup` has done, if it runs the tests: a server under it hears no SIGHUP."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def started(tmp_path):
    """Starts servers in a folder of their own: the process, and its port. They are ended, and said no traceback."""
    processes = []

    def start(*arguments, **environment):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        server = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "serve", "--port", "0", *arguments],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": os.getcwd(), **environment},
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_hangups,
        )
        processes.append(server)
        [port] = re.findall(r":(\d+)/graphql\n", server.stderr.readline())
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=ENOUGH) as http:
            assert http.get("/readyz").status_code == 200
        return server, int(port)

    yield start
    for each in processes:
        children = psutil.Process(each.pid).children() if each.poll() is None else []
        each.kill()
        for child in children:
            child.kill()
        assert "Traceback" not in each.communicate()[1]


@pytest.fixture
def several(spare_postgresql):
    """The URL of a migrated store that several processes may serve."""
    spare_postgresql.run("CREATE DATABASE several")
    url = spare_postgresql.url.replace("/postgres?", "/several?")
    asyncio.run(migrate(url))
    yield url
    spare_postgresql.run("DROP DATABASE several WITH (FORCE)")


def said(server, pattern):
    """The first group in a line of what a server says, which it waits for."""
    return next(found[1] for line in server.stderr if (found := re.search(pattern, line)))


@pytest.fixture
def collector():
    with open_collector() as collector:
        yield collector


def test_several_processes_answer_at_one_port_and_are_replaced_on_sighup(
    several, spare_postgresql, started, collector
):
    metrics = f"127.0.0.1:{free_port()}"
    traces = {"GATEWAY_TRACES": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    traces["OTEL_BSP_SCHEDULE_DELAY"] = "50"  # milliseconds
    observed = {"GATEWAY_METRICS_ADDRESS": metrics, **traces}
    server, port = started("--workers", "2", GATEWAY_DATABASE_URL=several, **observed)

    def processes():
        return set(psutil.Process(server.pid).children())

    def all_new_but(kept, before):
        while len(now := processes()) != 3 or len(now & before) != kept:
            assert time.monotonic() < until
            assert http.get("/readyz").status_code == 200
            psutil.wait_procs(before, timeout=0.2)
        return now

    until = time.monotonic() + 4 * ENOUGH
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=ENOUGH) as http:
        before = processes()
        server.send_signal(signal.SIGHUP)
        before = all_new_but(1, before)  # one of them is multiprocessing's own, and stays
        # While the database lets nobody in, what takes the place of one that is killed ends, too; another is tried.
        spare_postgresql.run("ALTER DATABASE several ALLOW_CONNECTIONS false")
        killed = next(each for each in before if "spawn_main" in " ".join(each.cmdline()))
        killed.kill()
        ended = r"process (\d+) has ended \(%d\), and another is started"
        assert said(server, ended % -9) == str(killed.pid)
        assert said(server, ended % 3) != str(killed.pid)
        assert http.get("/healthz").status_code == 200
        spare_postgresql.run("ALTER DATABASE several ALLOW_CONNECTIONS true")
        all_new_but(2, before)
        # What the processes have counted that are gone by now is told all the same, once it was heard.
        counted = r"^gateway_\w+\{.*/readyz.*\} ([1-9]\S*)$"
        while not re.search(counted, http.get(f"http://{metrics}/metrics").text, re.M):
            assert time.monotonic() < until
        assert http.get("/nowhere").status_code == 404
        collector.wait()
    assert answered_of(300, port, lambda: server.send_signal(signal.SIGTERM)) >= 100
    assert server.wait(ENOUGH) == 0
    # Whichever of them answered has exported it.
    assert [each.attributes["url.path"] for each in collector.spans] == ["/nowhere"]


def test_one_process_ends_on_sighup_as_on_sigterm(started):
    server, port = started()
    assert answered_of(300, port, lambda: server.send_signal(signal.SIGHUP)) >= 100
    assert server.wait(ENOUGH) == 0
