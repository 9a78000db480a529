"""What HTTP/1.1 has a server refuse, byte by byte at a real one (RFC 9112, RFC 9110), and what it has it take."""

import socket
import threading

import pytest

from tests.patience import ENOUGH
from tests.transport.test_http_connections import AND_LAST, GOOD, LAST, NO_REQUEST, exchange, serving

NO_HOST = (400, b"The header must have one field Host, with a name or an address.")
NO_TARGET = (400, b"The request's target must be a path, or a URL of http or https.")
NOT_CHUNKED = (400, b"The last transfer coding must be chunked, and no other may be.")
CODING = (501, b"Of the transfer codings, only chunked is understood.")
METHOD = (501, b"This method is not implemented here.")
VERSION = (505, b"HTTP is spoken here in the versions 1.1 and 1.0.")
EXPECTATION = (417, b"Of the expectations, only 100-continue can be met.")
BROKEN = (400, NO_REQUEST)
ONE = (200, b"/one|")
CHUNKS = b"2\r\nab\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def address():
    with serving(ws="none") as address:
        yield address


@pytest.fixture(scope="module")
def address_of_sockets():
    with serving(ws="auto") as address:
        yield address


def get(target=b"/one", fields=b"Host: x\r\n", version=b"1.1", method=b"GET"):
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, target, version, fields)


def refused(address, request):
    """The answer to a request, behind one that is answered and before one that is not read any more."""
    first, answer = exchange(address, GOOD % b"one" + request + LAST)
    assert first == ONE
    assert exchange(address, request) == [answer]
    return answer


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        b"Host: x\r\nHost: x\r\n",
        b"Host: x\r\nhost: y\r\n",
        *(
            b"Host: " + host + b"\r\n"
            for host in (
                *(b"a b", b"a\tb", b"a/b", b"a?b", b"a#b", b"a@b", b"a\\b", b"<a>", b'"a"', b"\xc3\xa9"),
                *(b"a:b", b"a:80:80", b"::1", b"[::1", b"[]", b"[x]", b"http://a", b"a%4", b"a%zz"),
            )
        ),
    ],
)
def test_a_request_without_one_fit_host_is_refused(address, fields):
    assert refused(address, get(fields=fields)) == NO_HOST


@pytest.mark.parametrize(
    "host",
    [
        *(
            b"",
            b"x",
            b"X:",
            b"x:80",
            b"127.0.0.1:8000",
            b"[::1]",
            b"[::1]:80",
            b"[fe80::1.2.3.4]",
            b"[v1.a:b]",
        ),
        *(b"a_b.example.", b"a%41", b"a!$&'()*+,;=~-._", b" \t x \t "),
    ],
)
def test_hosts_are_written_in_many_ways(address, host):
    assert exchange(address, get(fields=b"Host:" + host + b"\r\n") + LAST) == [ONE, AND_LAST]


def test_who_speaks_http_1_0_need_not_name_a_host(address):
    assert exchange(address, get(fields=b"", version=b"1.0")) == [ONE]
    assert exchange(address, get(fields=b"Host: x\r\nHost: x\r\n", version=b"1.0")) == [NO_HOST]


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ([b"gzip, chunked"], CODING),
        ([b"gzip", b"Chunked"], CODING),
        ([b"identity, chunked"], CODING),
        ([b"gzip"], NOT_CHUNKED),
        ([b"identity"], NOT_CHUNKED),
        ([b"xchunked"], NOT_CHUNKED),
        ([b"chunked;a=b"], NOT_CHUNKED),
        ([b'"chunked"'], NOT_CHUNKED),
        ([b"\xa0chunked"], NOT_CHUNKED),
        ([b"chunked, gzip"], BROKEN),
        ([b"chunked, chunked"], BROKEN),
        ([b"chunked", b"chunked"], BROKEN),
        ([b"chunked", b""], BROKEN),
        ([b"\x0bchunked"], BROKEN),
        ([b"\r\n chunked"], BROKEN),
        ([b"chunked\r\nContent-Length: 12"], BROKEN),
        ([b"gzip\r\nContent-Length: 12"], BROKEN),
    ],
)
def test_a_body_in_another_coding_is_refused(address, lines, answer):
    fields = b"Host: x\r\n" + b"".join(b"Transfer-Encoding: %b\r\n" % line for line in lines)
    request = get(fields=fields, method=b"POST") + CHUNKS
    if answer is BROKEN:
        assert exchange(address, request) == [BROKEN]
    else:
        assert refused(address, request) == answer


