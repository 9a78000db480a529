"""Who gets a page where programs get something else: a browser that navigates there, and brings no token."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.headers import read_headers
from gateway.http.media_types import JSON
from gateway.transport.negotiation import negotiate


class ForBrowsers:
    """An application that answers browsers with a page, and everybody else as before.

    Args:
        page: for whoever prefers HTML and sends no `Authorization`, which no address bar does.
        others: for the rest.
    """

    def __init__(self, page: ASGIApp, others: ASGIApp) -> None:
        self._page = page
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = read_headers(scope)
        navigates = scope["method"] in ("GET", "HEAD") and "authorization" not in headers
        is_browser = navigates and negotiate(headers.get("accept"), JSON).prefers_html
        await (self._page if is_browser else self._others)(scope, receive, send)
