"""Levels: all that lies below a place down to the next relations, completed without awaiting anything."""

from collections.abc import Callable
from itertools import chain, islice
from time import perf_counter
from types import NoneType
from typing import Any, Final

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from gateway.execution.code import generate
from gateway.execution.leaves import Leaf, NotCovered, Unusual, remember
from gateway.execution.plan import FieldPlan, Kind
from gateway.execution.rows import RowType, Typed
from gateway.execution.run import Run

Slots = list[Any]
"""What one run of a level fills: first the run, then for each relation its keys and the dicts that wait for it, and
for each computed field with arguments those arguments."""

SLICE: Final = 64
"""Values of a place that are completed without a look at the clock, at first."""

SLICE_SECONDS: Final = 0.005
"""How long a slice is to take."""

SHARED: Final = 3.0
"""How many times objects stand in an answer, on average, from which on they are written once."""

Complete = Callable[[list[Any], Slots], list[Any]]
"""Completes the values of one place; raises whatever it likes where a value is unusual."""


class Level:
    """The completion of one place's values, with everything below that needs no fetching."""

    def __init__(self, field: FieldPlan, run: Run) -> None:
        """Generate the code.

        Raises:
            NotCovered: a field is one that generated code cannot complete.
        """
        self.relations: list[tuple[int, FieldPlan]] = []
        self._slots: list[FieldPlan | None] = [None]
        self.complete = self._completer(field, field.field.type, run)

    def open(self, run: Run) -> Slots:
        """Return the empty slots of one run."""
        slots: Slots = [run]
        self.extend(slots)
        return slots

    def extend(self, slots: Slots) -> None:
        """Open the slots that were added since: an abstract place learns its types while it runs."""
        run: Run = slots[0]
        for field in self._slots[len(slots) :]:
            assert field is not None
            slots.append(([], []) if field.kind is Kind.RELATION else run.arguments(field))

    def slot(self, field: FieldPlan) -> int:
        """Return the index of a new slot for a relation or for a computed field's arguments."""
        index = len(self._slots)
        self._slots.append(field)
        if field.kind is Kind.RELATION:
            self.relations.append((index, field))
            self.relations.sort(key=lambda each: each[1].is_last())
        return index

    def completer(self, field: FieldPlan, run: Run) -> Complete:
        """Return the completion of a field inside of this level.

        Raises:
            NotCovered: the field is one that generated code cannot complete.
        """
        return self._completer(field, field.field.type, run)

    def _completer(self, field: FieldPlan, type_: GraphQLOutputType, run: Run) -> Complete:
        is_non_null = is_non_null_type(type_)
        inner: Any = type_.of_type if is_non_null_type(type_) else type_
        if is_leaf_type(inner):
            complete_one = Leaf(inner, is_non_null).function
            return lambda values, _slots: [complete_one(value) for value in values]
        if is_list_type(inner):
            return _lists(self._completer(field, inner.of_type, run), is_non_null)
        if is_abstract_type(inner):
            return self._abstract(field, inner, is_non_null)
        return self._objects(field, inner, is_non_null, run)

    def _objects(self, field: FieldPlan, type_: GraphQLObjectType, is_non_null: bool, run: Run) -> Complete:
        if type_.is_type_of is not None and not takes_rows(type_):
            raise NotCovered
        complete_rows = generate(field.object_plan(type_, run.variables), self, run)
        kinds: set[type] = set()

        def complete(values: list[Any], slots: Slots) -> list[Any]:
            found = {*map(type, values)}
            if found <= kinds:
                return complete_rows(values, slots)
            has_null = NoneType in found
            if has_null and is_non_null:
                raise Unusual
            present = [value for value in values if value is not None] if has_null else values
            if Typed in found:
                present = _unwrapped(present, type_)
            for kind in {*map(type, present)} - kinds:
                # Where no field reads anything of the row, an exception in its place would pass for a row.
                if issubclass(kind, BaseException) or kind.__name__ == "UndefinedType":
                    raise Unusual
                remember(kinds, kind)
            done = complete_rows(present, slots)
            if not has_null:
                return done
            objects = iter(done)
            return [None if value is None else next(objects) for value in values]

        return complete

    def _abstract(self, field: FieldPlan, type_: Any, is_non_null: bool) -> Complete:
        schema = field.plan.schema
        possible = {each.name: each for each in schema.get_possible_types(type_)}
        # A union's own resolver calls is_type_of of each member, which compares the row's type name.
        if is_interface_type(type_) and type_.resolve_type is not RowType.resolve_type:
            raise NotCovered
        if not all(takes_rows(each) for each in possible.values()):
            raise NotCovered
        by_name: dict[str, Complete] = {}

        def complete(values: list[Any], slots: Slots) -> list[Any]:
            groups: dict[str, list[int]] = {}
            done: list[Any] = [None] * len(values)
            for index, value in enumerate(values):
                if type(value) is Typed and value.row is not None:
                    groups.setdefault(value.type_name, []).append(index)
                elif value is not None or is_non_null:
                    raise Unusual
            for name, indexes in groups.items():
                complete_group = by_name.get(name)
                if complete_group is None:
                    complete_group = self._objects(field, possible[name], True, slots[0])
                    by_name[name] = complete_group
                    self.extend(slots)
                completed = complete_group([values[index].row for index in indexes], slots)
                for index, each in zip(indexes, completed, strict=True):
                    done[index] = each
            return done

        return complete


