"""One attempt: a signed request and its response. The body of the response is dropped; redirects are not followed."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpcore2

from gateway.resolvers.webhook_secrets import signatures
from gateway.resolvers.webhook_urls import AllowedNetworks
from gateway.webhooks.cloud_events import CONTENT_TYPE
from gateway.webhooks.connecting import CheckedConnections, RefusedAddress, Unresolved

LARGEST_ANSWER: Final = 16 << 10  # bytes that are read, so that the connection can be used again
CONNECTIONS: Final = 128
KEPT_SECONDS: Final = 10.0
USER_AGENT: Final = "gateway-webhooks"


class Sent(NamedTuple):
    """The result of an attempt.

    Attributes:
        status: the HTTP status code; None if there was no response.
        error: why there was no response, in one word.
        retry_after: how long the response asks to wait.
    """

    status: int | None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Sends to endpoints, and keeps connections open for a while.

    Args:
        networks: the addresses to which it may connect.
        seconds: how long one attempt may take.
    """

    def __init__(self, networks: AllowedNetworks, seconds: float) -> None:
        self._seconds = seconds
        self._pools = {
            scheme: httpcore2.AsyncConnectionPool(
                max_connections=CONNECTIONS,
                keepalive_expiry=KEPT_SECONDS,
                network_backend=CheckedConnections(networks, only_named=scheme == "http"),
            )
            for scheme in ("https", "http")
        }

    async def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            await pool.aclose()

    async def send(
        self,
        url: str,
        secrets: Sequence[str],
        webhook_id: str,
        body: bytes,
        at: datetime,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> Sent:
        """Send an event once.

        Args:
            secrets: the secrets that sign it.
            at: the current time, which is signed, too.
            fields: more header fields of the request.
        """
        timestamp = int(at.timestamp())
        headers: dict[bytes | str, bytes | str] = {
            "content-type": CONTENT_TYPE,
            "user-agent": USER_AGENT,
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(secrets, webhook_id, timestamp, body),
        }
        headers.update(fields.items())
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(url, headers, body, at)
        except (TimeoutError, httpcore2.TimeoutException):
            return Sent(None, "timeout")
        except Unresolved:
            return Sent(None, "unresolved")
        except RefusedAddress:
            return Sent(None, "refused_address")
        except httpcore2.ProtocolError:
            return Sent(None, "protocol")
        except (httpcore2.NetworkError, OSError) as error:
            return Sent(None, "tls" if _is_of_tls(error) else "unreachable")

    async def _exchange(
        self, url: str, headers: Mapping[bytes | str, bytes | str], body: bytes, at: datetime
    ) -> Sent:
        pool = self._pools[urlsplit(url).scheme.lower()]
        async with pool.stream("POST", url, headers=headers, content=body) as answer:
            read = 0
            async for part in answer.aiter_stream():
                read += len(part)
                if read > LARGEST_ANSWER:
                    break
            said = dict(answer.headers).get(b"retry-after", b"").decode("latin-1")
            return Sent(answer.status, retry_after=retry_after(said, at))


def retry_after(said: str, at: datetime) -> timedelta | None:
    """The delay that `Retry-After` asks for (RFC 9110, section 10.2.3); None if there is none."""
    if said.isascii() and said.isdecimal():
        return timedelta(seconds=int(said[:9]))
    try:
        instant = parsedate_to_datetime(said)
    except (ValueError, OverflowError):  # the latter where a number of it is beyond all dates
        return None
    return max((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - at, timedelta())


def _is_of_tls(error: BaseException | None) -> bool:
    """Whether the TLS handshake failed, or the certificate does not match the name."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
