"""What reads bytes before it is known who sent them, or text of a caller's: its cost grows as its input does."""

import itertools
import time
from collections import Counter
from contextlib import suppress

import pytest
from multipart import PushMultipartParser
from starlette.responses import Response

from gateway.app import create_app
from gateway.auth import credentials
from gateway.http.forms import FORM, boundary_of
from gateway.http.headers import read_headers
from gateway.http.media_types import elements, parse_media_type
from gateway.http.ranges import parse_range
from gateway.instants import parse_instant
from gateway.masking import holds_mask, mask_credentials, mask_json
from gateway.observe.records import NOBODY
from gateway.observe.watching import watched
from gateway.resolvers.cron_expressions import NotCron, read_expression
from gateway.resolvers.errors import GatewayError
from gateway.resolvers.time_zones import time_zone
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal
from gateway.rest.slashes import base_paths, without_doubled_slashes
from gateway.settings import Settings
from gateway.shapes import json_text
from gateway.shapes.repairs import line_of, repaired_end, without_trailing_commas
from gateway.storage.names import attachment
from gateway.transport.cross_origin import admit_origins
from gateway.transport.errors import RequestError
from gateway.transport.json_input import check_values, is_suspicious, load_json
from gateway.transport.negotiation import is_json_request, negotiate
from gateway.transport.preflight import check_preflighted
from gateway.transport.requests import names_a_query, names_an_operation, parse_body, parse_query_string
from gateway.transport.wording import of_document, without_suggestions
from gateway.vendors import VENDORS
from gateway.vendors.openint.parameters import Input
from tests.lengths import IS_LONG

# Bytes of each character alone, as much as a head may have or four times that, and of two in turn.
LARGEST = 1 << 17 if IS_LONG else 1 << 15
LARGEST_PAIR = LARGEST >> 3
NEGLIGIBLE = 0.02  # seconds of this thread's own time, of which no ratio is taken

REFUSED = (GatewayError, Refusal, RequestError, NotCron, ValueError, RecursionError)
BASES = base_paths(VENDORS)
ROUTES = create_app(Settings(database_url="sqlite:///never-opened.db")).routes


def called(application, **headers):
    """Call an ASGI application that waits for nothing."""
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "OPTIONS", "path": "/", "query_string": b"", "headers": fields}

    async def receive():
        raise AssertionError("The body is not asked for.")

    async def send(message):
        pass

    with pytest.raises(StopIteration):
        application(scope, receive, send).send(None)


def call_of(query="", **headers):
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Call({"method": "GET", "headers": fields, "query_string": query.encode()})


def routed(path):
    for route in ROUTES:
        route.matches({"type": "http", "method": "GET", "path": without_doubled_slashes(path, BASES)})


def of_vendors(text):
    for vendor in VENDORS:
        for scheme in ("Bearer ", "Token ", ""):
            for call in (call_of(authorization=scheme + text), call_of(api_token=text), call_of(query=text)):
                with suppress(*REFUSED):
                    vendor.credential(call)


ADMITTING = admit_origins(Response(), ["https://app.example.com", "loopback"])
WATCHED = watched(Response(), NOBODY)
QUERY = ("&=%+;u", ["", "query=%7B&", "variables=", "query=x&variables=[", "query=%7Ba%7D&extensions="])
MEDIA = ('",;=\\ \t/*qa', ["", "a/b;a=", 'a/b;a="', "a/b;a", "application/json;"])
JSON = ('"\\[]{},: \t0-e.\0u', ["", "[", '{"query":"', '{"a":[1,'])

PART = '--x\r\nContent-Disposition: form-data; name="a'

