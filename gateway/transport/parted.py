"""Answers that come in parts, as `multipart/mixed` or as server-sent events, in the form that their caller names.

The forms: the specification as of August 2022 (https://specs.apollo.dev/incremental/v0.1/), and its current draft
(https://github.com/graphql/graphql-spec/pull/1110, https://specs.apollo.dev/incremental/v0.2/). The parts on HTTP:
https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from starlette.types import Send

from gateway.execution import AnswerPart, Deferral, Increment, Parted, Pending
from gateway.http.bodies import send_body_part
from gateway.http.headers import PRIVATE, encoded
from gateway.limits import Limits
from gateway.observe.work import Work
from gateway.transport import sse, subscription_parts
from gateway.transport.errors import format_field_errors
from gateway.transport.json_output import dump_json
from gateway.transport.limits import check
from gateway.transport.negotiation import EVENT_STREAM, RESULT_PARTS, PartsForm

Headers = Sequence[tuple[bytes, bytes]]

_BOUNDARY: Final = b"\r\n---"
_PART: Final = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n%b"
_LAST: Final = b"--\r\n"


class Delivery:
    """An answer on its way to one caller, who takes it in parts; begun where it has several.

    What is sent waits for the caller, what is computed does not: whoever is slow to read takes no place of others.

    Args:
        form: of the parts.
        send: of the request.
        limits: of the answer.
        fields: what fields the answer has beside its own, once it is begun.
    """

    def __init__(self, form: PartsForm, send: Send, limits: Limits, fields: Callable[[Any], Headers]) -> None:
        self._form = form
        self._send = send
        self._limits = limits
        self._fields = fields
        self._size = 0
        self._queue: deque[bytes] = deque()
        self._is_over = False
        self._more = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._pending: dict[str, Pending] = {}
        """What was announced, and has not come."""

    @property
    def deferral(self) -> Deferral:
        """What becomes of @defer and @stream."""
        return Deferral.MERGED if self._form.is_draft else Deferral.SEPARATE

    @property
    def is_begun(self) -> bool:
        """Whether the first part is on its way, so that nothing else can be answered any more."""
        return self._sending is not None

    async def begin(self, context: Any, payload: dict[str, Any], parted: Parted) -> None:
        """Send the first part.

        Args:
            context: of the operation.
            payload: its data and errors.
            parted: the answer.
        """
        if self._form.is_draft:
            payload["pending"] = [_announced(each) for each in parted.pending]
        body = dump_json({**payload, "hasNext": True})
        self._charge(body)
        self._note(parted.pending)
        self._queue.append(self._framed(body, is_first=True))
        self._sending = asyncio.create_task(self._send_all(self._fields(context)))
        await asyncio.sleep(0)  # it is written before anything else is computed

    def add(self, part: AnswerPart) -> int:
        """Send another part; returns how many errors are in it.

        Raises:
            RequestError: the answer has more bytes than are allowed.
        """
        payload, errors = (_in_draft if self._form.is_draft else _of_2022)(part)
        body = dump_json(payload)
        self._charge(body)
        self._note(part.pending)
        for each in part.increments:
            if each.data is None:
                self._note([each.pending._replace(offset=each.offset + len(each.items))])
        for completed in part.completed:
            del self._pending[completed.pending.id]
        self._pass(self._framed(body), is_last=not part.has_next)
        return errors

    async def fail(self, errors: list[dict[str, Any]], work: Work) -> None:
        """Say why nothing of what was announced comes any more, and wait until that was taken.

        Args:
            work: of the request, which is over.
        """
        work.leave()
        failed = self._pending.values()
        if self._form.is_draft:
            completed = [{"id": each.id, "errors": errors} for each in failed]
            payload: dict[str, Any] = {"completed": completed, "hasNext": False}
        else:
            payload = {
                "incremental": [_failed(each, each.offset, errors) for each in failed],
                "hasNext": False,
            }
        self._pass(self._framed(dump_json(payload)), is_last=True)
        await self.finish()

    async def finish(self) -> None:
        """Wait until all of it was taken."""
        assert self._sending is not None
        await self._sending

    def cancel(self) -> None:
        """Send no more: the caller is gone, or nobody waits for it."""
        if self._sending is not None:
            self._sending.cancel()

    def _note(self, pending: Iterable[Pending]) -> None:
        for each in pending:
            self._pending[each.id] = each

    def _charge(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > self._limits.bytes.cap:
            check(self._limits.bytes, self._size)

    def _framed(self, body: bytes, *, is_first: bool = False) -> bytes:
        if self._form.media_type == EVENT_STREAM:
            return sse.next_event(body)
        # A part is known to be over by the boundary behind it, which has to come with it.
        return b"".join([_BOUNDARY if is_first else b"", _PART % body, _BOUNDARY])

    def _pass(self, part: bytes, *, is_last: bool) -> None:
        if is_last:
            part += sse.COMPLETE if self._form.media_type == EVENT_STREAM else _LAST
        self._queue.append(part)
        self._is_over = is_last
        self._more.set()

    async def _send_all(self, fields: Headers) -> None:
        headers = [*headers_of(self._form), *fields]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        while True:
            while self._queue:
                await send_body_part(self._send, self._queue.popleft())
            if self._is_over:
                break
            self._more.clear()
            await self._more.wait()
        await self._send({"type": "http.response.body", "body": b""})


def headers_of(form: PartsForm) -> Headers:
    """The fields of an answer in parts."""
    if form.media_type == EVENT_STREAM:
        return sse.HEADERS
    if form == RESULT_PARTS:
        return subscription_parts.HEADERS
    named = "" if form.parameter is None else "; {}={}".format(*form.parameter)
    return (
        (b"content-type", f'multipart/mixed; boundary="-"{named}'.encode()),
        (b"vary", b"Accept, Authorization"),
        (b"x-accel-buffering", b"no"),  # nginx would hold the parts back
        *encoded(PRIVATE),
    )


def only_part(form: PartsForm, body: bytes) -> bytes:
    """The body of an answer that comes at once, to a caller who accepts nothing but parts."""
    if form.media_type == EVENT_STREAM:
        return sse.next_event(body) + sse.COMPLETE
    if form == RESULT_PARTS:
        return subscription_parts.only_part(body)
    return b"".join([_BOUNDARY, _PART % body, _BOUNDARY, _LAST])


def _announced(pending: Pending) -> dict[str, Any]:
    found: dict[str, Any] = {"id": pending.id, "path": pending.path}
    if pending.label is not None:
        found["label"] = pending.label
    return found


def _in_draft(part: AnswerPart) -> tuple[dict[str, Any], int]:
    """A part in the draft's form, and how many errors are in it."""
    errors = 0
    payload: dict[str, Any] = {}
    if part.pending:
        payload["pending"] = [_announced(each) for each in part.pending]
    if part.increments:
        payload["incremental"] = []
        for each in part.increments:
            found: dict[str, Any] = {"id": each.pending.id}
            if inside := each.path[len(each.pending.path) :]:
                found["subPath"] = inside
            found |= _data(each)
            errors += len(each.errors)
            payload["incremental"].append(found)
    if part.completed:
        payload["completed"] = []
        for completed in part.completed:
            found = {"id": completed.pending.id}
            if completed.error is not None:
                found["errors"] = format_field_errors([completed.error])
                errors += 1
            payload["completed"].append(found)
    payload["hasNext"] = part.has_next
    return payload, errors


