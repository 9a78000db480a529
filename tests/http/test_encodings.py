"""Which content coding an answer has, by what its caller accepts."""

import pytest

from gateway.http.encodings import choose_encoding


@pytest.mark.parametrize(
    ("field", "chosen"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("BR;q=0.5 , gzip;q=1.0", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000, gzip; q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0, *", "gzip"),
        ("gzip;level=9", None),
        ("g z i p, br;q=x", None),
        ("br;q=2", None),
    ],
)
def test_the_best_coding_that_is_accepted(field, chosen):
    assert choose_encoding(field, ("br", "gzip")) == chosen
