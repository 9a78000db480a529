"""The sockets that a server listens on, opened before their addresses are printed."""

import errno
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from gateway.limits import Limit
from gateway.settings import SettingError

BACKLOG = 2048  # connections that wait to be taken, as uvicorn has it
OTHER_FILES = 128  # open ones that are no caller's connection: the database's, the log, what is being sent
PORT_OPTION = "--port (0 for any free one), or `make serve PORT=…`"
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@contextmanager
def listening(host: str, port: int, named_by: str = PORT_OPTION) -> Iterator[list[socket.socket]]:
    """Sockets at every address of a host.

    Args:
        port: 0 for any that is free, at the first address alone.
        named_by: what another port is chosen with.

    Raises:
        SettingError: a port is in use, or the host is none of this machine's.
    """
    with ExitStack() as open_:
        sockets: list[socket.socket] = []
        refused: SettingError | None = None
        for family, address in _addresses(host, port):
            try:
                sockets.append(open_.enter_context(_listen(family, address)))
            except OSError as error:
                refused = SettingError(f"Cannot listen on {shown(*address[:2])}: {_reason(error, named_by)}.")
                # `localhost` may have an IPv6 address that the machine has not.
                if error.errno not in NOT_HERE:
                    raise refused from None
        if not sockets:
            raise refused or SettingError(f"Cannot listen on {shown(host, port)}: it has no address.")
        yield sockets


def with_files_for(connections: Limit) -> Limit:
    """The limit of connections, and so many open files allowed to this process and those that it starts.

    Where the system does not allow them (`ulimit -Hn`), the limit is what it does allow.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = int(connections.number) + OTHER_FILES
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        except (OSError, ValueError):  # some systems allow less than they say
            wanted = now
    return replace(connections, number=min(connections.number, max(1, wanted - OTHER_FILES)))


def shown(host: str, port: int) -> str:
    """A host and a port as URLs have them (RFC 3986, section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    if not host:
        raise SettingError("--host names no address; 0.0.0.0 stands for every one of this machine.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingError(f"Cannot listen on {shown(host, port)}: {reason}.") from None
    unique = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    return unique[:1] if port == 0 else unique  # type: ignore[return-value]  # of TCP, where hosts are text


def _listen(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _reason(error: OSError, named_by: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"the port is in use; choose another one with {named_by}"
    return (error.strerror or str(error)).lower()
