"""Code for objects: from the plan of an object type to a Python function that builds its dicts."""

from collections.abc import Callable
from keyword import iskeyword
from typing import Any, Protocol

from graphql import is_leaf_type, is_non_null_type

from gateway.execution.leaves import Leaf, NotCovered
from gateway.execution.plan import FieldPlan, Kind, ObjectPlan
from gateway.execution.run import Run
from gateway.execution.sources import Column, Computed, Relation, Source

Completer = Callable[[list[Any], list[Any]], list[Any]]
"""A function `(values, slots) -> completed values`."""


class Slotted(Protocol):
    """What generated code needs of the level that it is a part of."""

    def slot(self, field: FieldPlan) -> int: ...
    def completer(self, field: FieldPlan, run: Run) -> Completer: ...


def generate(plan: ObjectPlan, level: Slotted, run: Run) -> Completer:
    """Return a function `(rows, slots) -> dicts` for one object type at one place of a level.

    The function reads rows by attribute, whatever their class.

    Raises:
        NotCovered: a field of the type needs more than generated code can do.
    """
    return _Function(plan, level, run).build()


class _Function:
    """The source of one function while it is written, and the objects that it refers to."""

    def __init__(self, plan: ObjectPlan, level: Slotted, run: Run) -> None:
        self.level = level
        self.run = run
        self.plan = plan
        self.globals: dict[str, Any] = {}
        self.columns: list[str] = []
        """Statements that complete a field for all rows at once."""
        self.loop: list[tuple[str, str]] = []
        """The loop's variables and what they run over."""
        self.body: list[str] = []
        self.after: list[str] = []

    def build(self) -> Completer:
        cells = [f"{field.key!r}: {self.cell(field)}" for field in self.plan.fields]
        variables, iterables = zip(("r", "rows"), *self.loop, strict=True)
        over = f"zip({', '.join(iterables)})" if self.loop else "rows"
        lines = [
            "def complete(rows, slots):",
            *[f"    {line}" for line in self.columns],
            "    objects = []",
            "    add = objects.append",
            f"    for {', '.join(variables)} in {over}:",
            *[f"        {line}" for line in self.body],
            f"        add({{{', '.join(cells)}}})",
            *[f"    {line}" for line in self.after],
            "    return objects",
        ]
        name = f"<plan of {self.plan.type.name}>"
        exec(compile("\n".join(lines), name, "exec"), self.globals)
        function: Completer = self.globals["complete"]
        return function

    def name(self, prefix: str, value: Any) -> str:
        """Return a name of the function's module that stands for an object."""
        name = f"{prefix}{len(self.globals)}"
        self.globals[name] = value
        return name

    def cell(self, field: FieldPlan) -> str:
        """Return the expression of a field's value in the dict, and write what has to come before it."""
        match field.kind:
            case Kind.TYPENAME:
                return repr(self.plan.type.name)
            case Kind.RELATION:
                return self.relation(field)
            case Kind.ATTRIBUTE:
                assert field.attribute is not None
                return self.completed(field, _read(field.attribute, field.source))
            case Kind.COMPUTED:
                return self.completed(field, self.call(field))
        raise NotCovered

    def relation(self, field: FieldPlan) -> str:
        assert isinstance(field.source, Relation)
        slot = self.level.slot(field)
        self.after.append(f"slots[{slot}][0].extend([{_read(field.source.key)} for r in rows])")
        self.after.append(f"slots[{slot}][1].extend(objects)")
        return "None"

    def call(self, field: FieldPlan) -> str:
        source = field.source
        assert isinstance(source, Computed)
        given = [_read(column) for column in source.columns]
        if source.takes_type_name:
            given.append(f"type_name={field.parent_type.name!r}")
        if source.takes_context:
            given.append("context=slots[0].context")
        if field.field.args:
            given.append(f"**slots[{self.level.slot(field)}]")
        return f"{self.name('f', source.function)}({', '.join(given)})"

    def completed(self, field: FieldPlan, value: str) -> str:
        type_: Any = field.field.type
        is_non_null = is_non_null_type(type_)
        inner = type_.of_type if is_non_null else type_
        number = len(self.body) + len(self.columns)
        if is_leaf_type(inner):
            variable = f"v{number}"
            self.body.extend(Leaf(inner, is_non_null).statements(value, variable, self.name))
            return variable
        complete = self.name("c", self.level.completer(field, self.run))
        self.columns.append(f"x{number} = {complete}([{value} for r in rows], slots)")
        self.loop.append((f"y{number}", f"x{number}"))
        return f"y{number}"


def _read(attribute: str, source: Source | None = None) -> str:
    if isinstance(source, Column) and source.otherwise is not None:
        value = _read(attribute)
        return f"({value} if {value} is not None else {_read(source.otherwise)})"
    if attribute.isidentifier() and not iskeyword(attribute) and not attribute.startswith("__"):
        return f"r.{attribute}"
    return f"getattr(r, {attribute!r})"
