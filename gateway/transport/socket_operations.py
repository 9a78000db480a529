"""One operation on a WebSocket, from the message that asks for it to the one that ends it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from graphql import OperationType

from gateway.observe import records
from gateway.resolvers.errors import Unauthenticated
from gateway.streams.streams import Follower
from gateway.transport.errors import RequestError, refusal
from gateway.transport.json_output import dump_json
from gateway.transport.limits import check
from gateway.transport.result_streams import nothing_comes
from gateway.transport.socket_messages import Closed, SocketMessage, closing, write_end, write_errors
from gateway.transport.subscriptions import Subscriber

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
        self._head = f'{{"id":{dump_json(self.id).decode()},"type":"{socket.dialect.result}","payload":'
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Answer it as a request of its own, with its own record and its own share."""
        socket = self._socket
        record = records.current().part("SUBSCRIBE")
        token = records.enter(record)
        work = socket.endpoint.work(socket.scope, nothing_comes)
        try:
            request = self._message.request()
            limits = socket.endpoint.limits
            check(limits.socket_operations, self._number)
            context = await socket.endpoint.admit(self._headers)
            if not work.take(context):
                await work.wait()
            with work:
                payload = await socket.endpoint.operations.answer(request, context, _check, self._subscriber)
            record.status = 200
            if payload.__class__ is Follower:
                work.leave()
                await self._follow(payload)
                return
            body = dump_json(payload)
            check(limits.bytes, len(body))
            await socket.send(f"{self._head}{body.decode()}}}")
            await socket.send(write_end(socket.dialect, self.id))
        except Closed as closed:
            await socket.close(closed)
        except Unauthenticated as error:  # the token is not good any more
            await socket.close(closing(error))
        except Exception as error:
            failure = error if isinstance(error, RequestError) else refusal(error)
            record.refused(failure.code, failure.reason)
            for frame in write_errors(socket.dialect, self.id, failure.errors):
                await socket.send(frame)
        finally:
            work.leave()
            records.leave(token)
            record.ended()
            socket.ended(self)

    def _subscriber(self) -> Subscriber:
        endpoint = self._socket.endpoint
        work = partial(endpoint.work, self._socket.scope, nothing_comes)
        return Subscriber(partial(endpoint.admit, self._headers), work)

    async def _follow(self, follower: Follower) -> None:
        """Send what a subscription gives, as fast as the caller takes it."""
        socket, head = self._socket, self._head
        self.is_stream = True
        socket.streams()
        try:
            async for message in follower.messages():
                text = message.forms.get("text")
                if text is None:
                    text = message.forms["text"] = message.text.decode() + "}"
                await socket.send(head + text)
        finally:
            follower.close()


def _check(operation_type: OperationType) -> None:
    """Every type is answered here."""