def test_a_body_in_chunks_is_read_however_that_is_written(address):
    for coding in (b"chunked", b"CHUNKED", b" \tchunked ", b", chunked"):
        fields = b"Host: x\r\nTransfer-Encoding:" + coding + b"\r\n"
        request = get(fields=fields, method=b"POST") + CHUNKS
        assert exchange(address, request + LAST) == [(200, b"/one|ab"), AND_LAST]
    request = get(fields=b"Transfer-Encoding: chunked\r\n", version=b"1.0", method=b"POST") + CHUNKS
    assert exchange(address, request) == [(400, b"HTTP/1.0 has no Transfer-Encoding.")]


@pytest.mark.parametrize(
    "chunks",
    [
        *(
            b"+2\r\nab\r\n0\r\n\r\n",
            b"-2\r\nab\r\n0\r\n\r\n",
            b"0x2\r\nab\r\n0\r\n\r\n",
            b" 2\r\nab\r\n0\r\n\r\n",
        ),
        *(b"2_\r\nab\r\n0\r\n\r\n", b"10000000000000002\r\nab\r\n0\r\n\r\n", b"\r\nab\r\n0\r\n\r\n"),
        *(
            b"2\nab\r\n0\r\n\r\n",
            b"2\r\nab\n0\r\n\r\n",
            b"2\r\nab\r\n0\n\n",
            b"2\r\nab0\r\n\r\n",
            b"2\rab\r\n0\r\n\r\n",
        ),
        *(b"2;a\nb\r\nab\r\n0\r\n\r\n", b"2;a\rb\r\nab\r\n0\r\n\r\n", b"1\r\nab\r\n0\r\n\r\n"),
        *(
            b"2\r\nab\r\n0\r\nX : y\r\n\r\n",
            b"2\r\nab\r\n0\r\nX\r\n\r\n",
            b"2\r\nab\r\n0\r\nContent-Length: 2\r\n\r\n",
        ),
    ],
)
def test_broken_chunks_are_refused(address, chunks):
    fields = b"Host: x\r\nTransfer-Encoding: chunked\r\n"
    assert exchange(address, get(fields=fields, method=b"POST") + chunks) == [BROKEN]


def test_a_body_that_breaks_off_is_refused_in_its_turn(address):
    fields = b"Host: x\r\nTransfer-Encoding: chunked\r\n"
    broken = get(fields=fields, method=b"POST") + b"2\r\nab\r\nzz\r\n"
    assert exchange(address, GOOD % b"one" + broken + LAST) == [ONE, BROKEN]
    assert exchange(address, GOOD % b"one" + broken[:-4], b"zz\r\n") == [ONE, BROKEN]


async def answering_early(scope, receive, send):
    """Answers before it reads, where the path says so."""
    if scope["path"] == "/early":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    while (message := await receive())["type"] == "http.request":
        if not message["more_body"]:
            return


def test_a_body_that_breaks_off_leaves_the_application_nothing_to_say(caplog):
    """Neither that the body may come, nor anything behind the answer that has begun."""
    fields = b"Host: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n"
    with serving(answering_early, ws="none", log_config=None) as address:
        assert exchange(address, get(fields=fields, method=b"POST") + b"zz\r\n") == [BROKEN]
        with socket.create_connection(address, timeout=ENOUGH) as connection:
            connection.sendall(get(b"/early", fields, method=b"POST") + b"2\r\na")
            received = b""
            while not received.endswith(b"begun\r\n"):
                received += connection.recv(65_536)
            connection.sendall(b"zz\r\n")
            assert connection.recv(65_536) == b""
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []


def test_who_goes_away_goes_away_from_every_request(caplog):
    """uvicorn tells the latest one alone, which waits for its turn; the one under way wrote to nobody."""
    come, gone = threading.Event(), threading.Event()

    async def waiting(scope, receive, send):
        come.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone.set()

    with serving(waiting, ws="none", log_config=None) as address:
        with socket.create_connection(address, timeout=ENOUGH) as connection:
            connection.sendall(GOOD % b"one" * 3)
            assert come.wait(ENOUGH)
        assert gone.wait(ENOUGH)
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []


def test_trailers_are_no_fields_of_the_header(address):
    """Whoever filters fields in front of the server does not look at them."""
    fields = b"Host: x\r\nTransfer-Encoding: chunked\r\n"
    request = get(b"/fields", fields, method=b"POST") + b"0\r\n%b\r\n"
    trailers = b"Authorization: Bearer x\r\nHost: y\r\nExpect: 100-continue\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    told = (200, b"host=x\ntransfer-encoding=chunked")
    assert exchange(address, request % trailers * 2 + LAST) == [told, told, AND_LAST]
    assert exchange(address, request % b"Connection: close\r\n" + LAST) == [told]


