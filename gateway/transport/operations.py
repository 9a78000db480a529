"""Operations of GraphQL, whatever protocol asks for them: the document found, checked, trusted and run."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from time import perf_counter
from typing import Any, Final

import strawberry
from graphql import ExecutionResult, OperationType

from gateway.answers import Answers
from gateway.limits import Limits
from gateway.observe.records import OperationRecord, current
from gateway.streams.streams import Streams
from gateway.transport.complexity import Rows
from gateway.transport.documents import Document, Documents, Operation
from gateway.transport.errors import Defect, RequestError, code_of, format_field_errors
from gateway.transport.json_output import AnswerWriter
from gateway.transport.limits import check as check_limit
from gateway.transport.limits import check_variables
from gateway.transport.parted import Delivery
from gateway.transport.persisted import TrustedDocuments, check_document_id, unknown_document
from gateway.transport.repeating import AskedAgain, known_answer, made_repeatable, question_of
from gateway.transport.requests import GraphQLRequest
from gateway.transport.schema_answers import SchemaAnswers
from gateway.transport.subscriptions import AskedOperation, Subscriber, Subscription

LARGE: Final = 20_000
"""The price from which on an operation's code is written when it comes first, and its price is looked at closely."""

SHORT: Final = 500
"""Characters of a document that takes no time to be checked."""

DEAR: Final = 100_000
"""The price from which on it is asked how long the lists are, and few operations run at once."""

SLOWNESS: Final = 20
"""How much longer graphql-core takes for a value than a plan."""

_NOT_FOLLOWED: Final = (
    "A subscription is answered as text/event-stream or multipart/mixed;subscriptionSpec=1.0, neither of which is "
    "accepted here, or over a WebSocket."
)


