"""Subscriptions: an operation run for each event, once for all who ask the same and see the same."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import orjson

from gateway.execution import Unfit
from gateway.limits import Limits
from gateway.observe import records
from gateway.observe.work import Work
from gateway.resolvers.errors import GatewayError, Overloaded, Unauthenticated, Unavailable
from gateway.streams.messages import Made, StreamEvent, Wanted
from gateway.streams.streams import Follower, Streams
from gateway.transport.documents import Operation
from gateway.transport.errors import Defect, RequestError, refusal
from gateway.transport.json_output import dump_json
from gateway.transport.limits import check

_PASSING: Final = (Unavailable.code, Overloaded.code)
"""Codes of what the same operation may do better a moment later."""


class AskedOperation(NamedTuple):
    """An operation that was found and checked.

    Attributes:
        operation: of which document.
        variables: as they came.
        price: what it may return at most.
        is_trusted: whether its document was asked for by the name of a trusted one.
    """

    operation: Operation
    variables: Mapping[str, Any]
    price: float
    is_trusted: bool


class Subscriber(NamedTuple):
    """Who subscribes.

    Attributes:
        admit: makes their context anew; raises Unauthenticated where their token is not good any more.
        work: bounds one run on their behalf.
        after: the cursor of the last message that they had, which counts more than what their document says.
    """

    admit: Callable[[], Awaitable[Any]]
    work: Callable[[], Work]
    after: str | None = None


class Subscription:
    """An operation that is followed.

    Args:
        asked: the operation.
        run: runs it for an event, in a context.
        limits: of a result.
    """

    def __init__(
        self,
        asked: AskedOperation,
        run: Callable[[AskedOperation, Any, StreamEvent], Awaitable[dict[str, Any]]],
        limits: Limits,
    ) -> None:
        self._asked = asked
        self._run = run
        self._limits = limits
        self._record = records.current()

    async def open(self, streams: Streams, context: Any, subscriber: Subscriber) -> Follower:
        """Ask the operation's field for the events that it is run for, and follow them.

        Args:
            streams: follow the event logs.
            context: of the subscriber.
            subscriber: on whose behalf it may be run.

        Raises:
            RequestError: the variables do not fit, or the field refuses.
            GatewayError: the caller or the store cannot be served now.
        """
        asked = self._asked
        try:
            wanted: Wanted = await asked.operation.prepared.source(asked.variables, context)
            if subscriber.after is not None:
                wanted = replace(wanted, after=subscriber.after)
            self._wanted = wanted
            return await streams.open(context, wanted, self._key(context), self._make, subscriber)
        except Unfit as unfit:
            raise RequestError.of_variables(unfit.errors, asked.variables, asked.operation.prepared) from None
        except GatewayError as error:
            if error.code in _PASSING:
                raise
            refused = refusal(error)
            # What is wrong is the operation, and where results come that is said.
            refused.status = Defect.UNFIT
            raise refused from None

    def _key(self, context: Any) -> Hashable:
        """What results have in common that are the same: document, variables and sight; the token where they vary."""
        asked = self._asked
        shared = asked.operation.shared_variables(asked.variables)
        variables = orjson.dumps(shared, option=orjson.OPT_SORT_KEYS)
        viewer = context.viewer
        token_id = None if asked.operation.is_steady(asked.variables) else viewer.token_id
        return asked.operation, variables, asked.is_trusted, viewer.sight, token_id

    async def _make(self, subscriber: Subscriber, event: StreamEvent) -> Made:
        """The result for an event, as a request of the subscriber's."""
        record = self._record.part("EVENT")
        token = records.enter(record)
        work = subscriber.work()
        try:
            context = await subscriber.admit()
            if not work.take(context):
                await work.wait()
            with work:
                matches = self._wanted.matches
                if matches is not None and event.subject_id is not None and not await matches(event, context):
                    return Made(None)
                payload = await self._run(self._asked, context, event)
            text = dump_json(payload)
            check(self._limits.bytes, len(text))
        except Unauthenticated:
            raise
        except Exception as error:
            failure = error if isinstance(error, RequestError) else refusal(error)
            payload = {"errors": failure.errors, "extensions": {"cursor": event.cursor}}
            text = dump_json(payload)
        finally:
            work.leave()
            records.leave(token)
        codes = {each["extensions"]["code"] for each in payload.get("errors", ())}
        return Made(text, is_final=codes.isdisjoint(_PASSING))
