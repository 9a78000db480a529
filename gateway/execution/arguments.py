"""Argument values: from a field's nodes and the variables to the keyword arguments of its function."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING
from typing import Any, NamedTuple

from graphql import (
    GraphQLSchema,
    Undefined,
    get_argument_values,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues
from graphql.language import Node, VariableNode
from strawberry.relay import GlobalID
from strawberry.types.arguments import StrawberryArgument, convert_argument, convert_arguments
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.lazy_type import LazyType

from gateway.execution.plan import FieldPlan

Converted = dict[tuple[int, Hashable], Any]
"""What became of the lists and objects that variables hold, by the value's identity and the place in the schema."""


def keyword_arguments(field: FieldPlan, variables: VariableValues, converted: Converted) -> dict[str, Any]:
    """Return a field's arguments by their Python names, as Strawberry's input types.

    They are computed once where no variable is involved; a variable that several fields take as an argument is
    converted once in a run, whose ``converted`` is. What the coercion of a value raises passes through.
    """
    if field.constant_arguments is not None:
        return field.constant_arguments
    recipe: Recipe | None = field.recipe
    if recipe is not None and (made := recipe.arguments(variables.coerced, converted)) is not None:
        return made
    values = get_argument_values(field.field, field.nodes[0], variables)
    arguments = _convert(field, values, variables, converted)
    if recipe is None:
        recipe = field.recipe = Recipe.of(field, arguments)
        if recipe.is_constant:
            field.constant_arguments = arguments
    return arguments


class _FromVariable(NamedTuple):
    """An argument that is one variable and nothing else."""

    name: str
    variable: str
    may_be_null: bool
    may_be_absent: bool
    convert: Callable[[Any, Converted], Any] | None


class Recipe:
    """How one field's arguments come about in every run: what is constant, and what variables bring."""

    __slots__ = ("_constants", "_is_complete", "_variables")

    def __init__(self, constants: dict[str, Any], variables: list[_FromVariable], is_complete: bool) -> None:
        self._constants = constants
        self._is_complete = is_complete
        self._variables = variables

    @property
    def is_constant(self) -> bool:
        """Whether no variable takes part."""
        return self._is_complete and not self._variables

    @classmethod
    def of(cls, field: FieldPlan, arguments: dict[str, Any]) -> "Recipe":
        """Learn it from the arguments of one run."""
        assert field.definition is not None
        converter = _strawberry_schema(field).config.name_converter
        nodes = {each.name.value: each.value for each in field.nodes[0].arguments or ()}
        constants: dict[str, Any] = {}
        variables: list[_FromVariable] = []
        is_complete = True
        for argument in field.definition.arguments:
            name = converter.from_argument(argument)
            node = nodes.get(name)
            if isinstance(node, VariableNode):
                variables.append(_from_variable(field, argument, name, node.name.value))
            elif _has_variable(node):
                is_complete = False
            elif argument.python_name in arguments:
                constants[argument.python_name] = arguments[argument.python_name]
        return cls(constants, variables, is_complete)

    def arguments(self, coerced: Mapping[str, Any], converted: Converted) -> dict[str, Any] | None:
        """Return the arguments; None where graphql-core has to find them, or what is wrong with them."""
        if not self._is_complete:
            return None
        arguments = dict(self._constants)
        for name, variable, may_be_null, may_be_absent, convert in self._variables:
            value = coerced.get(variable, Undefined)
            if value is Undefined:
                if not may_be_absent:
                    return None
            elif value is None and not may_be_null:
                return None
            else:
                arguments[name] = value if convert is None else convert(value, converted)
        return arguments


def _from_variable(field: FieldPlan, argument: StrawberryArgument, name: str, variable: str) -> _FromVariable:
    defined = field.field.args[name]
    is_nullable = not is_non_null_type(defined.type)
    has_default = defined.default is not None or defined.default_value is not Undefined
    type_ = argument.type
    is_maybe = isinstance(type_, StrawberryMaybe)
    inner = type_.of_type if isinstance(type_, StrawberryOptional) else type_
    convert: Callable[[Any, Converted], Any] | None = None
    if is_maybe or inner is GlobalID or not is_leaf_type(get_nullable_type(defined.type)):
        schema = _strawberry_schema(field)

        def convert(value: Any, converted: Converted) -> Any:
            return _convert_once(schema, type_, name, value, converted)

    if (read := _reader(type_)) is not None:

        def convert(value: Any, converted: Converted) -> Any:
            return read(value)

    return _FromVariable(
        argument.python_name, variable, is_nullable, is_nullable and not has_default, convert
    )


