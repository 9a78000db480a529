"""What the `gateway` command refuses: one line on standard error that says why, and nothing left behind."""

import json
import os
import re
import resource
import socket
import subprocess
import sys

import pytest

from tests.commands.outcome import assert_refused, rows

MISTYPED = [
    (("organization", "create", ""), "An organization's name must be one line of text"),
    (("organization", "create", "x\udcff"), "An organization's name must be one line of text"),
    (
        ("organization", "create", "x", "--timezone", "Mars/Olympus"),
        "“Mars/Olympus” is not a time zone of the IANA",
    ),
    (("organization", "create", "x", "--timezone", "../etc/passwd"), "“../etc/passwd” is not a time zone"),
    (("organization", "create", "x", "--timezone", "America"), "“America” is not a time zone"),
    (("organization", "create", "x", "--timezone", "localtime"), "“localtime” is not a time zone"),
    (("organization", "create", "x", "--timezone", "x\udcff"), r"“x\\udcff” is not a time zone"),
    (("organization", "create", "x", "--timezone", ""), "“” is not a time zone"),
    (("token", "create", "--organization", "nowhere"), "There is no organization nowhere"),
    (("token", "create", "--organization", "x\udcff"), r"There is no organization x\\udcff"),
    (("token", "create", "--organization", "x", "--name", ""), "A token's name must be one line of text"),
    (
        ("token", "create", "--organization", "x", "--expires-at", "tomorrow"),
        "--expires-at: An instant is written as",
    ),
    (
        ("token", "create", "--organization", "x", "--expires-at", ""),
        "--expires-at: An instant is written as RFC 3339",
    ),
    (("token", "revoke", "none", "--organization", "x"), "There is no token none in this organization"),
    (("export", "crux", "--organization", "nowhere"), "There is no organization nowhere"),
    (("export", "crux", "--organization", ""), "There is no organization ''"),
    (("export", "crux", "--organization", "x\udcff"), r"There is no organization x\\udcff"),
    (("import", "crux", "none.json", "--organization", "x\udcff"), r"There is no organization x\\udcff"),
    (("plan", "{ viewer { name } }", "--organization", "x\udcff"), r"There is no organization x\\udcff"),
    (("plan", "{ viewer { name } }", "--variables", "["), "--variables is not JSON"),
    (("seed", "--requests", "1"), "at least the number of organizations"),
    (("seed", "--organization", "nowhere"), "There is no organization nowhere"),
    (("seed", "--organization", "x\udcff"), r"There is no organization x\\udcff"),
    (("connectors", "load", "none.json"), "none.json: No such file or directory"),
    (("connectors", "load", "."), ".: Is a directory"),
    (("serve", "--host", ""), "--host names no address"),
    (("serve", "--host", "127.0.0.1:80"), r"Cannot listen on \[127.0.0.1:80\]:8000: "),
    (("serve", "--host", "192.0.2.1", "--port", "0"), "Cannot listen on 192.0.2.1:0: cannot assign"),
]


def test_what_the_operator_mistyped_is_one_line(on_store, tmp_path):
    before = set(tmp_path.iterdir())
    for arguments, message in MISTYPED:
        assert_refused(on_store(*arguments), message)
    left = {path.name for path in set(tmp_path.iterdir()) - before}
    assert left <= {"gateway.db.key", "gateway.db-wal", "gateway.db-shm"}  # SQLite's own


UNREADABLE = [
    (("organization", "create", "x", "--kind", "charity"), "'charity' is not one of", "organization create"),
    (("organization", "create"), "Missing argument 'name'", "organization create"),
    (("token", "create"), "Missing option '--organization'", "token create"),
    (("token", "create", "--organization", "x", "--scope", "all"), "'all' is not one of", "token create"),
    (("token", "create", "--organization", "x", "--scope", ""), "'' is not one of", "token create"),
    (("serve", "--port", "65536"), "'--port'.* 65535", "serve"),
    (("serve", "--workers", "0"), "'--workers'.* 1", "serve"),
    (("serve", "--prot", "1"), "No such option: --prot .*--port", "serve"),
    (("seed", "--requests", "-5"), "'--requests'.* 1", "seed"),
    (("seed", "--requests", "many"), "'--requests'.* integer", "seed"),
    (("import", "acme", "x.json", "--organization", "x"), "'acme' is not one of 'crux'", "import"),
    (("schema", "more"), r"unexpected extra argument\(s\) \(more\)", "schema"),
    (("sed",), "No such command 'sed'. Did you mean 'seed'", ""),
]


@pytest.mark.parametrize(("arguments", "message", "command"), UNREADABLE)
def test_a_command_line_that_cannot_be_read_is_one_line_and_where_the_help_is(
    run, arguments, message, command
):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    help_of = f"gateway {command}".strip()
    assert re.fullmatch(f"gateway: .*{message}.*[.?] See {help_of} --help\\.\n", err), err


