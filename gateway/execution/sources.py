"""Where the value of a field comes from: the four kinds that this package's fields declare."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLField
from strawberry.types.field import StrawberryField

SOURCE: Final = "source"
"""The key of a field's source in Strawberry's `metadata`."""


APART: Final = "apart"
"""The key, in Strawberry's `metadata`, of a plain attribute that costs a statement of its own: where it comes later,
the function of its object is called again for it alone, and not asked for it at first."""


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute of the parent row.

    Attributes:
        name: None where it is the field's own Python name.
        otherwise: the attribute that is read where this one is null; None for none.
    """

    name: str | None
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """A pure function of some columns of the parent row."""

    function: Callable[..., Any]
    columns: tuple[str, ...]
    takes_context: bool
    takes_type_name: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A batch function of one column of many parent rows."""

    function: Callable[..., Awaitable[Sequence[Any]]]
    key: str
    expect: Callable[[list[Any], Any], None] | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """A function of the context: a field without a parent row.

    Attributes:
        is_first: whether it is called before the others of its operation.
    """

    function: Callable[..., Awaitable[Any]]
    expect: Callable[..., None] | None = None
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Stream(Root):
    """A function of the context that says which events a subscription is told of; each is the field's value in turn."""


Source = Column | Computed | Relation | Root


def definition_of(field: GraphQLField) -> StrawberryField | None:
    """Return the Strawberry field behind a field of the built schema; None for introspection's own."""
    return field.extensions.get("strawberry-definition") if field.extensions else None


def source_of(field: GraphQLField) -> Source | None:
    """Return the source that a field of the built schema was declared with; None for any other field."""
    definition = definition_of(field)
    return definition.metadata.get(SOURCE) if definition else None


def columns_of(field: GraphQLField) -> tuple[str, ...]:
    """Return the columns of the parent row that a field of the built schema reads."""
    definition = definition_of(field)
    return columns_read(definition, definition.python_name) if definition else ()


def columns_read(definition: StrawberryField, name: str) -> tuple[str, ...]:
    """Return the columns of the parent row that a field reads, by its declaration and its Python name."""
    match definition.metadata.get(SOURCE):
        case Column(column, otherwise):
            return (column or name,) if otherwise is None else (column or name, otherwise)
        case Computed(columns=columns):
            return columns
        case Relation(key=key):
            return (key,)
        case _:
            return ()


def is_apart(field: GraphQLField) -> bool:
    """Tell whether a field's value is asked for apart where it comes later."""
    definition = definition_of(field)
    return definition is not None and bool(definition.metadata.get(APART))


def is_plain_attribute(field: GraphQLField) -> bool:
    """Tell whether a field is an undeclared attribute of its parent, as the parts of a page are."""
    definition = definition_of(field)
    return definition is not None and definition.is_basic_field and SOURCE not in definition.metadata
