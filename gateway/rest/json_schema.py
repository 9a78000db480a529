"""JSON Schema (draft 2020-12), derived from the annotations of a TypedDict or from examples."""

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Schema = dict[str, Any]

_SCALARS: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bytes: {"type": "string", "contentMediaType": "application/octet-stream"},
    NoneType: {"type": "null"},
    Any: {},
}


class Schemas:
    """The schemas of a document. Schemas of objects are collected by name and referred to.

    Attributes:
        named: the schemas by name, in the order in which they were used.
    """

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}
        self._names: dict[tuple[str, Any], str] = {}

    def of(self, annotation: Any, prefix: str) -> Schema:
        """The schema of an annotation.

        Args:
            prefix: a prefix for the names of its TypedDicts, so that two vendors can use the same name.

        Raises:
            TypeError: the type does not exist in JSON.
        """
        if annotation in _SCALARS:
            return dict(_SCALARS[annotation])
        if is_typeddict(annotation):
            return {"$ref": f"#/components/schemas/{self._name(annotation, prefix)}"}
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin in (NotRequired, Required):
            return self.of(arguments[0], prefix)
        if origin is list:
            return {"type": "array", "items": self.of(arguments[0], prefix)}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1], prefix)}
        if origin in (Union, UnionType):
            return any_of([self.of(each, prefix) for each in arguments])
        if origin is Literal:
            return {"enum": list(arguments)}
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return {"enum": [each.value for each in annotation]}
        raise TypeError(f"{annotation!r} has no JSON Schema.")

    def _name(self, typed_dict: Any, prefix: str) -> str:
        key = (prefix, typed_dict)
        if (name := self._names.get(key)) is None:
            name = prefix + typed_dict.__name__
            while name in self.named:
                name += "_"
            self._names[key] = name
            self.named[name] = {}
            self.named[name].update(self._object(typed_dict, prefix))
        return name

    def _object(self, typed_dict: Any, prefix: str) -> Schema:
        hints = get_type_hints(typed_dict, include_extras=True)
        required = [name for name in hints if name in typed_dict.__required_keys__]
        schema: Schema = {
            "type": "object",
            "properties": {name: self.of(hint, prefix) for name, hint in hints.items()},
        }
        return {**schema, "required": required} if required else schema


def of_examples(examples: list[Any]) -> Schema:
    """A schema that all these values satisfy, and others of the same form; used for error bodies."""
    found: list[Schema] = []
    for example in examples:
        if (schema := _of_example(example)) not in found:
            found.append(schema)
    return any_of(found)


def _of_example(value: Any) -> Schema:
    if isinstance(value, dict):
        properties = {name: _of_example(member) for name, member in value.items()}
        return {"type": "object", "properties": properties, "required": list(value)}
    if isinstance(value, list):
        # Items of one list have forms of their own; an example shows some of them.
        kinds = {_kind(each) for each in value}
        return {"type": "array", "items": {"type": kinds.pop()} if len(kinds) == 1 else {}}
    return {"type": _kind(value)}


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else str(_SCALARS[type(value)]["type"])


def any_of(schemas: list[Schema]) -> Schema:
    """A schema for a value of one of several schemas; shorter for plain types."""
    if len(schemas) == 1:
        return schemas[0]
    if all(list(schema) == ["type"] and isinstance(schema["type"], str) for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    if {} in schemas:
        return {}
    return {"anyOf": schemas}