@pytest.mark.parametrize(
    "length",
    [b"+2", b"-2", b"2, 2", b"2\r\nContent-Length: 2", b"0x2", b"2a", b"", b"2 2", b"99999999999999999999"],
)
def test_no_other_length_is_taken_for_one(address, length):
    fields = b"Host: x\r\nContent-Length: %b\r\n" % length
    assert exchange(address, get(fields=fields, method=b"POST") + b"ab") == [BROKEN]


@pytest.mark.parametrize(
    "line",
    [
        *(
            b"X : y",
            b"X\t: y",
            b" X: y",
            b"X: y\r\n z",
            b"X",
            b": y",
            b"X Y: z",
            b"X\x80: y",
            b"X[]: y",
            b"X(: y",
        ),
        *(b"X: \0", b"X: a\rb", b"X: a\nb", b"X: \x7f", b"X: \x0b", b"X: a\r"),
    ],
)
def test_what_is_no_field_is_refused(address, line):
    assert exchange(address, get(fields=b"Host: x\r\n" + line + b"\r\n")) == [BROKEN]


@pytest.mark.parametrize(
    ("request_line", "answer"),
    [
        (b"GET *", NO_TARGET),
        (b"OPTIONS *x", NO_TARGET),
        (b"GET /one#two", NO_TARGET),
        (b"GET http://user@x/one", NO_TARGET),
        (b"GET http:///one", NO_TARGET),
        (b"GET http://:80/one", NO_TARGET),
        (b"GET ftp://x/one", NO_TARGET),
        (b"CONNECT x:80", METHOD),
        (b"CONNECT /one", METHOD),
    ],
)
def test_a_target_that_is_none_is_refused(address, request_line, answer):
    assert refused(address, request_line + b" HTTP/1.1\r\nHost: x\r\n\r\n") == answer


@pytest.mark.parametrize("target", [b"one", b"x:80", b"\\one", b"/\xc3\xa9", b"/\x01", b"/\0", b"/a b", b""])
def test_what_no_target_has_is_refused(address, target):
    assert exchange(address, get(target)) == [BROKEN]


def test_a_target_may_be_a_url(address):
    """Its host is the one that counts (RFC 9112, section 3.2.2)."""
    told = (200, b"host=other:80")
    for target in (b"http://other:80/fields", b"HTTPS://other:80/fields?a=b"):
        assert exchange(address, get(target) + get(target) + LAST) == [told, told, AND_LAST]
    for target in (b"http://x", b"http://x?a=b"):
        assert exchange(address, get(target) + LAST) == [(200, b"/|"), AND_LAST]
    options = get(b"*", method=b"OPTIONS") + get(b"http://x", method=b"OPTIONS") + LAST
    assert exchange(address, options) == [(200, b"*|"), (200, b"*|"), AND_LAST]


@pytest.mark.parametrize("method", [b"get", b"FOO", b"GETS", b"a" * 100])
def test_an_unknown_method_is_not_implemented(address, method):
    assert exchange(address, b"\r\n" + get(method=method)) == [METHOD]


@pytest.mark.parametrize(
    "sent",
    [
        *(
            b" /one HTTP/1.1\r\n\r\n",
            b"G:T /one HTTP/1.1\r\n\r\n",
            b"GET /one\tHTTP/1.1\r\n\r\n",
            b"GET /one HTTP/1.10\r\n",
        ),
        *(
            b"GET /one http/1.1\r\n\r\n",
            b"GET /one HTTP/1.1 \r\n\r\n",
            b"FOO\r\n\r\n",
            b"FOO /one two HTTP/1.1\r\n\r\n",
        ),
        *(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\0\x01\0",
            b"GET /one HTTP/1.1\nHost: x\n\n",
        ),
    ],
)
def test_what_is_no_line_of_a_request_is_broken(address, sent):
    assert exchange(address, sent) == [BROKEN]


def test_other_versions_are_told_of_those_that_are_spoken(address):
    for version in (b"0.9", b"2.0", b"3.0", b"9.9"):
        assert refused(address, get(version=version)) == VERSION
    assert exchange(address, b"GET /one\r\n\r\n") == [VERSION]
    # A higher one of the same kind is read as the highest that is known (RFC 9110, section 2.5).
    assert exchange(address, get(version=b"1.2") * 3 + LAST) == [ONE, ONE, ONE, AND_LAST]


