"""Which addresses are connected to: those of the Internet, in whatever form, and those that the operator names."""

import asyncio
import socket
import ssl
from ipaddress import ip_address

import pytest

from gateway.resolvers.webhook_urls import AllowedNetworks, allowed_networks, is_public, problem_of
from gateway.settings import SettingError
from gateway.webhooks.connecting import CheckedConnections, RefusedAddress
from gateway.webhooks.sending import Sender, retry_after
from tests.data import at
from tests.db.tls import Authority
from tests.webhooks.receiver import Clock, open_receiver

pytestmark = pytest.mark.anyio

NOBODYS = """0.0.0.0 127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254
    100.64.0.1 100.127.255.255 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    ::ffff:169.254.169.254 64:ff9b::10.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 fe80::1 fec0::1 fc00::1 fd00:ec2::254
    ff02::1 ff0e::1 2001:db8::1 2001::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 3fff::1 100::1 4000::1"""
PUBLIC = "8.8.8.8 1.1.1.1 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450:4001::200e ::ffff:8.8.8.8 64:ff9b::8.8.8.8"


def test_which_addresses_are_public():
    assert [each for each in NOBODYS.split() if is_public(ip_address(each))] == []
    assert [each for each in PUBLIC.split() if not is_public(ip_address(each))] == []


def test_a_url_has_two_thousand_characters_at_most():
    url = "https://x.example/".ljust(2000, "y")
    assert problem_of(url, AllowedNetworks(())) is None
    assert problem_of(f"{url}y", AllowedNetworks(())) == "The URL takes at most 2000 characters, not 2001."


def test_the_operator_names_networks():
    allowed = allowed_networks("10.1.0.0/16, ::1,127.0.0.1")
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "::1", "127.0.0.1", "8.8.8.8"):
        assert allowed.allows(ip_address(address)), address
    for address in ("10.2.0.1", "127.0.0.2", "169.254.169.254"):
        assert not allowed.allows(ip_address(address)), address
    assert not allowed.names(ip_address("8.8.8.8"))
    assert not allowed_networks("")
    with pytest.raises(SettingError, match="this is neither: 'here'"):
        allowed_networks("10.0.0.0/8, here")


@pytest.fixture
async def names(monkeypatch, anyio_backend):
    """What names resolve to, for this test."""
    known = {}

    async def getaddrinfo(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in known[host]]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return known


async def test_what_was_looked_at_is_connected_to(names):
    """A name that has addresses of both sorts leads to the one that is allowed, without being asked again."""
    async with open_receiver() as receiver:
        names["rebound.example"] = ["10.0.0.1", "127.0.0.1"]
        connections = CheckedConnections(allowed_networks("127.0.0.1"), only_named=False)
        stream = await connections.connect_tcp("rebound.example", receiver.port)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", receiver.port)
        await stream.aclose()
        with pytest.raises(RefusedAddress):
            await CheckedConnections(AllowedNetworks(()), only_named=False).connect_tcp("rebound.example", 80)
        names["rebound.example"] = ["8.8.8.8"]
        with pytest.raises(RefusedAddress):  # in clear, public or not
            await CheckedConnections(allowed_networks("127.0.0.1"), only_named=True).connect_tcp(
                "rebound.example", 80
            )


async def test_the_name_is_asked_for_by_tls_and_its_certificate_looked_at(names, tmp_path, monkeypatch):
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.issue("hooks.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    asked = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    names |= {"hooks.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    async with open_receiver(ssl=context) as receiver:
        sender = Sender(allowed_networks("127.0.0.1"), 5.0)
        told = []
        for name in ("hooks.example", "other.example"):
            url = f"https://{name}:{receiver.port}/"
            told.append(await sender.send(url, ["whsec_AAAA"], "id", b"{}", Clock()()))
        await sender.close()
    assert [(each.status, each.error) for each in told] == [(204, None), (None, "tls")]
    assert asked == ["hooks.example", "other.example"]
    assert [each.headers["host"] for each in receiver.requests] == [f"hooks.example:{receiver.port}"]


async def test_a_name_that_there_is_not_is_told(monkeypatch):
    async def getaddrinfo(host, port, **_):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    sender = Sender(AllowedNetworks(()), 5.0)
    sent = await sender.send("https://nowhere.example/", ["whsec_AAAA"], "id", b"{}", Clock()())
    assert (sent.status, sent.error) == (None, "unresolved")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *(
            ("120", 120),
            ("0", 0),
            ("Thu, 01 Jan 2026 01:00:00 GMT", 3600),
            ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ),
        *(("", None), ("soon", None), ("-5", None), ("1.5", None), ("²", None)),
        ("9" * 400, 999999999),
        ("Fri, 31 Dec 9999 23:59:59 -2300", 251635157999),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Thu, 01 Jan 2026 01:00:00 +99999999999999", None),
    ],
)
def test_how_long_not_to_come_again(said, seconds):
    found = retry_after(said, at("2026-01-01"))
    assert (None if found is None else found.total_seconds()) == seconds