@pytest.mark.parametrize("arguments", [(), ("token",), ("keys",)])
def test_a_command_that_names_none_shows_what_there_is(run, arguments):
    code, out, err = run(*arguments)
    assert (code, err) == (2, "")
    assert "Usage: gateway" in out


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"GATEWAY_DATABASE_URL": "mysql://u:hunter2@h/d"},
            "GATEWAY_DATABASE_URL must start with sqlite:///",
        ),
        (
            {"GATEWAY_LISTEN_DATABASE_URL": "postgresql://u:hunter2@h/d"},
            "GATEWAY_LISTEN_DATABASE_URL must start with postgresql://, and goes with such a database alone",
        ),
        ({"GATEWAY_PAGE_SIZE": "many"}, "GATEWAY_PAGE_SIZE must be a whole number, not 'many'"),
        ({"GATEWAY_PAGE_SIZE": "1001"}, "GATEWAY_PAGE_SIZE must lie between 1 and GATEWAY_PAGE_SIZE_MAX"),
        ({"GATEWAY_TOKEN_CACHE_SECONDS": "6"}, "GATEWAY_TOKEN_CACHE_SECONDS must lie between 0 and 5"),
        ({"GATEWAY_TOKEN_CACHE_SECONDS": "nan"}, "GATEWAY_TOKEN_CACHE_SECONDS must lie between 0 and 5"),
        ({"GATEWAY_HEADER_SECONDS": "0"}, "GATEWAY_HEADER_SECONDS must be more than 0, and 3600 at most"),
        ({"GATEWAY_KEPT_ANSWERS_BYTES": "-1"}, "GATEWAY_KEPT_ANSWERS_BYTES must not be negative"),
        ({"GATEWAY_STORAGE_URL": "/dev/null/files"}, "GATEWAY_STORAGE_URL: /dev/null is no directory"),
        (
            {"GATEWAY_STORAGE_URL": "s3:/bucket"},
            "GATEWAY_STORAGE_URL: It is neither a directory nor a URL such as",
        ),
        (
            {"GATEWAY_STORAGE_URL": "ftp://u:hunter2@h/d"},
            "GATEWAY_STORAGE_URL: It is neither a directory nor",
        ),
        ({"GATEWAY_STORAGE_URL": "az://container"}, "GATEWAY_STORAGE_URL: .*Account must be specified"),
        ({"GATEWAY_DATABASE_CONNECTIONS": "0"}, "GATEWAY_DATABASE_CONNECTIONS must be at least 1"),
        ({"GATEWAY_HTTP_PROFILE": "draft-1999"}, "GATEWAY_HTTP_PROFILE must be audit-2025 or draft-2026"),
        ({"GATEWAY_DATABASE_STATEMENT_CACHE": "-1"}, "GATEWAY_DATABASE_STATEMENT_CACHE must not be negative"),
        ({"GATEWAY_COUNT_SECONDS": "soon"}, "GATEWAY_COUNT_SECONDS must be a number, not 'soon'"),
        (
            {"GATEWAY_OPENINT_INVERTED_HAS_NEXT_PAGE": "yes"},
            "GATEWAY_OPENINT_INVERTED_HAS_NEXT_PAGE must be true or false, not 'yes'",
        ),
        ({"GATEWAY_LEGACY_RETIREMENTS": "nonsense"}, "GATEWAY_LEGACY_RETIREMENTS"),
        (
            {
                "GATEWAY_LEGACY_RETIREMENTS": "/v1=2026-01-01, /v1/connector/=2026-01-01, /v1/requets=2026-01-01"
            },
            "GATEWAY_LEGACY_RETIREMENTS: no path begins with /v1/requets; did you mean /v1/requests",
        ),
        (
            {"GATEWAY_LEGACY_RETIREMENTS": "/api/3=2026-06-01/2026-05-31"},
            "GATEWAY_LEGACY_RETIREMENTS: /api/3 would be gone before it is deprecated",
        ),
    ],
)
def test_settings_that_make_no_sense(run, environment, message):
    result = run("serve", **environment)
    assert_refused(result, message)
    assert "hunter2" not in result[2]


def test_variables_that_no_setting_has_are_named(run):
    others = {"GATEWAY_SERVICE_HOST": "10.0.0.1", "GATEWAY_PORT_8000_TCP_ADDR": "10.0.0.1"}  # Kubernetes' own
    misspelt = {
        "GATEWAY_DATABSE_URL": "sqlite:///x.db",
        "GATEWAY_ENCRYPTION_KEY": "x",
        "GATEWAY_XYLOPHONE": "x",
    }
    assert run("migrate", **misspelt, **others) == (
        0,
        "The database is up to date.\n",
        "gateway: GATEWAY_DATABSE_URL is not a setting; did you mean GATEWAY_DATABASE_URL?\n"
        "gateway: GATEWAY_ENCRYPTION_KEY is not a setting; did you mean GATEWAY_ENCRYPTION_KEYS?\n"
        "gateway: GATEWAY_XYLOPHONE is not a setting.\n",
    )