def _convert(
    field: FieldPlan, values: dict[str, Any], variables: VariableValues, converted: Converted
) -> dict[str, Any]:
    assert field.definition is not None
    schema = _strawberry_schema(field)
    nodes = {each.name.value: each.value for each in field.nodes[0].arguments or ()}
    own = dict(values)
    arguments: dict[str, Any] = {}
    for argument in field.definition.arguments:
        name = schema.config.name_converter.from_argument(argument)
        node = nodes.get(name)
        if name in own and (read := _reader(argument.type)) is not None:
            arguments[argument.python_name] = read(own.pop(name))
        elif isinstance(node, VariableNode) and name in own and node.name.value in variables.coerced:
            value = own.pop(name)
            arguments[argument.python_name] = _convert_once(schema, argument.type, name, value, converted)
        elif name in own and _has_variable(node):
            held = {id(each) for each in variables.coerced.values() if isinstance(each, dict | list)}
            if held:
                inside = _Literal(schema, held, converted)
                arguments[argument.python_name] = inside.convert(own.pop(name), argument.type, (name,))
    registry = schema.schema_converter.scalar_registry
    rest = convert_arguments(own, field.definition.arguments, scalar_registry=registry, config=schema.config)
    return {**arguments, **rest}


def _reader(type_: Any) -> Callable[[Any], Any] | None:
    """What reads the coerced values of an input type that is not to become an object of Strawberry's."""
    return getattr(type_, "read_coerced", None) if isinstance(type_, type) else None


class _Literal:
    """Converts a literal as Strawberry's `convert_argument` does, but what variables hold inside of it once in a run.

    Args:
        held: identities of the variables' lists and objects.
        converted: what became of them so far.
    """

    def __init__(self, schema: Any, held: set[int], converted: Converted) -> None:
        self._schema = schema
        self._held = held
        self._converted = converted

    def convert(self, value: Any, type_: Any, path: tuple[str | int, ...]) -> Any:
        """Convert one value of the literal."""
        if isinstance(type_, StrawberryOptional) and not isinstance(type_, StrawberryMaybe):
            return self.convert(value, type_.of_type, path)
        if isinstance(type_, LazyType):
            return self.convert(value, type_.resolve_type(), path)
        if isinstance(type_, StrawberryList) and isinstance(value, list):
            return [self.convert(each, type_.of_type, (*path, n)) for n, each in enumerate(value)]
        if isinstance(value, dict) and has_object_definition(type_):
            definition = type_.__strawberry_definition__
            if definition.from_input is None:
                return type_(**self._members(value, definition, path))
        return self._by_strawberry(value, type_, path)

    def _members(self, value: dict[str, Any], definition: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for field in definition.fields:
            if field.default_value is MISSING and field.default_factory is MISSING:
                members[field.python_name] = None
            name = self._schema.config.name_converter.from_field(field)
            if name not in value:
                continue
            given, type_ = value[name], field.resolve_type(type_definition=definition)
            key = (id(given), (definition.name, name))
            if key[0] not in self._held:
                members[field.python_name] = self.convert(given, type_, (*path, name))
                continue
            if key not in self._converted:
                self._converted[key] = self._by_strawberry(given, type_, (*path, name))
            members[field.python_name] = self._converted[key]
        return members

    def _by_strawberry(self, value: Any, type_: Any, path: tuple[str | int, ...]) -> Any:
        registry = self._schema.schema_converter.scalar_registry
        return convert_argument(value, type_, registry, self._schema.config, path=path)


def _convert_once(schema: Any, type_: Any, name: str, value: Any, converted: Converted) -> Any:
    registry = schema.schema_converter.scalar_registry
    if not isinstance(value, dict | list):
        return convert_argument(value, type_, registry, schema.config, path=(name,))
    key = (id(value), id(type_))
    if key not in converted:
        converted[key] = convert_argument(value, type_, registry, schema.config, path=(name,))
    return converted[key]


def _strawberry_schema(field: FieldPlan) -> Any:
    schema: GraphQLSchema = field.plan.schema
    return schema._strawberry_schema  # type: ignore[attr-defined]


def _has_variable(value: Any) -> bool:
    if isinstance(value, VariableNode):
        return True
    if isinstance(value, Node):
        return any(_has_variable(getattr(value, key)) for key in value.keys)
    return isinstance(value, list | tuple) and any(_has_variable(each) for each in value)
