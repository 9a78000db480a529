"""Token endpoints of OAuth 2: which the operator trusts, and the refresh-token grant (RFC 6749, section 6).

A stored row never says where credentials are sent to: whoever may write rows could have them sent anywhere.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import orjson

from gateway.settings import SettingError

SECONDS: Final = 10.0  # that one refresh may take, with all of its answer
LARGEST: Final = 64 << 10  # bytes of an answer

_BASIC: Final = "basic:"
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
INVALID_GRANT: Final = "invalid_grant"


class TokenEndpoint(NamedTuple):
    """Where a connector's credentials are refreshed.

    Attributes:
        url: of https, or of a loopback host.
        is_basic: whether the client says who it is by the field `Authorization` (RFC 6749, section 2.3.1) instead of in
            the body, where most endpoints take it.
    """

    url: str
    is_basic: bool


class Client(NamedTuple):
    """The client to whom the credentials were given; without a secret it is a public one."""

    id: str
    secret: str | None


class RefreshFailed(Exception):
    """There are no new credentials.

    Attributes:
        code: why, in a word: the endpoint's own (RFC 6749, section 5.2), or one of ours. It never quotes the answer,
            which may hold what was sent.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@cache
def token_endpoints(setting: str) -> Mapping[str, TokenEndpoint]:
    """The endpoints of ``GATEWAY_OAUTH_TOKEN_URLS``, by the connector's name: ``hubspot=https://…, notion=basic:https://…``.

    Raises:
        SettingError: one cannot be read, or is no place to send credentials to.
    """
    found: dict[str, TokenEndpoint] = {}
    for entry in filter(None, map(str.strip, setting.split(","))):
        name, _, value = (part.strip() for part in entry.partition("="))
        is_basic = value.startswith(_BASIC)
        url = value.removeprefix(_BASIC)
        if not name or name in found or not _is_trustworthy(url):
            raise SettingError(
                "GATEWAY_OAUTH_TOKEN_URLS takes CONNECTOR=URL, separated by commas, each connector once, with URLs of "
                f"https (or of a loopback host), without a user or a fragment; this is none: {name or entry!r}."
            )
        found[name] = TokenEndpoint(url, is_basic)
    return found


def _is_trustworthy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    if not is_whole or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts))


def _is_loopback(parts: SplitResult) -> bool:
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


async def refresh(endpoint: TokenEndpoint, client: Client, refresh_token: str) -> dict[str, Any]:
    """Ask the endpoint for new credentials and return the members of its answer, with an ``access_token``.

    Raises:
        RefreshFailed: there are none.
    """
    # here, since a gateway that refreshes nothing does without it
    import httpx2

    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    authorization = None
    if endpoint.is_basic:
        authorization = httpx2.BasicAuth(client.id, client.secret or "")
    else:
        form |= {
            "client_id": client.id,
            **({} if client.secret is None else {"client_secret": client.secret}),
        }
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx2.AsyncClient(follow_redirects=False, timeout=SECONDS) as http,
            http.stream(
                "POST", endpoint.url, data=form, auth=authorization, headers={"accept": "application/json"}
            ) as answer,
        ):
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise RefreshFailed("answer_too_large")
    except (TimeoutError, httpx2.TimeoutException):
        raise RefreshFailed("timeout") from None
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise RefreshFailed("unreachable") from None
    return _members(answer.status_code, body)


def _members(status: int, body: bytes) -> dict[str, Any]:
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        members = None
    if not isinstance(members, dict):
        members = {}
    if status != 200:
        code = members.get("error")
        is_code = isinstance(code, str) and _CODE.fullmatch(code)
        raise RefreshFailed(str(code) if is_code else f"http_{status}")
    token = members.get("access_token")
    if not isinstance(token, str) or not token:
        raise RefreshFailed("no_access_token")
    return members
