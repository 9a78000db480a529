"""Answers of operations that may be repeated, and how doors ask for them."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from graphql import OperationType

from gateway.answers import Answers, Question
from gateway.http.entity_tags import is_named
from gateway.transport.documents import Document
from gateway.transport.json_output import dump_json
from gateway.transport.subscriptions import AskedOperation

WORTH: Final = 100
"""The price from which on an answer is kept, to be given again: one of less costs about what it costs to look it up."""


class AskedAgain(NamedTuple):
    """How a door asks for an answer that may be repeated.

    Attributes:
        form: its media type.
        is_tagged: whether the answer is to have its entity tag.
        known: the entity tags of answers that the caller has, as `If-None-Match` has them; None for none.
        codings: the content codings that the caller takes, as `Accept-Encoding` has them; None where nothing is said.
    """

    form: str
    is_tagged: bool
    known: str | None = None
    codings: str | None = None


class Repeatable(NamedTuple):
    """An answer that may be repeated, as JSON.

    Attributes:
        body: None where the caller has it.
        tag: its entity tag; None where none was asked for.
        fields: what else its header has to say of it.
    """

    body: bytes | None
    tag: str | None
    fields: tuple[tuple[bytes, bytes], ...] = ()


def question_of(
    answers: Answers | None, asked: AskedOperation, document: Document, context: Any, again: AskedAgain
) -> Question | None:
    """The question that an operation is, to be looked up; None where its answer is to be computed whatever is known."""
    operation, variables, price, is_trusted = asked
    if answers is None or operation.type is not OperationType.QUERY:
        return None
    if not again.is_tagged and not (price >= WORTH and answers.keeps_bodies):
        return None
    if not operation.is_steady(variables):
        return None
    said = (document.digest, operation.name, dump_json(variables), is_trusted, again.form)
    question = answers.question(context, *said)
    return question if again.is_tagged or question.is_worth_a_look() else None


async def known_answer(question: Question, again: AskedAgain) -> Repeatable | None:
    """The answer to a question where it is known; None where it has to be computed, after this."""
    await question.look_up()
    tag = question.tag if again.is_tagged else None
    if tag is not None and again.known is not None and is_named(again.known, tag, weakly=True):
        question.repeated()
        return Repeatable(None, tag)
    if question.known is None or question.known.body is None:
        return None
    question.repeated()
    return Repeatable(question.known.body, tag)


def made_repeatable(
    question: Question, asked: AskedOperation, again: AskedAgain, payload: Mapping[str, Any]
) -> Mapping[str, Any] | Repeatable:
    """An answer as JSON, kept where that is worth it; one with errors as it is."""
    if "errors" in payload:
        return payload
    body = dump_json(payload)
    if asked.price >= WORTH:
        question.answered(body)
    return Repeatable(body, question.tag if again.is_tagged else None)
