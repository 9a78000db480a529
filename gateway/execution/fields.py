"""How fields are written: column, computed, relation and field, the attributes of Strawberry types."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from gateway.execution.places import load_at_place, selection_at
from gateway.execution.sources import SOURCE, Column, Computed, Relation, Root, Source, Stream


class RowField(StrawberryField):
    """A field that reads columns of its parent row and needs nothing else."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """Return the field's value for one parent row (Strawberry's hook)."""
        declared: Source = self.metadata[SOURCE]
        if isinstance(declared, Column):
            value = getattr(source, declared.name or self.python_name)
            return getattr(source, declared.otherwise) if value is None and declared.otherwise else value
        assert isinstance(declared, Computed)
        return declared.function(*[getattr(source, column) for column in declared.columns])


def column(
    name: str | None = None, *, description: str, otherwise: str | None = None, **strawberry_options: Any
) -> Any:
    """Declare a field that is one column of the parent row.

    Args:
        name: the row's attribute; by default the field's own Python name.
        description: one sentence for the schema.
        otherwise: the attribute that stands for it where it is null.
        strawberry_options: those of `strawberry.field`.
    """
    return _row_field(Column(name, otherwise), description, strawberry_options)


def computed(function: Callable[..., Any], *, description: str, **strawberry_options: Any) -> Any:
    """Declare a field that is computed from columns of the parent row.

    Args:
        function: its positional parameters name the columns that it takes. Its keyword-only parameters are the
            field's GraphQL arguments, except that `context` receives the operation's context and `type_name` the
            name of the object type. It must be pure and synchronous, since it may run twice for a row.
        description: one sentence for the schema.
        strawberry_options: those of `strawberry.field`.
    """
    parameters = _parameters(function)
    columns = tuple(name for name, each in parameters.items() if each.kind is not each.KEYWORD_ONLY)
    source = Computed(function, columns, "context" in parameters, "type_name" in parameters)
    arguments = [each for each in _keyword_only(parameters) if each.name not in ("context", "type_name")]
    if not (arguments or source.takes_context or source.takes_type_name):
        return _row_field(source, description, strawberry_options)

    def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
        if source.takes_context:
            given["context"] = info.context
        if source.takes_type_name:
            given["type_name"] = info._raw_info.parent_type.name
        return function(*[getattr(root, name) for name in columns], **given)

    return _resolved_field(resolve, function, arguments, source, description, strawberry_options)


def relation(
    function: Callable[..., Awaitable[Sequence[Any]]],
    *,
    description: str,
    key: str = "id",
    expect: Callable[[list[Any], Any], None] | None = None,
    **strawberry_options: Any,
) -> Any:
    """Declare a field that one batch function resolves for many parents.

    Args:
        function: called as `function(keys, context, selection, *, …)`, with distinct keys that are not null. It
            returns one result for each key, in the order of the keys. An Exception instance in a place is the failure
            of that parent alone; an exception that is raised is the failure of all. Its keyword-only parameters are
            the field's GraphQL arguments.
        description: one sentence for the schema.
        key: the parent's column that the keys are read from; where it is null, the field is null.
        expect: called as `expect(keys, context)` with the keys of each of the fields beside each other, before the
            first of these is fetched, so that fields of one loader can share a fetch.
        strawberry_options: those of `strawberry.field`.
    """
    source = Relation(function, key, expect)

    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
        return await load_at_place(source, root, info._raw_info, given)

    arguments = _keyword_only(_parameters(function))
    return _resolved_field(resolve, function, arguments, source, description, strawberry_options)


def field(
    function: Callable[..., Awaitable[Any]],
    *,
    description: str,
    expect: Callable[..., None] | None = None,
    is_first: bool = False,
    **strawberry_options: Any,
) -> Any:
    """Declare a root field of the query or the mutation type.

    Args:
        function: called as `function(context, selection, *, …)`; it returns the value. Its keyword-only parameters
            are the field's GraphQL arguments. Where an argument's input type has an attribute `read_coerced`, a plan
            hands over what that makes of the coerced value, which is a dict; graphql-core's own way does not know it.
        description: one sentence for the schema.
        expect: called as `expect(context, *, …)` with the arguments of each field of a query that has several,
            before the first of them is resolved, so that fields of one loader can share a fetch.
        is_first: whether a query's other root fields wait for it, wherever it stands among them.
        strawberry_options: those of `strawberry.field`.
    """
    source = Root(function, expect, is_first)

    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
        return await function(info.context, selection_at(info._raw_info), **given)

    arguments = _keyword_only(_parameters(function))
    return _resolved_field(resolve, function, arguments, source, description, strawberry_options)


def subscription(
    function: Callable[..., Awaitable[Any]], *, description: str, **strawberry_options: Any
) -> Any:
    """Declare a root field of the subscription type.

    Args:
        function: called as `function(context, selection, *, …)` when somebody subscribes. It returns what tells whoever
            runs the operation which events there are (see `Prepared.source`); the operation is run for each of them,
            and the event is the field's value. Its keyword-only parameters are the field's GraphQL arguments.
        description: one sentence for the schema.
        strawberry_options: those of `strawberry.field`.
    """

    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
        return root

    arguments = _keyword_only(_parameters(function))
    return _resolved_field(resolve, function, arguments, Stream(function), description, strawberry_options)


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    if isinstance(function, StrawberryField):
        raise TypeError(
            "The function is a field: in a class's body a field hides a function of the same name."
        )
    return dict(inspect.signature(function).parameters)


def _keyword_only(parameters: dict[str, inspect.Parameter]) -> list[inspect.Parameter]:
    return [each for each in parameters.values() if each.kind is each.KEYWORD_ONLY]


def _row_field(source: Source, description: str, options: dict[str, Any]) -> StrawberryField:
    options = dict(options)
    metadata = {**options.pop("metadata", {}), SOURCE: source}
    return RowField(
        graphql_name=options.pop("name", None), description=description, metadata=metadata, **options
    )


def _resolved_field(
    resolve: Callable[..., Any],
    function: Callable[..., Any],
    arguments: list[inspect.Parameter],
    source: Source,
    description: str,
    options: dict[str, Any],
) -> Any:
    """Make a Strawberry field of `resolve` that shows the arguments which `function` declares."""
    # A default of None means that the argument may be left out; to say `= null` in the schema adds nothing.
    arguments = [
        each.replace(default=strawberry.UNSET) if each.default is None else each for each in arguments
    ]
    root = inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info)
    resolve.__signature__ = inspect.Signature([root, info, *arguments])  # type: ignore[attr-defined]
    # Strawberry evaluates annotations that are text in the namespace of this module.
    resolve.__module__ = function.__module__
    resolve.__name__ = getattr(function, "__name__", "resolve")
    options = dict(options)
    metadata = {**options.pop("metadata", {}), SOURCE: source}
    return strawberry.field(resolver=resolve, description=description, metadata=metadata, **options)
