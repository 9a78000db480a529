"""Where webhooks may be sent: to public addresses, and to the networks that the operator names.

Whoever may name a URL could otherwise have the gateway ask what only the gateway reaches (server-side request forgery,
OWASP API7:2023). A name is resolved when a connection is made, so that is when its addresses are looked at.
"""

from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from gateway.settings import read_networks

LONGEST: Final = 2000  # characters of a URL

# Of the registries of RFC 6890 all that is not the Internet's; what Python says of an address differs by its version.
_SPECIAL: Final = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ),
    )
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291, section 2.4: all that is assigned so far
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1


class AllowedNetworks:
    """The addresses that may be connected to.

    Args:
        networks: those that are allowed though they are not public.
    """

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network]) -> None:
        self._networks = tuple(networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def names(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether an address lies in a network that the operator names."""
        plain = _embedded(address) or address
        return any(each in network for network in self._networks for each in (address, plain))

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether an address may be connected to."""
        return is_public(address) or self.names(address)


@cache
def allowed_networks(setting: str) -> AllowedNetworks:
    """The networks of ``GATEWAY_WEBHOOK_ALLOWED_NETWORKS``: ``10.1.0.0/16, ::1``.

    Raises:
        SettingError: one is neither an address nor a network.
    """
    refusal = (
        "GATEWAY_WEBHOOK_ALLOWED_NETWORKS takes addresses and networks like 10.0.0.0/8, separated by commas; "
        "this is neither"
    )
    return AllowedNetworks(read_networks(setting, refusal))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the Internet, and to one machine there.

    Loopback, link-local, private, shared (RFC 6598), documentation's, reserved and multicast addresses do not, nor do
    those of IPv6 that stand for such a one of IPv4.
    """
    if (embedded := _embedded(address)) is not None:
        return is_public(embedded)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in each for each in _SPECIAL)


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The address of IPv4 that one of IPv6 leads to, if it does."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def problem_of(url: str, networks: AllowedNetworks) -> str | None:
    """What is wrong with a URL that events are to be sent to, as far as it says so itself; None where nothing is.

    Args:
        url: one of http or https.
        networks: that may be connected to.
    """
    parts = urlsplit(url)
    if not url.isascii():
        return "Write what is not ASCII as URLs have it: the host as xn--…, the rest percent-encoded."
    if len(url) > LONGEST:
        return f"The URL takes at most {LONGEST} characters, not {len(url)}."
    if "@" in parts.netloc or parts.fragment:
        return "The URL must have neither a user nor a fragment; signatures tell receivers who sends."
    if parts.scheme.lower() != "https" and not networks:
        return "The URL must begin with https://, because events are not sent unencrypted."
    try:
        address = ip_address(parts.hostname or "")
    except ValueError:
        return None  # a name
    return None if networks.allows(address) else "Events are sent to public addresses alone."
