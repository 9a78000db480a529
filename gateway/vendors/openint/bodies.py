"""OpenInt's request bodies: validated like zod 3, issue by issue, with its messages.

Source: https://v3.zod.dev/ERROR_HANDLING.
"""

from typing import Any

from gateway.resolvers.errors import Invalid
from gateway.rest.bodies import check_media_type, json_object
from gateway.rest.calls import Call
from gateway.shapes.given import Given
from gateway.shapes.json_text import NotWritable, Number, dumps
from gateway.vendors.openint.parameters import not_starting
from gateway.vendors.openint.refusals import BadInput, Issue

_KINDS: dict[type, str] = {
    str: "string",
    bool: "boolean",
    Number: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


class Body:
    """The body of one call. It collects the issues that zod would report, in the order in which members are read.

    Attributes:
        given: the members.
        issues: zod's issues until now.
    """

    def __init__(self, call: Call) -> None:
        """Read the body.

        Raises:
            UnsupportedMediaType: its media type is not JSON.
            Invalid: it is not a JSON object.
        """
        check_media_type(call)
        self.given: Given = json_object(call)
        self.issues: list[Issue] = []

    def check(self) -> None:
        """Refuse the call if there is an issue in what was read until now.

        Raises:
            BadInput: there is an issue.
        """
        if self.issues:
            raise BadInput(self.issues)

    def text(self, *path: str, prefix: str = "", required: bool = False, nullable: bool = False) -> Any:
        """A text; None if it is absent, or null where null is allowed."""
        value = self._read(path, str, required, nullable)
        if value is not None and not value.startswith(prefix):
            self.issues.append(not_starting(prefix, list(path)))
        return value

    def flag(self, *path: str, nullable: bool = False) -> Any:
        return self._read(path, bool, False, nullable)

    def number(self, *path: str) -> float | None:
        value = self._read(path, Number, False, False)
        return None if value is None else float(value.text)

    def object(self, *path: str, required: bool = False, nullable: bool = False) -> dict[str, Any] | None:
        """An object; None if it is absent, or null where null is allowed."""
        found: dict[str, Any] | None = self._read(path, dict, required, nullable)
        return found

    def json(self, *path: str, required: bool = False, nullable: bool = False) -> str | None:
        """An object as its exact JSON text; None if it is absent, or null where null is allowed.

        Raises:
            Invalid: the store cannot hold it.
        """
        found = self.object(*path, required=required, nullable=nullable)
        try:
            return None if found is None else dumps(found)
        except NotWritable as error:
            raise Invalid(str(error)) from None

    def has(self, name: str) -> bool:
        return name in self.given.members

    def _read(self, path: tuple[str, ...], kind: type, required: bool, nullable: bool) -> Any:
        members: Any = self.given.members
        for name in path[:-1]:
            members = members.get(name)
            if not isinstance(members, dict):
                return None  # which has an issue of its own
        is_there = path[-1] in members
        value = members.get(path[-1])
        if (not is_there and not required) or (value is None and is_there and nullable):
            return None
        if is_there and type(value) is kind:
            return value
        received = _KINDS[type(value)] if is_there else "undefined"
        expected = _KINDS[kind]
        message = f"Expected {expected}, received {received}" if is_there else "Required"
        self.issues.append(
            {
                "code": "invalid_type",
                "expected": expected,
                "received": received,
                "path": list(path),
                "message": message,
            }
        )
        return None
