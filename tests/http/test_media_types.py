"""Media types as callers write them."""

import pytest

from gateway.http.media_types import elements, parse_media_type

JSON = "application/json"


@pytest.mark.parametrize(
    ("text", "type_", "parameters", "is_utf8"),
    [
        ("application/json", JSON, {}, True),
        (" Application/JSON ", JSON, {}, True),
        ("application/json;", JSON, {}, True),
        ("application/json; ; ;", JSON, {}, True),
        ("application/json;;charset=utf-8", JSON, {"charset": "utf-8"}, True),
        ("application/json ;charset=UTF8; ", JSON, {"charset": "UTF8"}, True),
        ('application/json; Charset="utf\\-8";;x=1', JSON, {"charset": "utf-8", "x": "1"}, True),
        ("application/json; charset=latin-1", JSON, {"charset": "latin-1"}, False),
        ('text/x; a="b;c,d"', "text/x", {"a": "b;c,d"}, True),
        ("*/*;", "*/*", {}, True),
        ("application/json; charset", JSON, None, False),
        ("application/json; charset=utf-8; charset=utf-8", JSON, None, False),
        ("application/json, application/json", JSON, None, False),
        ('application/json; a="b', JSON, None, False),
    ],
)
def test_a_media_type_is_read(text, type_, parameters, is_utf8):
    for _ in range(2):
        assert parse_media_type(text) == (type_, parameters, is_utf8)


@pytest.mark.parametrize("text", ["", ";", "application", "application/", "/json", "a b/c", "\x00"])
def test_what_is_no_media_type_is_none(text):
    assert parse_media_type(text) is None


def test_a_list_is_split_at_commas_outside_of_quotes():
    assert elements('a/b;x="1,2", */*;q=0.1,,c/d') == ['a/b;x="1,2"', " */*;q=0.1", "c/d"]
