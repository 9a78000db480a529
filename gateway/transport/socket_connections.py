"""WebSocket connections: what callers in use need beyond uvicorn's own handling."""

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.transport.draining import STATE

CLOSE_SECONDS: Final = 3.0
"""For which the other end may answer that the socket is closed."""


class SocketConnection(WebSocketsSansIOProtocol):
    """A connection that has become a WebSocket."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.close_timeout = CLOSE_SECONDS

    def shutdown(self) -> None:
        """The process is to end (uvicorn's hook).

        An application that was told itself closes the socket when it has answered what is under way.
        """
        if STATE not in self.app_state or not self.handshake_complete or self.close_sent:
            super().shutdown()