def _of_2022(part: AnswerPart) -> tuple[dict[str, Any], int]:
    """A part in the form of August 2022, and how many errors are in it."""
    errors = 0
    incremental: list[dict[str, Any]] = []
    for each in part.increments:
        path = each.path if each.data is not None else (*each.path, each.offset)
        incremental.append({**_placed(each.pending, path), **_data(each)})
        errors += len(each.errors)
    for completed in part.completed:
        if completed.error is not None:
            failed = format_field_errors([completed.error])
            incremental.append(_failed(completed.pending, completed.offset, failed))
            errors += 1
    payload: dict[str, Any] = {"incremental": incremental} if incremental else {}
    payload["hasNext"] = part.has_next
    return payload, errors


def _data(increment: Increment) -> dict[str, Any]:
    found: dict[str, Any] = {"items": increment.items} if increment.data is None else {"data": increment.data}
    if increment.errors:
        found["errors"] = format_field_errors(increment.errors)
    return found


def _failed(pending: Pending, offset: int | None, errors: list[dict[str, Any]]) -> dict[str, Any]:
    """What does not come, in the form of August 2022: the fragment, or the list from an item on."""
    if offset is None:
        return {**_placed(pending, pending.path), "data": None, "errors": errors}
    return {**_placed(pending, (*pending.path, offset)), "items": None, "errors": errors}


def _placed(pending: Pending, path: tuple[str | int, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"path": path}
    if pending.label is not None:
        found["label"] = pending.label
    return found
