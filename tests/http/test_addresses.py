"""Who calls: the other end of the connection, or whom a trusted proxy names."""

import pytest

from gateway.http.addresses import Proxies
from gateway.settings import SettingError, Settings

PROXIES = Proxies.of("10.0.0.0/8, 127.0.0.1, ::1, 2001:db8:ffff::/48")


def caller(peer, *forwarded):
    headers = [(b"host", b"x"), *((b"x-forwarded-for", each.encode()) for each in forwarded)]
    return PROXIES.caller({"client": (peer, 1234), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.1.1.1", ["203.0.113.5, 198.51.100.7"], "198.51.100.7"),
        ("10.1.1.1", ["203.0.113.5, 198.51.100.7, 10.2.2.2"], "198.51.100.7"),
        ("10.1.1.1", ["203.0.113.5", "198.51.100.7"], "198.51.100.7"),
        ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ("10.1.1.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.1.1.1", ["198.51.100.7, unknown"], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.7, unknown, 10.2.2.2"], "10.2.2.2"),
        ("10.1.1.1", [""], "10.1.1.1"),
        ("10.1.1.1", ["x" * 10_000], "10.1.1.1"),
        ("::1", ["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3::4", [], "2001:db8:1:2::/64"),
        ("2001:db8:ffff::9", ["2001:db8:1:2::5"], "2001:db8:1:2::/64"),
        ("::ffff:10.1.1.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("testclient", ["198.51.100.7"], "testclient"),
    ],
)
def test_who_calls_is_the_last_who_is_no_proxy(peer, forwarded, found):
    assert caller(peer, *forwarded) == found


def test_a_server_that_does_not_know_says_nobody():
    assert PROXIES.caller({"client": None, "headers": [(b"x-forwarded-for", b"198.51.100.7")]}) is None


def test_a_proxy_connects_for_many():
    assert [PROXIES.caller_at(each) for each in ("10.9.9.9", "192.0.2.1", "::ffff:192.0.2.1")] == [
        None,
        "192.0.2.1",
        "192.0.2.1",
    ]


def test_a_proxy_on_the_same_machine_is_trusted_unless_it_is_said_otherwise():
    by_default = Proxies.of(Settings().trusted_proxies)
    assert (by_default.caller_at("127.0.0.1"), by_default.caller_at("192.0.2.1")) == (None, "192.0.2.1")
    assert Proxies.of("").caller_at("127.0.0.1") == "127.0.0.1"


def test_what_is_no_address_is_one_line():
    with pytest.raises(
        SettingError, match=r"^GATEWAY_TRUSTED_PROXIES takes addresses .* this is none: 'proxy'\.$"
    ):
        Proxies.of("10.0.0.1, proxy")