@pytest.fixture
def taken():
    """A port that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_port_in_use_is_all_that_is_said(on_store, database_url, taken):
    workers = "1" if database_url.startswith("sqlite:") else "2"
    refused = on_store("serve", "--port", str(taken), "--workers", workers)
    assert_refused(
        refused,
        rf"Cannot listen on 127\.0\.0\.1:{taken}: the port is in use; choose another one with --port.*\.",
    )


def test_the_metrics_port_is_named_by_its_own_setting(run, taken):
    refused = run("serve", "--port", "0", GATEWAY_METRICS_ADDRESS=f"127.0.0.1:{taken}")
    assert_refused(refused, f":{taken}: the port is in use; choose another one with GATEWAY_METRICS_ADDRESS")


def test_where_the_port_is_in_use_nothing_is_made(run, tmp_path, taken):
    for arguments in (("--demo",), ("--database", "sqlite:///new.db"), ("--host", "localhost")):
        assert_refused(run("serve", "--port", str(taken), *arguments), f":{taken}: the port is in use")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_holds_an_organization_is_not_seeded(on_store, database_url):
    organization = on_store("organization", "create", "Real")[1].strip()
    assert_refused(
        on_store("seed", "--requests", "10"),
        "holds the organization Real. Nothing was written; --organization",
    )
    assert rows(database_url, "SELECT name FROM organizations") == [("Real",)]
    named = ("seed", "--requests", "10", "--organization", organization)
    code, out, err = on_store(*named)
    assert (code, err) == (0, "")
    assert out.startswith(f"{organization}  Real: 10 people, 10 connection requests, ")
    assert rows(database_url, "SELECT DISTINCT organization_id FROM people") == [(organization,)]
    assert_refused(on_store(*named), "The organization Real has been seeded before. Nothing was written")


def test_a_token_ends_in_the_future(on_store, database_url):
    organization = on_store("organization", "create", "Real")[1].strip()
    for past in ("2001-01-01", "2018-04-09T12:00:00+02:00"):
        refused = on_store("token", "create", "--organization", organization, "--expires-at", past)
        assert_refused(refused, "A token must expire in the future; .* is past")
    assert rows(database_url, "SELECT count(*) FROM api_tokens") == [(0,)]


@pytest.mark.parametrize("command", [("organization", "create", "x"), ("keys", "rotate"), ("seed",)])
def test_a_store_that_is_not_there_is_not_made_by_asking(run, tmp_path, command):
    assert_refused(run(*command, "--database", "sqlite:///none.db"), "Run `gateway migrate` first")
    assert_refused(run(*command, "--database", "sqlite:///none/x.db"), "there is no folder none")
    assert_refused(run(*command, "--database", "sqlite:///."), r"\. is a folder")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_opened_is_named(run, tmp_path):
    (tmp_path / "gateway.db").symlink_to(tmp_path / "none" / "x.db")
    for command in (("migrate",), ("serve", "--port", "0")):
        refused = run(*command, "--database", f"sqlite:///{tmp_path}/gateway.db")
        assert_refused(refused, f"this user has to be allowed to write to {tmp_path}/gateway.db")


def test_a_storage_that_fails_while_the_demo_is_filled_is_one_line(run, tmp_path):
    """As with an object store that is away, which is found out when it is asked."""
    (tmp_path / "gateway-demo.db.files").write_text("no directory")
    code, _, err = run("serve", "--demo", "--port", "0")
    assert code == 1
    assert err.splitlines() == [
        "gateway: No files can be uploaded: gateway-demo.db.files is no directory.",
        "gateway: The storage of files failed: [Errno 17] File exists: 'gateway-demo.db.files'",
    ]


def test_a_full_disk_is_one_line():
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd()}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gateway.cli", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
        )
    assert (done.returncode, done.stderr) == (1, b"gateway: No space left on device.\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a file's size stands for a full disk there")
@pytest.mark.parametrize(
    ("database_url", "most", "said"),
    [
        ("sqlite", 64_000, "Temporary files, whose folder TMPDIR names, cannot be written: File too large."),
        (
            "postgresql",
            64_000,
            "Temporary files, whose folder TMPDIR names, cannot be written: File too large.",
        ),
        ("sqlite", 5_000_000, "The database file cannot be used: disk I/O error."),
    ],
    indirect=["database_url"],
)
def test_a_full_disk_is_one_line_and_nothing_of_the_file_is_stored(
    on_store, database_url, tmp_path, most, said
):
    organization = on_store("organization", "create", "O")[1].strip()
    record = {
        "integrations": [],
        "uploaded_files": [],
        "approved_by": None,
        "additional_information": "x" * 1000,
    }
    lines = [json.dumps({"record_uuid": f"r{number}", **record}) for number in range(2000)]
    (tmp_path / "large.jsonl").write_text("\n".join(lines))
    now = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, now[1]))
    try:
        answer = on_store("import", "crux", "--organization", organization, "large.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, now)
    assert_refused(answer, said)
    assert rows(database_url, "SELECT count(*) FROM connection_requests") == [(0,)]