def test_of_expectations_only_that_to_go_on_is_met(address):
    for expected in (b"foo", b"100-continue, foo", b"100-continue\r\nExpect: 200-ok"):
        request = get(fields=b"Host: x\r\nExpect: %b\r\nContent-Length: 2\r\n" % expected, method=b"POST")
        assert refused(address, request) == EXPECTATION
    fields = b"Host: x\r\nExpect: %b\r\nContent-Length: 2\r\n"
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        connection.sendall(get(fields=fields % b"100-Continue \t", method=b"POST"))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    with_body = [get(fields=fields % b"", method=b"POST"), b"ab" + LAST]
    assert exchange(address, *with_body) == [(200, b"/one|ab"), AND_LAST]
    for expected in (b"100-continue", b"foo"):  # which HTTP/1.0 does not know (RFC 9110, section 10.1.1)
        with_body = [get(fields=fields % expected, method=b"POST", version=b"1.0"), b"ab"]
        assert exchange(address, *with_body) == [(200, b"/one|ab")]


def test_a_refusal_of_head_has_no_body(address):
    assert exchange(address, get(method=b"HEAD", fields=b"")) == [(400, b"")]
    lines = b"A:\r\n" * 101
    assert exchange(address, get(method=b"HEAD", fields=b"Host: x\r\nExpect: x\r\n")) == [(417, b"")]
    assert exchange(address, get(method=b"HEAD", fields=lines))[0][0] == 431


def test_the_end_of_a_connection_goes_before_its_keeping(address):
    both = b"Connection: keep-alive\r\nConnection: close\r\n"
    for version in (b"1.0", b"1.1"):
        assert exchange(address, get(fields=b"Host: x\r\n" + both, version=version) + LAST) == [ONE]


def handshake(target=b"/one", version=b"Sec-WebSocket-Version: 13\r\n", more=b"", connection=b"Upgrade"):
    fields = b"Host: x\r\nConnection: %b\r\nUpgrade: websocket\r\n" % connection
    return get(target, fields + version + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more)


def told(address, request, end=b"\r\n\r\n"):
    """What a server says until it has said something."""
    with socket.create_connection(address, timeout=ENOUGH) as connection:
        connection.sendall(request)
        received = b""
        while end not in received:
            more = connection.recv(65536)
            assert more
            received += more
    return received


@pytest.mark.parametrize("version", [None, b"", b"8", b"013", b"13, 8", b"13\r\nSec-WebSocket-Version: 8"])
def test_another_version_of_websockets_is_told_which_is_spoken(address_of_sockets, version):
    """RFC 6455, section 4.4."""
    field = b"" if version is None else b"Sec-WebSocket-Version: %b\r\n" % version
    answer = told(address_of_sockets, handshake(version=field), b"version 13.")
    assert answer.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert answer.endswith(
        b"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
        b"content-type: text/plain; charset=utf-8\r\ncontent-length: 45\r\nconnection: close\r\n\r\n"
        b"WebSockets are spoken here in the version 13."
    )


@pytest.mark.parametrize(
    "request_of_socket",
    [
        handshake(),
        handshake(connection=b"keep-alive, upgrade"),
        handshake(connection=b"Upgrade\r\nConnection: keep-alive"),
        handshake(connection=b"keep-alive\r\nConnection: Upgrade"),
        handshake(more=b"Content-Length: 0\r\n"),
        handshake(b"http://other/one"),
    ],
)
def test_a_websocket_may_be_asked_for_in_many_ways(address_of_sockets, request_of_socket):
    assert told(address_of_sockets, request_of_socket).startswith(b"HTTP/1.1 101 ")


def test_the_path_of_a_websocket_is_the_one_of_a_url_too(address_of_sockets):
    assert b"hello /a" in told(address_of_sockets, handshake(b"http://other/a?b=c"), b"hello /a")


def test_a_websocket_with_a_body_is_an_offer_that_is_not_taken_up(address_of_sockets):
    """The library of WebSockets reads none; such a request had no answer, and kept its connection for ever."""
    for more in (b"Content-Length: 2\r\n\r\nab", b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS):
        request = handshake().removesuffix(b"\r\n") + more
        assert exchange(address_of_sockets, request + LAST) == [(200, b"/one|ab"), AND_LAST]


def test_a_websocket_behind_an_answer_that_is_not_given_yet_is_not_taken_up(address_of_sockets):
    sent = GOOD % b"one" + handshake(b"/two") + LAST
    assert exchange(address_of_sockets, sent) == [ONE, (200, b"/two|"), AND_LAST]


@pytest.mark.parametrize("fields", [b"", b"Host: x\r\nHost: x\r\n", b"Host: a b\r\n"])
def test_a_websocket_needs_one_host_too(address_of_sockets, fields):
    request = handshake().replace(b"Host: x\r\n", fields)
    assert exchange(address_of_sockets, request) == [NO_HOST]
