"""Where a caller is: the other end of the connection, or what a trusted proxy says of it in `X-Forwarded-For`."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple

from starlette.types import Scope

from gateway.caches import Cache
from gateway.settings import read_networks

SITE_BITS: Final = 64
"""Of an IPv6 address: whoever has one has all that begin with these (RFC 6177), and is counted once for them."""

_HOPS: Final = 20  # proxies behind each other that are looked through
_LONGEST: Final = 60  # characters of an address with its port
_ENTRIES: Final = 10_000
_ENTRY_BYTES: Final = 300
_FORWARDED: Final = b"x-forwarded-for"


class _CallerPlace(NamedTuple):
    """What an address is counted by, and whether a proxy is there that is believed."""

    name: str
    is_proxy: bool


class Proxies:
    """The trusted proxies, and the address by which a caller is counted.

    Args:
        networks: those of the proxies.
    """

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network] = ()) -> None:
        self._networks = tuple(networks)
        self._known: Cache[str, _CallerPlace] = Cache(_ENTRIES, _ENTRIES * _ENTRY_BYTES)

    @classmethod
    def of(cls, setting: str) -> "Proxies":
        """The proxies of ``GATEWAY_TRUSTED_PROXIES``: addresses and networks, separated by commas.

        Raises:
            SettingError: one is neither.
        """
        refusal = "GATEWAY_TRUSTED_PROXIES takes addresses and networks like 10.0.0.0/8, parted by commas; this is none"
        return cls(read_networks(setting, refusal))

    def caller(self, scope: Scope) -> str | None:
        """What the caller of a request is counted by; None where the server does not know where it is.

        Each proxy adds to the field whom it was called by, so that it is read from its end up to the first that is no
        proxy. What stands before that, the caller may have written.
        """
        client = scope.get("client")
        if client is None:
            return None
        name, is_proxy = self._place(client[0])
        if is_proxy and (values := [value for field, value in scope["headers"] if field == _FORWARDED]):
            for text in reversed(b",".join(values).decode("latin-1").rsplit(",", _HOPS)):
                if not (address := _without_port(text)):
                    break
                name, is_proxy = self._place(address)
                if not is_proxy:
                    break
        return name

    def caller_at(self, address: str) -> str | None:
        """What who connects from an address is counted by; None for a proxy, which connects for many."""
        name, is_proxy = self._place(address)
        return None if is_proxy else name

    def _place(self, address: str) -> _CallerPlace:
        place = self._known.get(address)
        if place is None:
            place = self._found(address)
            self._known.put(address, place, _ENTRY_BYTES)
        return place

    def _found(self, text: str) -> _CallerPlace:
        try:
            address = ip_address(text)
        except ValueError:  # what a server has for an address that knows none
            return _CallerPlace(text, is_proxy=False)
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or address
        is_proxy = any(address in network for network in self._networks)
        if isinstance(address, IPv6Address) and not is_proxy:
            return _CallerPlace(
                str(ip_network((int(address) >> SITE_BITS << SITE_BITS, SITE_BITS))), is_proxy
            )
        return _CallerPlace(str(address), is_proxy)


def _without_port(text: str) -> str:
    """The address of an entry, which some proxies write with its port; empty where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text)) if len(text) <= _LONGEST else ""
    except ValueError:
        return ""
