"""Completing values field by field, for all parents of a level at once, exact in data and errors."""

from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    Undefined,
    get_argument_values,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution import Executor
from graphql.pyutils import Path as GraphQLPath
from graphql.pyutils import inspect, is_iterable

from gateway.execution.deferred import ItemStream
from gateway.execution.errors import FailedValue, Path, fail, flatten
from gateway.execution.introspection import introspected
from gateway.execution.leaves import NotCovered
from gateway.execution.levels import complete_level, fill, takes_rows
from gateway.execution.plan import FieldPlan, Kind, ObjectPlan
from gateway.execution.rows import RowType, Typed
from gateway.execution.run import Run
from gateway.execution.sources import Column, Computed, Relation
from gateway.execution.values import attribute, awaited, key, settled, unwrapped

MANY: Final = 200
"""Parents of which a field takes so long that it may be time for others to run."""


class Exact:
    """Completes the values of one run as graphql-core does (GraphQL, section 6.4), a level at a time."""

    def __init__(self, run: Run) -> None:
        self.run = run

    async def objects(self, plan: ObjectPlan, rows: list[Any], paths: list[Path]) -> list[Any]:
        """Complete rows of one object type: a dict for each, or the first failure in the document's order."""
        if plan.opened or plan.deferred:
            assert self.run.increments is not None
            self.run.increments.open(plan, rows, paths)
        relations = [field for field in plan.fields if isinstance(field.source, Relation)]
        if len(relations) > 1:
            self.run.expect((field, self._keys(field, rows)) for field in relations)
        columns = {field.key: await self.field(field, rows, paths) for field in plan.in_turn}
        keys = plan.keys
        objects: list[Any] = []
        in_order = [columns[name] for name in keys]
        for cells in zip(*in_order, strict=True) if keys else [()] * len(rows):
            failure = next((cell for cell in cells if type(cell) is FailedValue), None)
            objects.append(failure or dict(zip(keys, cells, strict=True)))
        return objects

    async def field(self, field: FieldPlan, rows: list[Any], parent_paths: list[Path]) -> list[Any]:
        """Resolve and complete one field of many parents."""
        if len(rows) > MANY:
            await self.run.pause()
        if field.kind is Kind.INTROSPECTION and (told := await self._introspected(field)):
            return told * len(rows)
        if self.run.increments is not None and (done := await self._at_once(field, rows)) is not None:
            return done
        paths: list[Path] = [(path, field.key) for path in parent_paths]
        values = await self._values(field, rows, paths)
        return await self._positions(field, field.field.type, values, paths)

    async def items(
        self, field: FieldPlan, item_type: GraphQLOutputType, values: list[Any], paths: list[Path]
    ) -> list[Any]:
        """Complete items of the lists that a field has for its parents."""
        return await self._positions(field, item_type, values, paths)

    async def _introspected(self, field: FieldPlan) -> list[Any]:
        """The value of such a field, whatever the object is; nothing where its resolvers have to say what is wrong."""
        try:
            return [await introspected(self.run, field)]
        except Exception as error:
            self.run.watcher.rerun(type(error).__name__)
        return []

    async def _at_once(self, field: FieldPlan, rows: list[Any]) -> list[Any] | None:
        """Have generated code complete what nothing comes later of; None where it does not."""
        run, plan = self.run, field.plan
        if field.has_later or plan.is_always_exact or not (plan.runs > 1 or run.is_large):
            return None
        try:
            if field.kind is Kind.ROOT:
                return await complete_level(run, field, [await run.root_result(field)])
            if field.kind is not Kind.RELATION:
                return None
            targets: list[dict[str, Any]] = [{} for _ in rows]
            await fill(run, field, self._keys(field, rows), targets, 1.0)
            return [each.get(field.key) for each in targets]
        except NotCovered:
            plan.is_always_exact = True
        except Exception as error:
            # What it was shows again the exact way, and there with its path.
            run.watcher.rerun(type(error).__name__)
        return None

    async def _values(self, field: FieldPlan, rows: list[Any], paths: list[Path]) -> list[Any]:
        """Return a field's raw values; an Exception stands for a resolver that raised it."""
        match field.kind:
            case Kind.TYPENAME:
                return [field.parent_type.name] * len(rows)
            case Kind.ATTRIBUTE:
                assert field.attribute is not None
                otherwise = field.source.otherwise if isinstance(field.source, Column) else None
                return [attribute(row, field.attribute, otherwise) for row in rows]
            case Kind.RESOLVER | Kind.INTROSPECTION:
                return await self._resolved(field, rows, paths)
        try:
            arguments = self.run.arguments(field)
        except Exception as error:
            return [error] * len(rows)
        match field.kind:
            case Kind.COMPUTED:
                return self._computed(field, rows, arguments)
            case Kind.RELATION:
                return await self._related(field, rows)
            case _:
                return [await self.run.root_result(field)]

    def _computed(self, field: FieldPlan, rows: list[Any], arguments: dict[str, Any]) -> list[Any]:
        source = field.source
        assert isinstance(source, Computed)
        keywords = self.run.computed_keywords(field)
        values: list[Any] = []
        for row in rows:
            try:
                values.append(source.function(*[getattr(row, name) for name in source.columns], **keywords))
            except Exception as error:
                values.append(error)
        return values

    async def _related(self, field: FieldPlan, rows: list[Any]) -> list[Any]:
        keys = self._keys(field, rows)
        wanted = {each: None for each in keys if each is not None and not isinstance(each, Exception)}
        results = await self.run.relation_results(field, list(wanted)) if wanted else {}
        return [each if each is None or isinstance(each, Exception) else results[each] for each in keys]

    def _keys(self, field: FieldPlan, rows: list[Any]) -> list[Any]:
        assert isinstance(field.source, Relation)
        return [key(row, field.source.key) for row in rows]

    async def _resolved(self, field: FieldPlan, rows: list[Any], paths: list[Path]) -> list[Any]:
        """Call the resolver that Strawberry made of a field, for each parent."""
        resolve = field.field.resolve or self.run.executor.field_resolver
        values: list[Any] = []
        for row, path in zip(rows, paths, strict=True):
            try:
                given = get_argument_values(field.field, field.nodes[0], self.run.variables)
                values.append(resolve(row, self._info(field, path), **given))
            except Exception as error:
                values.append(error)
        return await awaited(values)

    def _info(self, field: FieldPlan, path: Path) -> GraphQLResolveInfo[Any]:
        located: Any = None
        for part in flatten(path):
            located = GraphQLPath(located, part, None)
        located = GraphQLPath(located.prev, located.key, field.parent_type.name)
        return self.run.executor.build_resolve_info(field.field, field.nodes, field.parent_type, located)

    async def _positions(
        self, field: FieldPlan, type_: GraphQLOutputType, values: list[Any], paths: list[Path]
    ) -> list[Any]:
        """Complete the values of a field or of list items, and let failures stop where null is allowed."""
        if not is_non_null_type(type_):
            done = await self._nullable(field, type_, values, paths)
            for index, each in enumerate(done):
                if type(each) is FailedValue:
                    self.run.errors.land(each, paths[index])
                    done[index] = None
            return done
        done = await self._nullable(field, type_.of_type, values, paths)
        for index, each in enumerate(done):
            if each is None:
                name = f"{field.parent_type}.{field.nodes[0].name.value}"
                error = TypeError(f"Cannot return null for non-nullable field {name}.")
                done[index] = fail(error, field.nodes, paths[index])
        return done

    async def _nullable(
        self, field: FieldPlan, type_: GraphQLOutputType, values: list[Any], paths: list[Path]
    ) -> list[Any]:
        """Complete values of a type without its non-null: each is completed, None or a FailedValue."""
        done: list[Any] = [None] * len(values)
        present: list[int] = []
        for index, value in enumerate(values):
            if isinstance(value, Exception):
                done[index] = fail(value, field.nodes, paths[index])
            elif value is not None and value is not Undefined:
                present.append(index)
        if present:
            if len(present) < len(values):
                values = [values[index] for index in present]
                paths = [paths[index] for index in present]
            completed = await self._present(field, type_, values, paths)
            for index, each in zip(present, completed, strict=True):
                done[index] = each
        return done

    async def _present(
        self, field: FieldPlan, type_: GraphQLOutputType, values: list[Any], paths: list[Path]
    ) -> list[Any]:
        if is_leaf_type(type_):
            return [self._leaf(field, type_, *each) for each in zip(values, paths, strict=True)]
        if is_list_type(type_):
            is_whole = type_ is get_nullable_type(field.field.type)  # and no list inside of the field's own
            return await self._lists(field, type_.of_type, values, paths, may_stream=is_whole)
        groups: dict[GraphQLObjectType, list[int]] = {}
        done: list[Any] = [None] * len(values)
        for index, value in enumerate(values):
            try:
                runtime_type = await self._runtime_type(field, type_, value, paths[index])
                field.object_plan(runtime_type, self.run.variables)
            except Exception as error:
                done[index] = fail(error, field.nodes, paths[index])
            else:
                groups.setdefault(runtime_type, []).append(index)
        for runtime_type, indexes in groups.items():
            rows = [unwrapped(values[index]) for index in indexes]
            plan = field.objects[runtime_type]
            completed = await self.objects(plan, rows, [paths[index] for index in indexes])
            for index, each in zip(indexes, completed, strict=True):
                done[index] = each
        return done

    def _leaf(self, field: FieldPlan, type_: Any, value: Any, path: Path) -> Any:
        try:
            return Executor.complete_leaf_value(type_, value)
        except Exception as error:
            return fail(error, field.nodes, path)

    async def _lists(
        self,
        field: FieldPlan,
        item_type: GraphQLOutputType,
        values: list[Any],
        paths: list[Path],
        *,
        may_stream: bool,
    ) -> list[Any]:
        """Complete lists by completing the items of all of them together."""
        lists: list[list[Any] | FailedValue] = []
        item_paths: list[Path] = []
        for value, path in zip(values, paths, strict=True):
            try:
                items = await self._items(field, value)
                if may_stream and field.stream is not None:
                    items = self._first_items(field, item_type, items, path)
            except Exception as error:
                lists.append(fail(error, field.nodes, path))
            else:
                lists.append(items)
                item_paths.extend((path, index) for index in range(len(items)))
        flat = [item for items in lists if isinstance(items, list) for item in items]
        completed = iter(await self._positions(field, item_type, flat, item_paths))
        done: list[Any] = []
        for each in lists:
            if isinstance(each, FailedValue):
                done.append(each)
            else:
                whole = [next(completed) for _ in each]
                done.append(next((item for item in whole if type(item) is FailedValue), whole))
        return done

    def _first_items(
        self, field: FieldPlan, item_type: GraphQLOutputType, items: list[Any], path: Path
    ) -> list[Any]:
        """Return the items that come at once, and note the others."""
        streamed = self.run.streamed(field)
        if streamed is None or len(items) <= streamed[0]:
            return items
        count, label = streamed
        stream = ItemStream(label, path, tuple(flatten(path)), items[count:], count)
        assert self.run.increments is not None
        self.run.increments.stream(field, item_type, stream)
        return items[:count]

    async def _items(self, field: FieldPlan, value: Any) -> list[Any]:
        if is_iterable(value):
            items = list(value)
        elif hasattr(value, "__aiter__"):
            items = [item async for item in value]
        else:
            name = f"{field.parent_type}.{field.nodes[0].name.value}"
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{name}'.")
        return await awaited(items) if field.kind is Kind.RESOLVER else items

    async def _runtime_type(self, field: FieldPlan, type_: Any, value: Any, path: Path) -> GraphQLObjectType:
        """Return the object type of a value.

        Raises:
            GraphQLError: the value has no type that fits.
        """
        runtime_type: GraphQLObjectType = type_
        if is_abstract_type(type_):
            known = self._named_type(field, type_, value)
            runtime_type = known or await self._resolved_type(field, type_, value, path)
        is_type_of = runtime_type.is_type_of
        if is_type_of is None:
            return runtime_type
        # Making what a resolver is told, and an executor for that, costs more than the rest of a small object.
        info = None if takes_rows(runtime_type) else self._info(field, path)
        if not await settled(is_type_of(value, info)):  # type: ignore[arg-type]
            raise GraphQLError(
                f"Expected value of type '{runtime_type}' but got: {inspect(value)}.", field.nodes
            )
        return runtime_type

    def _named_type(self, field: FieldPlan, type_: Any, value: Any) -> GraphQLObjectType | None:
        """Return the type that a row names itself, where that is one of the abstract type's own."""
        if type(value) is not Typed or type_.resolve_type is not RowType.resolve_type:
            return None
        schema = field.plan.schema
        named = schema.get_type(value.type_name)
        return named if is_object_type(named) and schema.is_sub_type(type_, named) else None

    async def _resolved_type(self, field: FieldPlan, type_: Any, value: Any, path: Path) -> GraphQLObjectType:
        info, executor = self._info(field, path), self.run.executor
        resolve_type = type_.resolve_type or executor.type_resolver
        name = await settled(resolve_type(value, info, type_))
        return executor.ensure_valid_runtime_type(name, type_, field.details, info, value)
