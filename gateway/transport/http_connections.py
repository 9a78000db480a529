"""HTTP/1.1 connections: what callers in use need beyond uvicorn's own handling."""

from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class HttpConnection(HttpToolsProtocol):
    """A connection that answers a whole request although what follows it is none.

    Node.js writes the body of a GET without saying that there is one, and Crux's documented sample has such a body.
    Its two bytes are then the start of a next request, a broken one; RFC 9112, section 9.3.2, has the answers in the
    order of the requests, while uvicorn drops the request at hand and answers 400 for both.
    """

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, once the requests before it are answered (uvicorn's hook)."""
        cycle = cast(RequestResponseCycle | None, self.cycle)
        if cycle is None or cycle.response_complete or cycle.more_body:
            super().send_400_response(msg)
        else:
            cycle.keep_alive = False  # nothing after it can be told apart any more
