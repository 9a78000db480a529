"""The declaration of a mutation: its rule, and the fields of its payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from gateway.execution import Selection, field
from gateway.resolvers.context import Context
from gateway.resolvers.rules import ChangeRule, Outcome, perform, refused
from gateway.schema.connections import Keys
from gateway.schema.mutations.inputs import members_of
from gateway.schema.mutations.payloads import (
    Payload,
    deleted_id_field,
    deleted_with_it_field,
    edge_field,
    object_field,
    payload_type,
    results_field,
)
from gateway.schema.mutations.reading import Asked, coerced, read_asked

CLIENT_MUTATION_ID = "Any text of your own. The payload returns it unchanged."
DRY_RUN = "`true`: check the input and return the expected result, but change nothing."


@dataclass(frozen=True, slots=True)
class Mutation:
    """A field of the mutation root.

    Attributes:
        rule: makes the change.
        kind: the type of the payload.
        field: Strawberry's field.
    """

    rule: ChangeRule[Any]
    kind: Any
    field: Any


def mutation(
    rule: ChangeRule[Any],
    shows: type,
    *,
    description: str,
    edge: Keys | None = None,
    deletes: bool = False,
    is_batch: bool = False,
    more: Mapping[str, tuple[Any, Any]] | None = None,
) -> Mutation:
    """Declare a mutation. Its name comes from the rule: `add_comment` makes `addComment` and its two types.

    Args:
        rule: makes the change.
        shows: the row type of the object that is created, changed or deleted.
        description: one sentence or more; the required scope is added to it.
        edge: for a new object, the order of the lists to which it belongs.
        deletes: whether the object is deleted, so that the payload has its id.
        is_batch: whether there are several objects, so that the payload has a result for each.
        more: further fields of the payload, each with its annotation. They read a `Payload`.
    """
    name = to_camel_case(rule.name)
    type_name = name[0].upper() + name[1:]
    shown = _shown(shows, edge, deletes)
    if is_batch:
        shown = {"results": results_field(f"{type_name}Result", shown)}
    kind = payload_type(f"{type_name}Payload", {**shown, **(more or {})})
    given = _input_of(rule, f"{type_name}Input", name)

    async def change(context: Context, selection: Selection, *, input: Any) -> Payload:
        asked = input if type(input) is Asked else read_asked(rule.input, coerced(input))
        outcome = await _outcome(context, rule, asked.given, asked.is_dry_run)
        return Payload(asked.client_mutation_id, outcome)

    change.__annotations__["input"] = Annotated[
        given, strawberry.argument(description="The input of the mutation.")
    ]
    sentence = f"{description.removesuffix('.')}. Requires the scope `{rule.scope}`."
    return Mutation(rule, kind | None, field(change, description=sentence))


def _shown(row_class: type, edge: Keys | None, deletes: bool) -> dict[str, tuple[Any, Any]]:
    word = _snake_case(row_class.__name__)
    words = word.replace("_", " ").replace("api ", "API ")
    if deletes:
        present = object_field(row_class, f"The {words}, if it was not deleted. Null if it was deleted.")
        gone = {"deleted_id": deleted_id_field(row_class), "deleted_with_it": deleted_with_it_field()}
        return {**gone, word: present}
    shown = {word: object_field(row_class, f"The {words} after the change.")}
    if edge is not None:
        shown[f"{word}_edge"] = edge_field(row_class, edge)
    return shown


def _snake_case(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).removeprefix("_")


def _input_of(rule: ChangeRule[Any], name: str, mutation_name: str) -> Any:
    members = members_of(rule.input)
    members["__annotations__"] |= {"client_mutation_id": str | None, "dry_run": bool | None}
    members["client_mutation_id"] = strawberry.field(default=UNSET, description=CLIENT_MUTATION_ID)
    members["dry_run"] = strawberry.field(default=False, description=DRY_RUN)
    made: Any = strawberry.input(type(name, (), members), description=f"Input of `{mutation_name}`.")
    made.read_coerced = partial(read_asked, rule.input)
    return made


async def _outcome(context: Context, rule: ChangeRule[Any], given: Any, is_dry_run: bool) -> Outcome:
    """The outcome of a change, or its expected outcome.

    Raises:
        GatewayError: the request cannot continue, for example because the token lacks the scope.
    """
    try:
        if not is_dry_run:
            return await perform(context, rule, given)
        await rule.prepare(context, given)
        write = await context.rehearse(rule.scope)
        made = await rule(write, given)
        await write.send()  # here, where a refusal of the store becomes an outcome
        return made
    except Exception as error:
        if is_dry_run:
            await context.end_root_field()
        if (outcome := refused(error)) is None:
            raise
        return outcome