class Operations:
    """What a door of any protocol hands a request to, and gets its answer from.

    A door reads requests off its protocol, admits the caller, and writes results and RequestErrors in the form that
    its protocol has for them.

    Args:
        schema: what is served.
        limits: of what a document that is not trusted may ask for.
        documents: the trusted documents by identifier.
        trusting: makes of a caller's context that of a trusted document.
        introspection: whether the schema may be asked for, and errors name what is like a name that is wrong.
        rows: how many rows a context's viewer has, by their GraphQL types, as far as that is known; asked for what
            seems to be dear.
        streams: follow what subscriptions ask for; None where none are served.
        answers: those that may be given again; None where each is computed.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        limits: Limits,
        *,
        documents: Mapping[str, str] | None = None,
        trusting: Callable[[Any], Any] | None = None,
        introspection: bool = True,
        rows: Callable[[Any], Awaitable[Rows]] | None = None,
        streams: Streams | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._answers = answers
        self._schema_answers = SchemaAnswers(answers)
        self._rows = rows
        self._streams = streams
        self._looked_at = min(LARGE, limits.complexity.cap)
        self._limits = limits
        self._introspection = introspection
        self._documents = Documents(schema, limits, introspection=introspection)
        self._trusted = TrustedDocuments(schema, documents or {})
        self._trusting = trusting
        # Who has it checks a document, or has graphql-core run one. Neither can pause, so they come one by one, and
        # between them whatever else is ready.
        self._floor = asyncio.Lock()

    async def answer(
        self,
        request: GraphQLRequest,
        context: Any,
        check: Callable[[OperationType], None],
        follow: Callable[[], Subscriber] | None = None,
        again: AskedAgain | None = None,
        delivery: Delivery | None = None,
    ) -> Any:
        """The response to a query or mutation: ``data``, and ``errors`` where fields failed.

        That to a subscription is a Follower, whom the door closes, and never comes to a door that does not follow. One
        that may be given again is a Repeatable, where a door asks for such. One that came in parts is the delivery,
        which the door finishes.

        Args:
            request: as the door read it.
            context: of the caller, as `gateway.admission` makes it.
            check: called with the operation's type before anything is run; raises the door's RequestError for a type
                that the door cannot answer.
            follow: makes the subscriber of a subscription.
            again: how the door asks for what may be given again; None where it cannot.
            delivery: takes what the document asks for later, by @defer and @stream; without it all comes at once.

        Raises:
            RequestError: the operation was not executed.
            GatewayError: a subscription cannot be followed.
        """
        record = OperationRecord(request.operation_name, document_id=request.document_id)
        begun = perf_counter()
        try:
            payload = await self._answer(request, context, check, record, follow, again, delivery)
        except RequestError as error:
            record.errors, record.code = len(error.errors), error.code
            if not self._introspection:
                error.hide_suggestions()
            raise
        except BaseException as error:
            record.code = code_of(error)
            raise
        finally:
            record.seconds = perf_counter() - begun
            current().operated(record)
        return payload

    async def _answer(
        self,
        request: GraphQLRequest,
        context: Any,
        check: Callable[[OperationType], None],
        record: OperationRecord,
        follow: Callable[[], Subscriber] | None,
        again: AskedAgain | None,
        delivery: Delivery | None,
    ) -> Any:
        found = self._find(request) if self._is_quick(request) else await self._find_alone(request)
        document, is_trusted = found
        record.digest = document.digest
        operation = document.operation(request.operation_name)
        record.name, record.type = operation.name, operation.type.value
        check(operation.type)
        is_followed = operation.type is OperationType.SUBSCRIPTION
        if is_followed and (self._streams is None or follow is None):
            raise RequestError(Defect.UNFIT, "BAD_REQUEST", _NOT_FOLLOWED)
        variables = request.variables
        if variables:
            check_variables(variables, self._limits)
        record.price = price = operation.price(variables)
        if price > self._looked_at:
            record.price = await self._check_price(price, operation, variables, context, is_trusted)
        asked = AskedOperation(operation, variables, price, is_trusted)
        if operation.prepared.facts.is_of_schema:
            compute = partial(self._run, asked, context, record)
            return await self._schema_answers.answer(asked, document, again, compute)
        if not is_followed:
            if delivery is not None and operation.prepared.facts.is_parted:
                return await self._run_in_parts(asked, context, record, delivery)
            question = None
            if again is not None:
                question = question_of(self._answers, asked, document, context, again)
            if question is None or again is None:
                return await self._run(asked, context, record)
            if (known := await known_answer(question, again)) is not None:
                return known
            return made_repeatable(question, asked, again, await self._run(asked, context, record))
        assert self._streams is not None
        assert follow is not None
        subscription = Subscription(asked, self._run_for_event, self._limits)
        return await subscription.open(self._streams, context, follow())

    async def _run_for_event(self, asked: AskedOperation, context: Any, event: Any) -> dict[str, Any]:
        """The response of a subscription to one event."""
        if asked.price > self._looked_at:
            await self._check_price(asked.price, asked.operation, asked.variables, context, asked.is_trusted)
        return await self._run(asked, context, OperationRecord(), event)

    async def _run(
        self, asked: AskedOperation, context: Any, record: OperationRecord, event: Any = None
    ) -> dict[str, Any]:
        operation, variables, price, is_trusted = asked
        if is_trusted and self._trusting is not None:
            context = self._trusting(context)
        if operation.prepared.facts.uncovered:
            async with self._floor:
                await asyncio.sleep(0)
        result = operation.prepared.run(
            variables,
            context,
            root_value=event,
            writer=self._writer(asked),
            is_large=price > LARGE,
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        return self._payload(result, asked, record)

    def _writer(self, asked: AskedOperation) -> AnswerWriter | None:
        """Writes parts of the answer, as soon as they are there, of what is large or may turn out to be."""
        is_large = asked.price > LARGE or asked.operation.prepared.facts.introspects
        return AnswerWriter(current()) if is_large else None

    def _payload(
        self, result: ExecutionResult, asked: AskedOperation, record: OperationRecord
    ) -> dict[str, Any]:
        if not result.errors:
            return {"data": result.data}
        if result.data is None and all(error.path is None for error in result.errors):
            # An execution that never began: the variables don't fit the operation.
            raise RequestError.of_variables(result.errors, asked.variables, asked.operation.prepared)
        errors = format_field_errors(result.errors)
        record.errors, record.code = len(errors), errors[-1]["extensions"]["code"]
        return {"data": result.data, "errors": errors}

    async def _run_in_parts(
        self, asked: AskedOperation, context: Any, record: OperationRecord, delivery: Delivery
    ) -> dict[str, Any] | Delivery:
        """The response where nothing comes later after all; else the delivery, which was given all parts."""
        operation, variables, price, is_trusted = asked
        if operation.prepared.facts.uncovered:
            return await self._run(asked, context, record)
        if is_trusted and self._trusting is not None:
            context = self._trusting(context)
        result = await operation.prepared.run_in_parts(
            variables,
            context,
            delivery.deferral,
            writer=self._writer(asked),
            is_large=price > LARGE,
        )
        if isinstance(result, ExecutionResult):
            return self._payload(result, asked, record)
        await delivery.begin(context, self._payload(result.first, asked, record), result)
        async with aclosing(result.increments.parts()) as parts:
            async for part in parts:
                record.errors += delivery.add(part)
        return delivery

    async def _check_price(
        self,
        price: float,
        operation: Operation,
        variables: Mapping[str, Any],
        context: Any,
        is_trusted: bool,
    ) -> float:
        """Refuse what is expected to return too much, and have what is dear wait for its turn.

        Returns:
            The price, looked at closely.

        Raises:
            RequestError: OPERATION_TOO_COMPLEX.
            GatewayError: Overloaded, Unavailable: too many wait already.
        """
        slowness = SLOWNESS if operation.prepared.facts.uncovered else 1
        price *= slowness
        if price > min(DEAR, self._limits.complexity.cap) and self._rows is not None:
            price = slowness * operation.price(variables, await self._rows(context))
        if not is_trusted:
            check_limit(self._limits.complexity, price)
        if price > DEAR and (work := current().work) is not None:
            await work.take_dear()
        return price

    def _is_quick(self, request: GraphQLRequest) -> bool:
        """Whether a request's document is known, or short."""
        text = request.query
        return text is None or len(text) <= SHORT or self._documents.is_known(text)

    async def _find_alone(self, request: GraphQLRequest) -> tuple[Document, bool]:
        """As `_find`, one after the other."""
        async with self._floor:
            found = self._find(request)
            await asyncio.sleep(0)
        return found

    def _find(self, request: GraphQLRequest) -> tuple[Document, bool]:
        """The document that a request means, and whether that is a trusted document which was asked for by its name."""
        text, document_id = request.query, request.document_id
        if document_id is None:
            assert text is not None
            return self._documents.get(text), False
        if text is not None:
            check_document_id(document_id, text)
        trusted = self._trusted.get(document_id)
        if trusted is not None:
            return trusted, True
        if text is not None:
            return self._documents.get(text, document_id), False
        known = self._documents.find(document_id)
        if known is None:
            raise unknown_document()
        return known, False
