"""Connections to endpoints: a name is resolved, its addresses are looked at, and one of these is connected to.

Nobody can have another address connected to by answering the next look-up otherwise (DNS rebinding): there is none. The
name goes into `Host` and into TLS (SNI), and its certificate is asked for.
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
    """No address of a name may be connected to."""


class Unresolved(Exception):
    """A name has no address."""


class CheckedConnections(AsyncNetworkBackend):
    """Connects to addresses that may be connected to.

    Args:
        networks: the addresses.
        only_named: whether just those networks that the operator names, as where nothing is encrypted.
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
            Unresolved: it has none.
            RefusedAddress: it has none that may be connected to.
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
    """The addresses of a name, or of what stands for one, in the order of the system's preference."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unresolved from None
    return list(dict.fromkeys(ip_address(each[4][0]) for each in found))