PARSERS = {
    "Accept, its list": (elements, *MEDIA),
    "Accept": (lambda text: negotiate(text, "application/json"), *MEDIA),
    "Content-Type": (is_json_request, *MEDIA),
    "a media type": (parse_media_type, *MEDIA),
    "fields that another site cannot send": (
        lambda text: check_preflighted({"authorization": text, "content-type": text}),
        *('",;=\\ /', ["", "basic ", "text/plain;a="]),
    ),
    "Authorization": (lambda text: credentials(text, ("bearer",)), " \t,=:", ["", "Bearer ", "bearer a"]),
    "credentials of vendors": (of_vendors, " \t,=&%", ["", "a", "api_key="]),
    "lines of fields": (lambda text: read_headers({"headers": [(b"a", b"")] * len(text)}), "a", [""]),
    "preflights": (
        lambda text: called(
            ADMITTING,
            **{
                "origin": text,
                "access-control-request-method": "GET",
                "access-control-request-headers": text,
            },
        ),
        *(", :/*a.1", ["", "https://", "http://localhost:"]),
    ),
    "X-Request-Id": (lambda text: called(WATCHED, **{"x-request-id": text}), "a-:/+", [""]),
    "the path": (routed, "/.{}a ", ["", "/", "/v1/", "/v1/requests/", "/api/3/connections/", "/openapi/"]),
    "a URL's operation": (lambda text: names_an_operation(text.encode()), *QUERY),
    "a URL's text": (lambda text: names_a_query(text.encode()), *QUERY),
    "a URL's request": (lambda text: parse_query_string(text.encode()), *QUERY),
    "a legacy call's parameters": (lambda text: call_of(text).parameter("a"), *QUERY),
    "a body": (lambda text: parse_body(text.encode()), *JSON),
    "JSON": (lambda text: load_json(text.encode(), "It"), *JSON),
    "JSON's values": (lambda text: is_suspicious(text.encode()) or check_values({text: [text]}), *JSON),
    "JSON that is kept as it was": (json_text.parse, *JSON),
    "OpenInt's numbers": (
        lambda text: Input(call_of(f"limit={text}")).whole_number("limit", 1, 100),
        *("0.e-x1+", ["", "0x", "0b", ".", "1."]),
    ),
    "brackets of a printed document": (lambda text: repaired_end(text, 0), *JSON),
    "commas of a printed document": (without_trailing_commas, *JSON),
    "lines of a document": (lambda text: line_of(f'{{"a":[{json_text.dumps(text)}]}}', ("a", 0)), *JSON),
    "instants": (parse_instant, "0-:.Tz+ ", ["", "2026-01-01T00:00:00."]),
    "time zones": (time_zone, "a/_+-0", ["", "posix/"]),
    "cron": (read_expression, "*,-/?#LWl0 @:a", ["", "* * * * ", "0 0 1 1 l"]),
    "credentials": (lambda text: mask_credentials(f"{text}@ = % ' hook/"), '":@/\\= a', ["", "ftp://a:"]),
    "a form's boundary": (boundary_of, '; \t="-', [FORM, f"{FORM}; boundary=x; boundary="]),
    "a form": (
        lambda text: list(PushMultipartParser("x").parse(text.encode())),
        "\r\n-x:;",
        ["", f"{PART}", f'{PART}"\r\n\r\n'],
    ),
    "Range": (lambda text: parse_range(text, 10), "0-= ,b", ["", "bytes="]),
    "a file's name": (attachment, '/\\. \u202e"', ["", "a"]),
    "credentials in JSON": (lambda text: mask_json(f"{text}@ = % '"), '"\\[{:0@', ["", '{"token":']),
    "masks": (lambda text: holds_mask(text.replace("3", "***")), "3@:/", [""]),
    "messages": (
        lambda text: without_suggestions(of_document(text)),
        "'? nD",
        ["", " Did you mean ", "non-null type '"],
    ),
}


def seconds(parse, text):
    started = time.thread_time()
    with suppress(*REFUSED):
        parse(text)
    return time.thread_time() - started


def grows_as_its_input(parse, prefix, unit, largest):
    """Whether four times the input costs at most ten times as much, up to the largest; square cost is sixteen."""
    before = None
    size = largest >> 4
    while size <= largest:
        shorter, longer = (prefix + unit * (each // len(unit)) for each in (size // 4, size))
        cost = seconds(parse, longer)
        if cost > NEGLIGIBLE:
            ratios = (seconds(parse, longer) / max(seconds(parse, shorter), 1e-4) for _ in range(5))
            first = [cost / max(before, 1e-4)] if before else []
            if all(ratio > 10 for ratio in itertools.chain(first, ratios)):
                return False
        before, size = cost, size * 4
    return True


@pytest.mark.parametrize("name", PARSERS)
def test_four_times_the_input_costs_about_four_times_as_much(name):
    parse, characters, prefixes = PARSERS[name]
    units = [(each, LARGEST) for each in characters]
    units += [(a + b, LARGEST_PAIR) for a, b in itertools.permutations(characters, 2)]
    slow = (
        (prefix, unit)
        for prefix in prefixes
        for unit, largest in units
        if not grows_as_its_input(parse, prefix, unit, largest)
    )
    assert next(slow, None) is None


@pytest.mark.parametrize(
    "text", ["non-null type '", " Did you mean ", 'a/b;x="\\",', "0,", "%F", "a=b&", '{"a":0,', "query=x&"]
)
def test_so_do_longer_pieces_that_mean_something(text):
    slow = [name for name, (parse, *_) in PARSERS.items() if not grows_as_its_input(parse, "", text, LARGEST)]
    assert not slow


CREDENTIALS = (
    *(
        "a:b@",
        "://a:b ",
        "a://b:c",
        "http://h:",
        ";a",
        "a:1,",
        "%3A%2F%2F",
        "jdbc:oracle:thin:",
        "h:1,h",
        ";token",
    ),
    *(
        "u:p/",
        'token="',
        '"pin":"',
        '\\"a\\":\\"',
        "user[pass]=",
        "%3Ftoken%3D",
        "%25",
        ":\\/\\/u:",
        '[{"a":["',
    ),
    *("\\u0026token=", "hooks/", "discord.com/api/webhooks/"),
)


@pytest.mark.parametrize("text", CREDENTIALS)
def test_so_do_pieces_that_might_begin_a_credential(text):
    names = ("credentials", "credentials in JSON")
    assert [name for name in names if not grows_as_its_input(PARSERS[name][0], "", text, LARGEST)] == []


def test_a_name_that_comes_twice_among_many_is_found_at_once():
    def parse(text):
        json_text.parse(
            f'{{{",".join(f"{chr(34)}{at}{chr(34)}:0" for at in range(len(text)))},"{len(text) - 1}":0}}'
        )

    assert grows_as_its_input(parse, "", "a", 1 << 14)


def test_the_measure_tells_a_square_from_a_line():
    def square(text):
        Counter(text[at:].count("a") for at in range(0, len(text), 8))

    assert not grows_as_its_input(square, "", "a", 1 << 17)
    assert grows_as_its_input(lambda text: sum(map(ord, text)), "", "a", 1 << 17)
