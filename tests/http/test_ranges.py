"""One range of bytes (RFC 9110, section 14): the RFC's own examples, and what is passed over."""

import pytest

from gateway.http.ranges import Unsatisfiable, parse_range


@pytest.mark.parametrize(
    ("field", "part"),
    [
        (None, None),
        ("bytes=0-499", (0, 500)),
        ("bytes=500-999", (500, 1000)),
        ("bytes=-500", (9500, 10000)),
        ("bytes=9500-", (9500, 10000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=9999-20000", (9999, 10000)),
        ("bytes=-20000", (0, 10000)),
        (" Bytes = 1 - 2 ", (1, 3)),
        ("bytes=0-0,-1", None),
        ("bytes=2-1", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=1-2", None),
        ("bytes=1-99999999999999999999", None),
        ("", None),
    ],
)
def test_the_range_that_a_field_asks_for(field, part):
    assert parse_range(field, 10000) == part


@pytest.mark.parametrize(
    ("field", "size"), [("bytes=5-", 5), ("bytes=5-9", 5), ("bytes=0-", 0), ("bytes=-0", 5)]
)
def test_what_lies_behind_the_end(field, size):
    with pytest.raises(Unsatisfiable):
        parse_range(field, size)
