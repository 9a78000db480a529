"""How values that are plain rows tell which GraphQL type they are."""

from typing import Any

from graphql import GraphQLAbstractType, GraphQLResolveInfo


class Typed:
    """A row with its GraphQL object type's name, for places of an interface or union type.

    A batch function or root field returns it where the schema says `Node` or a union; where the schema says
    an object type, the bare row is enough. Attributes are those of the row.
    """

    __slots__ = ("row", "type_name")

    def __init__(self, type_name: str, row: Any) -> None:
        self.type_name = type_name
        self.row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    def __repr__(self) -> str:
        return f"Typed({self.type_name!r}, {self.row!r})"


class RowType:
    """What a Strawberry interface, or an object type in a union, inherits so that its values may be rows.

    Put it once on the interface: `class Node(RowType)`. Strawberry's own check takes only instances of its
    classes.
    """

    @classmethod
    def is_type_of(cls, value: Any, _info: GraphQLResolveInfo[Any]) -> bool:
        """Tell whether `value` is of this type: a `Typed` says so, a bare row was asked for as this type."""
        if type(value) is Typed:
            definition: Any = cls.__strawberry_definition__  # type: ignore[attr-defined]
            return bool(value.type_name == definition.name)
        return True

    @staticmethod
    def resolve_type(
        value: Any, _info: GraphQLResolveInfo[Any], _abstract: GraphQLAbstractType
    ) -> str | None:
        """Return the object type's name; None (an error of the field) unless `value` is a `Typed`."""
        return value.type_name if type(value) is Typed else None
