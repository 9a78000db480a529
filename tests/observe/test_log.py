"""The log: its lines in both forms, its levels, and that nobody need read it."""

import logging
import os
import threading

import orjson
import pytest

from gateway.observe.lines import LineWriter
from gateway.observe.log import Handler, Log
from gateway.observe.records import NOBODY, OperationRecord, RequestRecord
from gateway.observe.rendering import Columns, JsonLines
from tests.patience import ENOUGH


@pytest.fixture
def lines():
    return []


def logged(level, render, lines):
    """A log whose lines are kept."""
    return Log(level, lambda said: lines.append(render(said)))


def record(path="/graphql", status=200, **more):
    made = RequestRecord(NOBODY, "the-id", "POST", path)
    made.started_at, made.status, made.seconds = 1_700_000_000.25, status, 0.0021
    made.organization_id, made.token_id, made.statements, made.rows = "north", "t1", 5, 266
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_a_request_is_one_json_object(lines):
    operation = OperationRecord("Inbox", "query", "0a1b")
    logged("info", JsonLines(), lines).request(record(operation=operation, operations=1))
    [line] = lines
    assert line.endswith(b"}\n")
    assert orjson.loads(line) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "info",
        "event": "request",
        "request_id": "the-id",
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "duration_ms": 2.1,
        "operation": "Inbox",
        "operation_type": "query",
        "document_id": "0a1b",
        "organization_id": "north",
        "token_id": "t1",
        "statements": 5,
        "rows": 266,
    }


def test_requests_that_are_like_others_keep_what_is_their_own(lines):
    log = logged("debug", JsonLines(), lines)
    hostile = 'a","time":"b\ue000\x1b\\'
    for path in ("/graphql", f"/{hostile}"):
        for rows in (1, 22):
            operation = OperationRecord(None, "query", hostile)
            log.request(record(path, rows=rows, seconds=rows / 1000, operation=operation, operations=1))
        log.request(record(path, None, is_probe=True))
    said = [orjson.loads(line) for line in lines]
    assert [(each["path"], each["rows"], each["duration_ms"], each.get("status")) for each in said] == [
        ("/graphql", 1, 1.0, 200),
        ("/graphql", 22, 22.0, 200),
        ("/graphql", 266, 2.1, None),
        (f"/{hostile}", 1, 1.0, 200),
        (f"/{hostile}", 22, 22.0, 200),
        (f"/{hostile}", 266, 2.1, None),
    ]
    assert [each.get("document_id") for each in said] == [hostile, hostile, None] * 2
    assert {each["level"] for each in said} == {"info", "debug"}
    assert {each["time"] for each in said} == {"2023-11-14T22:13:20.250Z"}


def test_people_get_columns_that_nothing_can_break(lines):
    log = logged("info", Columns(), lines)
    log.request(record("/x\n\x1b[31m/ftp://user:hunter2@host", 404, code="NOT_FOUND"))
    [line] = lines
    assert line.count(b"\n") == 1
    assert b"\x1b" not in line
    assert b"hunter2" not in line
    assert line.startswith(b"22:13:20.250 info    404 POST ")
    assert b"2.1 ms  request_id=the-id" in line
    assert line.endswith(b"organization_id=north token_id=t1 code=NOT_FOUND statements=5 rows=266\n")


@pytest.mark.parametrize(
    ("level", "statuses"),
    [
        ("debug", [200, 404, 503, 500, None, 204]),
        ("info", [200, 404, 503, 500, None]),
        ("warning", [503, 500]),
        ("error", [500]),
        ("off", []),
    ],
)
def test_a_level_leaves_out_what_lies_below_it(lines, level, statuses):
    log = logged(level, JsonLines(), lines)
    for status in (200, 404, 503, 500, None):
        log.request(record(status=status))
    log.request(record(status=204, is_probe=True))
    assert [orjson.loads(line).get("status") for line in lines] == statuses


def test_a_reason_is_said_without_credentials(lines):
    unavailable = record(status=503, code="SERVICE_UNAVAILABLE", reason="no answer of ftp://u:hunter2@h")
    logged("info", JsonLines(), lines).request(unavailable)
    said = orjson.loads(lines[0])
    assert (said["level"], said["code"], said["reason"]) == (
        "warning",
        "SERVICE_UNAVAILABLE",
        "no answer of ftp://***@h",
    )


def test_loggers_say_theirs_in_the_same_form_and_no_exceptions_message(lines):
    handler = Handler(logged("info", JsonLines(), lines))
    logger = logging.Logger("lib")
    logger.addHandler(handler)
    try:
        raise ValueError("hunter2")
    except ValueError:
        logger.exception("It broke: %s.", "so")
    logger.warning("Mind.", extra={"members": {"error_id": "e1"}})
    first, second = map(orjson.loads, lines)
    assert (first["level"], first["logger"], first["message"], first["error"]) == (
        "error",
        "lib",
        "It broke: so.",
        "ValueError",
    )
    assert (second["level"], second["message"], second["error_id"]) == ("warning", "Mind.", "e1")
    assert b"hunter2" not in b"".join(lines)


def test_a_pipe_that_nobody_reads_stops_nobody():
    reader, writer = os.pipe()
    with open(writer, "wb", buffering=0) as stream:
        log = LineWriter(stream, bytes, lambda number: b"%d dropped\n" % number)
        line = b"x" * 999 + b"\n"
        for _ in range(20_000):  # the pipe holds 64 of them, the writer 10,000
            log.write(line)
        read: list[bytes] = []
        with open(reader, "rb") as other:
            reading = threading.Thread(target=lambda: read.extend(other))
            reading.start()
            log.close(seconds=ENOUGH)
            stream.close()
            reading.join(ENOUGH)
    dropped = int(read[-1].removesuffix(b" dropped\n"))
    assert dropped > 0
    assert len(read) - 1 + dropped == 20_000
    assert set(read[:-1]) == {line}


def test_lines_are_written_when_the_writer_is_closed(tmp_path):
    path = tmp_path / "log"
    with path.open("wb", buffering=0) as stream:
        log = LineWriter(stream, bytes, lambda number: b"")
        log.write(b"one\n")
        log.write(b"two\n")
        log.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_line_that_cannot_be_made_is_counted_and_ends_nothing(tmp_path):
    path = tmp_path / "log"
    with path.open("wb", buffering=0) as stream:
        log = LineWriter(stream, lambda said: b"%d\n" % (1 // said), lambda number: b"%d dropped\n" % number)
        for said in (1, 0, 1):
            log.write(said)
        log.close()
    assert sorted(path.read_bytes().splitlines()) == [b"1", b"1", b"1 dropped"]
