"""Texts that nobody changes: compressed for who takes that, each form with its own entity tag, made once."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from gateway.http.representations import StaticText
from tests.graph import open_http

pytestmark = pytest.mark.anyio

LONG = b"a" * 2_000 + b"b"


@pytest.fixture(params=[LONG, b"short"], ids=["long", "short"])
async def made(request):
    """The text, a caller, and a list that has an item for each time that the text was made."""
    made = []

    def make():
        made.append(request.param)
        return request.param

    text = StaticText(make, "text/plain; charset=utf-8")

    async def serve(received: Request):
        return await text.respond(received.headers)

    async with open_http(Starlette(routes=[Route("/", serve)])) as http:
        yield request.param, http, made


async def test_a_text_comes_as_the_caller_takes_it(made):
    text, http, calls = made
    tags = set()
    for codings, coding in (
        ("gzip, br", "gzip"),
        ("*", "gzip"),
        ("br", None),
        ("gzip;q=0", None),
        ("", None),
    ):
        coding = coding if text is LONG else None
        for method in ("GET", "HEAD"):
            answer = await http.request(method, "/", headers={"accept-encoding": codings})
            assert answer.status_code == 200
            assert answer.content == (text if method == "GET" else b"")
            assert answer.headers.get("content-encoding") == coding
            length = len(gzip.compress(text, 6, mtime=0) if coding else text)
            assert answer.headers["content-length"] == str(length)
            assert (answer.headers["vary"], answer.headers["content-type"]) == (
                "Accept-Encoding",
                "text/plain; charset=utf-8",
            )
            assert answer.headers["cache-control"] == "private, no-cache"
        tag = answer.headers["etag"]
        tags.add((coding, tag))
        for known in (tag, f'"other", W/{tag}', "*"):
            same = await http.get("/", headers={"accept-encoding": codings, "if-none-match": known})
            assert (same.status_code, same.content, same.headers["etag"], same.headers["vary"]) == (
                304,
                b"",
                tag,
                "Accept-Encoding",
            )
        for wanted, status in ((tag, 200), ("*", 200), ('"other"', 412), (f"W/{tag}", 412)):
            answer = await http.get("/", headers={"accept-encoding": codings, "if-match": wanted})
            assert (answer.status_code, answer.headers["etag"]) == (status, tag)
    assert len(tags) == len({tag for _, tag in tags}) == (2 if text is LONG else 1)
    assert calls == [text]
