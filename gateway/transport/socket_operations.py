"""One operation on a WebSocket, from the message that asks for it to the one that ends it."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphql import OperationType
from starlette.types import Message

from gateway.observe import records
from gateway.resolvers.errors import Unauthenticated
from gateway.transport.errors import RequestError, refusal
from gateway.transport.json_output import dump_json
from gateway.transport.limits import check
from gateway.transport.socket_messages import Closed, SocketMessage, closing, write_message

if TYPE_CHECKING:  # a socket has operations, and an operation has a socket
    from gateway.transport.websocket import Socket


class SocketOperation:
    """An operation under way.

    Args:
        socket: that it came by.
        message: that asked for it.
        headers: that admit its caller.
        number: of operations under way on the socket, with this one.

    Attributes:
        id: its caller's.
        is_stream: whether it goes on until somebody ends it.
        task: runs it.
    """

    def __init__(
        self, socket: "Socket", message: SocketMessage, headers: Mapping[str, str], number: int
    ) -> None:
        self.id = message.id
        self.is_stream = False
        self._socket = socket
        self._headers = headers
        self._number = number
        self._message = message
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Answer it as a request of its own, with its own record and its own share."""
        socket = self._socket
        record = records.current().part("SUBSCRIBE")
        token = records.enter(record)
        work = socket.endpoint.work(socket.scope, _nothing_comes)
        try:
            request = self._message.request()
            limits = socket.endpoint.limits
            check(limits.socket_operations, self._number)
            context = await socket.endpoint.admit(self._headers)
            if not work.take(context):
                await work.wait()
            with work:
                payload = await socket.endpoint.operations.answer(request, context, _check)
            body = dump_json(payload)
            check(limits.bytes, len(body))
            record.status = 200
            await socket.send(_next(self.id, body))
            await socket.send(write_message("complete", self.id))
        except Closed as closed:
            await socket.close(closed)
        except Unauthenticated as error:  # the token is not good any more
            await socket.close(closing(error))
        except Exception as error:
            failure = error if isinstance(error, RequestError) else refusal(error)
            record.refused(failure.code, failure.reason)
            await socket.send(write_message("error", self.id, failure.errors))
        finally:
            work.leave()
            records.leave(token)
            record.ended()
            socket.ended(self)


def _next(id: str, result: bytes) -> str:
    return f'{{"id":{dump_json(id).decode()},"type":"next","payload":{result.decode()}}}'


def _check(operation_type: OperationType) -> None:
    """Every type is answered here."""


async def _nothing_comes() -> Message:
    """What a work hears of its caller: who goes away ends the socket, and that the operation."""
    never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    message: Message = await never
    return message