def takes_rows(type_: GraphQLObjectType) -> bool:
    """Tell whether values of a type may be rows, which it knows by their own word."""
    function = getattr(type_.is_type_of, "__func__", None)
    return function is RowType.is_type_of.__func__  # type: ignore[attr-defined]


def _unwrapped(values: list[Any], type_: GraphQLObjectType) -> list[Any]:
    rows: list[Any] = []
    for value in values:
        if type(value) is not Typed:
            rows.append(value)
        elif (type_.is_type_of is None or value.type_name == type_.name) and value.row is not None:
            rows.append(value.row)
        else:
            raise Unusual
    return rows


def _lists(complete_items: Complete, is_non_null: bool) -> Complete:
    """Return the completion of lists: that of the items of all of them together."""
    usual = {list, tuple}

    def complete(values: list[Any], slots: Slots) -> list[Any]:
        if not {*map(type, values)} <= usual:
            if is_non_null or not {*map(type, values)} <= {list, tuple, NoneType}:
                raise Unusual
            present = iter(complete([value for value in values if value is not None], slots))
            return [None if value is None else next(present) for value in values]
        items = iter(complete_items(list(chain.from_iterable(values)), slots))
        return [list(islice(items, len(value))) for value in values]

    return complete


async def complete_level(run: Run, field: FieldPlan, values: list[Any], spread: float = 1.0) -> list[Any]:
    """Complete the values of one place, and everything below it, by generated code.

    Any exception means that a value is unusual, and that the place has to be completed the exact way; what was
    fetched until then stays with the run.

    Args:
        spread: how many times a value stands in the answer, on average.

    Raises:
        NotCovered: generated code cannot serve this place, whatever the values are.
    """
    level: Level | None = field.level
    if level is None:
        level = field.level = Level(field, run)
    slots = level.open(run)
    if len(values) <= SLICE:
        done = level.complete(values, slots)
    else:
        done = await _in_slices(run, level, values, slots)
    filled = [(relation, *slots[index]) for index, relation in level.relations if slots[index][1]]
    if len(filled) > 1:
        run.expect((relation, keys) for relation, keys, _ in filled)
    await run.siblings([fill(run, each, keys, targets, spread) for each, keys, targets in filled])
    return done


async def _in_slices(run: Run, level: Level, values: list[Any], slots: Slots) -> list[Any]:
    """Complete many values, and let others run between: a value may be a page of a thousand rows."""
    done: list[Any] = []
    size, start = SLICE, 0
    while start < len(values):
        begun = perf_counter()
        done += level.complete(values[start : start + size], slots)
        start += size
        await run.pause()
        size = max(1, min(2 * size, int(size * SLICE_SECONDS / (perf_counter() - begun))))
    return done


async def fill(
    run: Run, relation: FieldPlan, keys: list[Any], targets: list[dict[str, Any]], spread: float
) -> None:
    """Fetch a relation for all its parents and put the completed results into their dicts."""
    distinct = dict.fromkeys(keys)
    if None in distinct:
        if is_non_null_type(relation.field.type):
            raise Unusual
        del distinct[None]
    if not distinct:
        return
    wanted = list(distinct)
    if any(issubclass(kind, Exception) for kind in {*map(type, wanted)}):
        raise Unusual
    results = await run.relation_results(relation, wanted)
    spread *= len(keys) / len(wanted)
    is_shared = run.writer is not None and spread >= SHARED
    before = run.written
    completed = await complete_level(
        run, relation, [results[key] for key in wanted], 1.0 if is_shared else spread
    )
    name = relation.key
    if len(wanted) == len(keys) and not is_shared:
        for target, value in zip(targets, completed, strict=True):
            target[name] = value
        return
    by_key = dict(zip(wanted, completed, strict=True))
    if is_shared:
        run.share(by_key, keys, before)
    for target, key in zip(targets, keys, strict=True):
        target[name] = by_key.get(key)
