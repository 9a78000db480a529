"""Introspection, answered out of the schema by plain code: nothing of it changes, and nothing is waited for."""

from typing import Any, Final, NamedTuple

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_argument_values,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_type,
)
from graphql.execution.collect_fields import FieldDetailsList, collect_subfields

from gateway.execution.leaves import Unusual
from gateway.execution.plan import FieldPlan
from gateway.execution.run import Run

MANY: Final = 64
"""Objects that are completed without a look at the clock."""

KEPT_SECONDS: Final = 0.003
"""How long a walk may keep the event loop: it has nothing to wait for that would let others run."""


async def introspected(run: Run, field: FieldPlan) -> Any:
    """The value of `__schema` or `__type`; others run meanwhile where it takes long.

    All of it comes at once: @defer and @stream may be passed over (the draft's section 6.2.3).

    Raises:
        Exception: an argument is wrong, or something is null that must not be; the exact way says which and where.
    """
    before = run.written
    try:
        return await _SchemaWalk(run).value(
            _SelectedField(run, field.parent_type, field.key, field.details), None
        )
    except Exception:
        run.written = before
        raise


class _ToldResolver(NamedTuple):
    """What the resolvers of introspection read of all that graphql-core tells resolvers."""

    schema: GraphQLSchema
    parent_type: GraphQLObjectType


class _SelectedField:
    """One field at one place."""

    def __init__(self, run: Run, parent_type: GraphQLObjectType, key: str, details: FieldDetailsList) -> None:
        self._run = run
        self._details = details
        schema, node = run.plan.schema, details[0].node
        definition: Any = schema.get_field(parent_type, node.name.value)
        self.key = key
        self.told: Any = _ToldResolver(schema, parent_type)
        self.resolve = definition.resolve
        self.arguments = get_argument_values(definition, node, run.variables) if definition.args else {}
        self.is_nullable = not is_non_null_type(definition.type)
        self.is_list = is_list_type(get_nullable_type(definition.type))
        self._named: Any = get_named_type(definition.type)
        self.coerce = self._named.coerce_output_value if is_leaf_type(self._named) else None
        self._place: _SelectedObject | None = None

    @property
    def place(self) -> "_SelectedObject":
        """What is selected on the objects that the field has; collected when the first of them comes."""
        if self._place is None:
            self._place = _SelectedObject(self._run, self._named, self._details)
        return self._place


class _SelectedObject:
    """The fields selected on objects of one type at one place, and the types that were completed there."""

    def __init__(self, run: Run, object_type: GraphQLObjectType, details: FieldDetailsList) -> None:
        plan = run.plan
        collected = collect_subfields(
            plan.schema, plan.fragments, run.variables, plan.operation, object_type, details
        )
        grouped = collected.grouped_field_set
        self.fields = [_SelectedField(run, object_type, key, each) for key, each in grouped.items()]
        self.known: dict[str, tuple[Any, int]] = {}


class _SchemaWalk:
    """One walk through what is selected."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer = run.writer
        self._count = 0

    async def value(self, field: _SelectedField, parent: Any) -> Any:
        """Complete a field of an object."""
        value = field.resolve(parent, field.told, **field.arguments)
        if value is None:
            if not field.is_nullable:
                raise Unusual
            return None
        if field.is_list:
            if field.coerce is not None:
                return [*map(field.coerce, value)]
            return [await self._object(field.place, each) for each in value]
        return await self._object(field.place, value) if field.coerce is None else field.coerce(value)

    async def _object(self, place: _SelectedObject, value: Any) -> Any:
        """Complete an object; a type that has come to this place before is not looked at again."""
        run = self._run
        name = str(value) if is_type(value) else None
        known = place.known.get(name) if name is not None else None
        if known is not None:
            run.written += known[1]
            return known[0]
        self._count += 1
        if self._count % MANY == 0:
            await run.pause(KEPT_SECONDS)
        before, size = run.written, 0
        done: Any = {each.key: await self.value(each, value) for each in place.fields}
        if self._writer is not None:
            done, size = self._writer.write(done)
            run.written = before + size
            self._writer.wrote(run.written)
        if name is not None:
            place.known[name] = (done, size)
        return done
