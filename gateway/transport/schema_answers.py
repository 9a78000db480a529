"""Answers that follow from the schema alone: computed once for all callers, by whatever door they come."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, Final

import orjson

from gateway.answers import OVERHEAD, Answers, KnownAnswer
from gateway.http.entity_tags import entity_tag, is_named
from gateway.http.headers import encoded
from gateway.http.representations import VARY, WORTH, chosen_coding, compressed, variant_tag
from gateway.observe.records import current
from gateway.transport.documents import Document
from gateway.transport.json_output import dump_json
from gateway.transport.repeating import AskedAgain, Repeatable
from gateway.transport.subscriptions import AskedOperation

_VARYING: Final = encoded({"vary": VARY})


class SchemaAnswers:
    """The answers of introspection.

    Args:
        answers: where they are kept among others; None where each is computed.
    """

    def __init__(self, answers: Answers | None) -> None:
        self._kept = answers.kept if answers is not None else None
        # Who has it computes one. None waits for anything but the processor, so that many at once would be no faster.
        self._turn = asyncio.Lock()

    async def answer(
        self,
        asked: AskedOperation,
        document: Document,
        again: AskedAgain | None,
        compute: Callable[[], Awaitable[Mapping[str, Any]]],
    ) -> Mapping[str, Any] | Repeatable:
        """The answer, tagged and compressed as it is asked for; one with errors as it is.

        Args:
            asked: an operation whose root fields are introspection.
            document: that it is in.
            again: how the door asks for what may be given again; None where it takes no body.
            compute: makes the answer. Of those who ask the same at once, one calls it.
        """
        key = ("schema", document.digest, asked.operation.name, dump_json(asked.variables))
        known = self._known(key)
        if known is None:
            async with self._turn:
                known = self._known(key)
                if known is None:
                    payload = await compute()
                    if "errors" in payload:
                        return payload
                    known = self._keep(key, dump_json(payload))
        assert known.body is not None
        if again is None:
            return {"data": orjson.Fragment(known.body[len(b'{"data":') : -1])}
        return await self._represented(key, known.body, str(known.own_tag), again)

    def _known(self, key: Hashable) -> KnownAnswer | None:
        return self._kept.get(key) if self._kept is not None else None

    async def _represented(self, key: Hashable, body: bytes, own_tag: str, again: AskedAgain) -> Repeatable:
        """The answer as one caller takes it: compressed or not, with the tag that this has."""
        coding = chosen_coding(again.codings, len(body))
        fields = _VARYING if len(body) >= WORTH else ()
        tag = variant_tag(own_tag, again.form, coding) if again.is_tagged else None
        if tag is not None and again.known is not None and is_named(again.known, tag, weakly=True):
            return Repeatable(None, tag, fields)
        if coding is None:
            return Repeatable(body, tag, fields)
        key = (key, coding)
        if (known := self._known(key)) is None:
            async with self._turn:
                if (known := self._known(key)) is None:
                    known = self._keep(key, await compressed(body))
        return Repeatable(known.body, tag, (*fields, (b"content-encoding", coding.encode())))

    def _keep(self, key: Hashable, body: bytes) -> KnownAnswer:
        known = KnownAnswer(None, body, entity_tag(body))
        if self._kept is not None:
            self._kept.put(current().organization_id, key, known, OVERHEAD + len(body))
        return known
