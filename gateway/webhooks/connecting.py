"""Connections to endpoints: resolve the name, check its addresses, then connect to one of them.

The name is resolved only once, so a second, different answer cannot lead to another address (DNS rebinding). The name
is still used in `Host`, in TLS (SNI), and for checking the certificate.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from gateway.resolvers.webhook_urls import AllowedNetworks

_TRIED: Final = 3  # addresses of a name


class RefusedAddress(Exception):
    """No address of the name may be connected to."""


class Unresolved(Exception):
    """The name has no address."""


class CheckedConnections(AsyncNetworkBackend):
    """Connects only to permitted addresses.

    Args:
        networks: the permitted addresses.
        only_named: whether only the operator's networks are permitted, which is so for unencrypted connections.
    """

    def __init__(self, networks: AllowedNetworks, *, only_named: bool) -> None:
        self._takes = networks.names if only_named else networks.allows
        self._backend = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # as httpcore calls it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to one of a name's addresses.

        Raises:
            Unresolved: the name has no address.
            RefusedAddress: none of its addresses is permitted.
        """
        addresses = [each for each in await _resolved(host, port) if self._takes(each)]
        if not addresses:
            raise RefusedAddress
        failure: Exception = ConnectError()
        for address in addresses[:_TRIED]:
            try:
                return await self._backend.connect_tcp(
                    str(address), port, timeout=timeout, local_address=local_address
                )
            except ConnectError as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolved(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    """The addresses of a name or of a literal address, in the order that the system prefers."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unresolved from None
    return list(dict.fromkeys(ip_address(each[4][0]) for each in found))
