"""WebSocket connections: what callers in use need beyond uvicorn's own handling."""

import asyncio
import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.limits import Limit, Limits, Mode
from gateway.transport.draining import STATE
from gateway.transport.http_endings import Ending

logger = logging.getLogger(__name__)

LIMITS: Final = Limits()

CLOSE_SECONDS: Final = 3.0
"""For which the other end may answer that the socket is closed."""


TOO_SLOW: Final = "Too slow. Subscribe again with `after`, the last cursor that came."


class SocketConnection(WebSocketsSansIOProtocol):
    """A connection that has become a WebSocket.

    Of what its caller does not take, a transport's buffer is held and no more: who sends waits. A caller who takes
    too little of it for too long is told so and cut off. A ping that stays unanswered does not look after that, since
    a pong comes from one who reads slowly, too.

    Args:
        taken_seconds: within which the caller has to take what was sent, as far as it fills the buffer.
    """

    def __init__(self, *arguments: Any, taken_seconds: Limit = LIMITS.transfer_seconds, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.close_timeout = CLOSE_SECONDS
        self._taken = taken_seconds
        self._too_late: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The caller has not taken what was sent (asyncio's hook)."""
        super().pause_writing()
        if self._taken.mode is not Mode.OFF:
            self._too_late = self.loop.call_later(self._taken.number, self._cut_off)

    def resume_writing(self) -> None:
        """The caller has taken nearly all of it (asyncio's hook)."""
        self._forget_timer()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone (asyncio's hook)."""
        self._forget_timer()
        super().connection_lost(exc)

    def send_receive_event_to_app(self) -> None:
        """A message has come whole (uvicorn's hook); where it is not UTF-8, that is its sender's fault alone."""
        message, self.frames = b"".join(self.frames), []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "text":
            try:
                self.queue.put_nowait({"type": "websocket.receive", "text": message.decode()})
            except UnicodeDecodeError:
                self.conn.send_close(1007, "The message is not UTF-8.")
                self.handle_parser_exception()
                return
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": message})
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_parser_exception(self) -> None:
        """What came breaks the protocol (uvicorn's hook): the caller is told, and may be sending still."""
        told = self.conn.close_sent
        assert told is not None
        self.queue.put_nowait({"type": "websocket.disconnect", "code": told.code, "reason": told.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self.disconnected = True
        self.writable.set()
        # Where there is a timer, the end of the application does not close the connection.
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
        Ending(self)

    def _forget_timer(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None

    def _cut_off(self) -> None:
        logger.warning("messages were not taken in time (%s, %s)", self._taken.name, self._taken.mode)
        if self._taken.mode is Mode.ENFORCE and not self.close_sent and not self.transport.is_closing():
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1013, "reason": TOO_SLOW})
            self.conn.send_close(1013, TOO_SLOW)
            self.close_sent = self.disconnected = True
            self.writable.set()
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """A ping was not answered (uvicorn's hook): nothing may be left to wait for."""
        super().keepalive_timeout()
        self.loop.call_later(self.close_timeout, self.transport.abort)

    def shutdown(self) -> None:
        """The process is to end (uvicorn's hook).

        An application that was told itself closes the socket when it has answered what is under way.
        """
        if STATE not in self.app_state or not self.handshake_complete or self.close_sent:
            super().shutdown()
