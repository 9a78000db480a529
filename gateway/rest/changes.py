"""Changes by REST paths: each call is one write, made once per idempotency key, and only if its precondition holds.

A vendor's function gets the context of the write. It reads what the write has written, and `perform` makes its changes
in that write, so the response is stored, or rolled back, together with them.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Table

from gateway.db import idempotency
from gateway.db.statements import Row
from gateway.http.entity_tags import entity_tag, is_named
from gateway.resolvers.context import Context
from gateway.resolvers.errors import GatewayError, PreconditionFailed, public
from gateway.resolvers.once import HEADER, REPLAYED, claim_of, earlier, parse_key, turn
from gateway.resolvers.problems import TOLD
from gateway.resolvers.writes import ViewerWrite, Write
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal
from gateway.rest.retirement import Headers
from gateway.rest.vendor import Endpoint, Vendor
from gateway.storage.receiving import ReceivedFile

IF_MATCH: Final = b"if-match"
_OF_CREDENTIALS: Final = (401, 403)


@dataclass(frozen=True, slots=True)
class LegacyAnswer:
    """A response as it is sent and stored.

    Attributes:
        headers: headers beside those that every response of the path has.
    """

    status: int
    body: bytes
    headers: Headers

    def text(self) -> str:
        """The stored form, as JSON."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers]
        return orjson.dumps([self.status, self.body.decode(), headers]).decode()

    @classmethod
    def kept(cls, text: str) -> "LegacyAnswer":
        """The stored response, marked as a replay."""
        status, body, headers = orjson.loads(text)
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return cls(status, body.encode(), [*fields, *REPLAYED])


@dataclass(frozen=True, slots=True)
class Change:
    """A call that changes something.

    Attributes:
        present: the endpoint that shows the object of the call; None if there is no such object.
        bare: the call without its body, for ``present``.
        charge: told the number of bytes in the response before anything is committed.
    """

    vendor: Vendor
    endpoint: Endpoint[Any]
    call: Call
    arguments: Any
    present: Endpoint[Any] | None
    bare: Call
    charge: Callable[[int], None]

    async def make(self, context: Context) -> LegacyAnswer:
        """Make the change and its response, or return the stored response.

        Raises:
            GatewayError: raised by the vendor's function; PreconditionFailed if `If-Match` does not match; KeyInUse;
                KeyReused. Nothing was written.
            Refusal: raised by the vendor's function.
        """
        field = self.call.header(HEADER.encode())
        if field is None:
            async with context.write(self.endpoint.scope) as write:
                return await self._answer(write)
        key, operation = parse_key(field), f"{self.vendor.name} {self.endpoint.operation_id}"
        wanted = claim_of(context.viewer, operation, (key,), self._content())
        assert not isinstance(context.reader, Write)
        async with turn(context.reader, wanted.id):
            try:
                return await self._once(context, wanted)
            except Exception as error:
                if (refused := self._refused(error)) is None:
                    raise
                answer = await self._once(context, wanted, refused)
                if answer is refused:
                    raise
                return answer

    async def _once(
        self, context: Context, wanted: idempotency.KeyClaim, answer: LegacyAnswer | None = None
    ) -> LegacyAnswer:
        """The response stored under a key; otherwise the response of the change, which is stored now."""
        async with context.write(self.endpoint.scope) as write:
            if (text := await earlier(write, wanted)) is not None:
                return LegacyAnswer.kept(text)
            answer = answer or await self._answer(write)
            await idempotency.keep(write, wanted, answer.text(), is_secret=True)
        return answer

    async def _answer(self, write: ViewerWrite) -> LegacyAnswer:
        await self._check_precondition(write)
        assert self.endpoint.answer is not None
        answer = await self.endpoint.answer(write.context, self.arguments)
        body = b"" if self.endpoint.response is None else orjson.dumps(answer)
        self.charge(len(body))
        return LegacyAnswer(self.endpoint.status, body, [])

    async def _check_precondition(self, write: ViewerWrite) -> None:
        """Compare `If-Match` with the current object, whose row is locked.

        Raises:
            PreconditionFailed: it does not match, or the path has no object to compare.
            NotFound: there is no such object.
        """
        field = self.call.header(IF_MATCH)
        if field is None:
            return
        if self.present is None or self.present.arguments is None or self.present.answer is None:
            raise PreconditionFailed
        context = _Locking(write, write.context.viewer, write.context.settings)
        shown = await self.present.answer(context, self.present.arguments(self.bare))
        if not is_named(field, entity_tag(orjson.dumps(shown))):
            raise PreconditionFailed

    def _content(self) -> dict[str, Any]:
        return {
            "path": dict(self.call.path),
            "query": self.call.query,
            "body": hashlib.sha256(self.call.body).hexdigest(),
            **({"form": form} if (form := self._form()) else {}),
        }

    def _form(self) -> dict[str, Any]:
        return {
            name: each.said if isinstance(each, ReceivedFile) else each
            for name, each in self.call.form.items()
        }

    def _refused(self, error: Exception) -> LegacyAnswer | None:
        """The response to store for an error that is the result of the change; None for other errors."""
        told = public(error)
        if isinstance(told, TOLD):
            assert isinstance(told, GatewayError)
            refusal = self.vendor.refusal(told, self.endpoint)
        elif isinstance(error, Refusal):
            refusal = error
        else:
            return None
        if refusal.status in _OF_CREDENTIALS or refusal.status >= 500:
            return None
        return LegacyAnswer(refusal.status, orjson.dumps(refusal.body), refusal.headers)


class _Locking(Context):
    """A write's context that locks the first rows read by key: the object's own row."""

    __slots__ = ("_has_locked",)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._has_locked = False

    async def rows(self, table: Table, keys: Iterable[Any], **how: Any) -> dict[Any, Row]:
        keys = list(keys)
        found = await super().rows(table, keys, **how)
        if self._has_locked or not found:
            return found
        self._has_locked = True
        assert isinstance(self.reader, ViewerWrite)
        await self.reader.lock(table, [row.id for row in found.values()])
        return await super().rows(table, keys, **how)
