"""Payloads: the results of mutations, made from the outcomes of their rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from gateway.db.cursors import Order
from gateway.db.pages import Edge as PageEdge
from gateway.execution import Selection, relation
from gateway.resolvers.context import Context
from gateway.resolvers.errors import ErrorCode, ShownOnce
from gateway.resolvers.rules import Outcome
from gateway.schema.connections import Edge, Keys
from gateway.schema.node import global_id, to_one
from gateway.schema.rows import ROW_TYPES, computed


@strawberry.type(description="A reason why a mutation did not make a change.")
class UserError:
    code: ErrorCode = strawberry.field(description="A stable code for programs.")
    message: str = strawberry.field(description="The problem as a sentence that you can show to people.")
    path: list[str] = strawberry.field(
        description="The path of the wrong member in the input, such as `integrations`, `0`, `updateFrequency`. Empty "
        "if the problem concerns the whole input."
    )


@strawberry.type(description="How many objects of one type were deleted together with another object.")
class DeletedObjects:
    type_name: str = strawberry.field(description="The name of the type, such as `Comment`.")
    count: int = strawberry.field(description="The number of deleted objects.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A user error in the form of the graph."""

    code: ErrorCode
    message: str
    path: list[str]


@dataclass(frozen=True, slots=True)
class DeletedCount:
    """The number of deleted objects of one type, in the form of the graph."""

    type_name: str
    count: int


@dataclass(frozen=True, slots=True)
class Payload:
    """The row behind a payload type.

    Attributes:
        client_mutation_id: the value that the caller gave.
        outcome: the outcome of the rule.
    """

    client_mutation_id: str | None
    outcome: Outcome

    @property
    def object_id(self) -> str | None:
        return self.outcome.object_id

    @property
    def made_id(self) -> str | None:
        """The object's id, if it was created."""
        return None if self.outcome.problems else self.outcome.object_id

    @property
    def deleted_id(self) -> str | None:
        return self.outcome.deleted_id

    @property
    def file_id(self) -> str | None:
        """The id of the file that was attached or detached."""
        return self.outcome.values.get("file_id")

    @property
    def results(self) -> "list[Payload] | None":
        outcome = self.outcome
        if outcome.problems and not outcome.results:  # the batch itself was refused, and no entry looked at
            return None
        return [Payload(None, each) for each in outcome.results]

    @property
    def deleted_with_it(self) -> list[DeletedCount] | None:
        if self.outcome.deleted_id is None:
            return None
        return [DeletedCount(*each) for each in sorted(self.outcome.deleted_with_it.items())]

    @property
    def errors(self) -> list[Shown]:
        return [
            Shown(each.code, each.message, [to_camel_case(name) for name in each.path])
            for each in self.outcome.problems
        ]


ERRORS = strawberry.field(
    description="The reasons why the change was not made, for display in a form. Empty if the change was made."
)
ECHO = strawberry.field(description="The `clientMutationId` of the input.")


def shown_once(member: str, message: str) -> Callable[[Outcome], str | None]:
    """A resolver for a value that is not stored; it is null if no value was made.

    Args:
        member: the key of the value in the outcome's values.
        message: for callers who repeat the idempotency key. The field then fails with `ShownOnce`.
    """

    def shown(outcome: Outcome) -> str | None:
        if outcome.is_repeated and not outcome.problems:
            raise ShownOnce(message)
        value: str | None = outcome.values.get(member)
        return value

    return shown


def payload_type(name: str, fields: dict[str, tuple[Any, Any]]) -> Any:
    """The GraphQL type of a payload.

    Args:
        name: the name of the type.
        fields: its own fields by name, each with its annotation.
    """
    fields = {"client_mutation_id": (str | None, ECHO), **fields}
    return _type_with_errors(name, fields, f"Payload of `{_mutation(name)}`.")


def _type_with_errors(name: str, fields: dict[str, tuple[Any, Any]], description: str) -> Any:
    fields = {**fields, "errors": (list[UserError], ERRORS)}
    made: dict[str, Any] = {key: field for key, (_, field) in fields.items()}
    made["__annotations__"] = {key: kind for key, (kind, _) in fields.items()}
    made["__module__"] = __name__
    return strawberry.type(type(name, (), made), description=description)


def results_field(name: str, fields: dict[str, tuple[Any, Any]]) -> tuple[Any, Any]:
    """The field with the result of each entry of a batch, with its annotation.

    Args:
        name: the name of the type of one result.
        fields: the fields of that type, each with its annotation.
    """
    kind: Any = _type_with_errors(name, fields, "The result of one entry of a batch.")
    return list[kind] | None, strawberry.field(
        description="One result for each entry of the batch, in the same order. Null if the whole batch was refused."
    )


def _mutation(payload: str) -> str:
    name = payload.removesuffix("Payload")
    return name[0].lower() + name[1:]


def object_field(row_class: type, sentence: str, key: str = "object_id") -> tuple[Any, Any]:
    """The field with the created or changed object, with its annotation.

    Args:
        row_class: the type of the object.
        sentence: the description of the field.
        key: the property of the payload with the object's id.
    """
    return row_class | None, to_one(ROW_TYPES[row_class].table, key, description=sentence)


def edge_field(
    row_class: Any,
    order: Keys,
    sentence: str = "The new object as an edge, to add to a list in your cache. Null if nothing was created.",
    key: str = "made_id",
) -> tuple[Any, Any]:
    """The field with a new object's edge in lists of an order, with its annotation.

    Args:
        row_class: the type of the object.
        order: the order of the lists.
        sentence: the description of the field.
        key: the property of the payload with the object's id.
    """
    table = ROW_TYPES[row_class].table
    ordered = Order.of(table, order)

    async def load(keys: list[str], context: Context, selection: Selection) -> list[Any]:
        rows = await context.rows(table, keys, columns=(*selection.columns, *ordered.columns))
        return [PageEdge(rows[key], ordered) if key in rows else None for key in keys]

    kind: Any = Edge[row_class]
    return kind | None, relation(load, key=key, description=sentence)


def deleted_id_field(row_class: type) -> tuple[Any, Any]:
    """The field with the global id of the deleted object, with its annotation."""
    type_name = ROW_TYPES[row_class].table.info["type"]

    def deleted_global_id(deleted_id: str | None) -> str | None:
        return None if deleted_id is None else global_id(deleted_id, type_name=type_name)

    return strawberry.ID | None, computed(
        deleted_global_id, description="The global id of the deleted object. Null if it was not deleted."
    )


def deleted_with_it_field() -> tuple[Any, Any]:
    """The field with the objects that were deleted together with another one, with its annotation."""
    sentence = "The other objects that were deleted together with it, by type. Null if it was not deleted."
    return list[DeletedObjects] | None, strawberry.field(description=sentence)
