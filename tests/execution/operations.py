"""Random valid operations over a schema: fragments, aliases, directives, variables, literals of every type."""

import random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
)

SCALARS = {"Int": [0, 1, 2, 3, 5], "ID": ["x"], "String": ["hey", ""], "Boolean": [True, False]}
SCALARS |= {"Float": [0.5], "Date": ["2001-02-03"], "BigInt": [7]}


class Generator:
    """Writes one operation; `text` and `variables` are the result.

    Args:
        later: whether parts of it are asked for later, by @defer and @stream.
    """

    def __init__(self, schema: GraphQLSchema, seed: int, *, later: bool = False) -> None:
        self.schema = schema
        self.later = later
        self.labels = 0
        self.random = random.Random(seed)
        self.variables: dict[str, Any] = {}
        self.declared: list[str] = []
        self.fragments: dict[str, tuple[Any, str]] = {}
        self.budget = self.random.choice([6, 15, 40])
        kind = self.random.choices(["query", "mutation"], [8, 1])[0]
        root = schema.query_type if kind == "query" else schema.mutation_type
        body = self.selection(root, self.random.choice([2, 3, 4]))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        fragments = [f"fragment {name} on {on} {text}" for name, (on, text) in self.fragments.items()]
        self.text = "\n".join([f"{kind} Q{declared} {body}", *fragments])

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def selection(self, parent: Any, depth: int) -> str:
        parts = [self.part(parent, depth) for _ in range(self.random.randint(1, 5))]
        return "{ " + " ".join(parts) + " }"

    def part(self, parent: Any, depth: int) -> str:
        if self.chance(0.08):
            return "__typename" if self.chance(0.7) else "t: __typename"
        if self.chance(0.2) and depth > 0:
            return self.fragment(parent, depth)
        fields = getattr(parent, "fields", {})
        leaves = [name for name, each in fields.items() if is_leaf_type(get_named_type(each.type))]
        self.budget -= 1
        names = list(fields) if depth > 0 and self.budget > 0 else leaves
        return self.field(fields[name := self.random.choice(names)], name, depth) if names else "__typename"

    def field(self, field: Any, name: str, depth: int) -> str:
        alias = self.random.choice(["a: ", "b: ", f"{name}2: "]) if self.chance(0.25) else ""
        given = [
            f"{each}: {self.value(argument.type, can_be_variable=True)}"
            for each, argument in field.args.items()
            if is_required_argument(argument) or self.chance(0.4)
        ]
        arguments = f"({', '.join(given)})" if given else ""
        named = get_named_type(field.type)
        below = "" if is_leaf_type(named) else " " + self.selection(named, depth - 1)
        streamed = self.streamed() if is_list_type(get_nullable_type(field.type)) else ""
        return f"{alias}{name}{arguments}{self.directives()}{streamed}{below}"

    def streamed(self) -> str:
        """Now and then a list of which some items come later."""
        if not self.later or self.chance(0.6):
            return ""
        return f" @stream(initialCount: {self.random.randrange(3)}{self.label()}{self.condition()})"

    def deferred(self) -> str:
        """Now and then a fragment that comes later."""
        if not self.later or self.chance(0.4):
            return ""
        given = f"{self.label()}{self.condition()}".removeprefix(", ")
        return f" @defer({given})" if given else " @defer"

    def label(self) -> str:
        self.labels += 1
        return f', label: "l{self.labels}"' if self.chance(0.7) else ""

    def condition(self) -> str:
        if self.chance(0.8):
            return ""
        return f", if: {self.value(self.schema.get_type('Boolean'), can_be_variable=True, required=True)}"

    def directives(self) -> str:
        if not self.chance(0.12):
            return ""
        condition = self.value(self.schema.get_type("Boolean"), can_be_variable=True, required=True)
        return f" @{self.random.choice(['skip', 'include'])}(if: {condition})"

    def fragment(self, parent: Any, depth: int) -> str:
        on = parent
        if is_abstract_type(parent):
            on = self.random.choice([parent, *self.schema.get_possible_types(parent)])
        elif is_object_type(parent) and parent.interfaces and self.chance(0.3):
            on = self.random.choice(parent.interfaces)
        if self.chance(0.5):
            condition = f" on {on}" if on is not parent or self.chance(0.5) else ""
            return f"...{condition}{self.directives()}{self.deferred()} {self.selection(on, depth)}"
        fitting = [name for name, (type_, _) in self.fragments.items() if type_ is on]
        if fitting and self.chance(0.5):
            return f"...{self.random.choice(fitting)}{self.directives()}{self.deferred()}"
        text = self.selection(on, depth - 1)
        name = f"F{len(self.fragments)}"
        self.fragments[name] = (on, text)
        return f"...{name}{self.directives()}{self.deferred()}"

    def value(self, type_: Any, can_be_variable: bool = False, required: bool = False) -> str:
        if can_be_variable and self.chance(0.3):
            return self.variable(type_, required)
        if not is_non_null_type(type_) and not required and self.chance(0.15):
            return "null"
        return literal(self.plain(type_))

    def variable(self, type_: Any, required: bool) -> str:
        name = f"v{len(self.declared)}"
        text = f"{type_}!" if required and not is_non_null_type(type_) else str(type_)
        default = f" = {literal(self.plain(type_))}" if self.chance(0.3) else ""
        self.declared.append(f"${name}: {text}{default}")
        if not default or self.chance(0.5):
            self.variables[name] = unwrapped(self.plain(type_))
        return f"${name}"

    def plain(self, type_: Any) -> Any:
        """A value as variables hold it, but for enum values, which are `Name`s."""
        if is_non_null_type(type_):
            return self.plain(type_.of_type)
        if is_list_type(type_):
            return [self.plain(type_.of_type) for _ in range(self.random.randint(0, 2))]
        if isinstance(type_, GraphQLEnumType):
            return Name(self.random.choice(list(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            self.budget -= 1
            return {
                name: self.plain(field.type)
                for name, field in type_.fields.items()
                if is_non_null_type(field.type) or (self.budget > 0 and self.chance(0.4))
            }
        return self.random.choice(SCALARS[type_.name])


class Name(str):
    """An enum value: bare in a literal, text in variables."""


def unwrapped(value: Any) -> Any:
    if isinstance(value, list):
        return [unwrapped(each) for each in value]
    if isinstance(value, dict):
        return {name: unwrapped(each) for name, each in value.items()}
    return str(value) if isinstance(value, Name) else value


def literal(value: Any) -> str:
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else repr(value)
