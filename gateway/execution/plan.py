"""Plans: what an operation does, worked out once from its document and the schema."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLStreamDirective,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    get_named_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    DeferUsage,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from gateway.execution.deferral import Deferral, Marks, Usages, directive_of, divide
from gateway.execution.selection import Selection, select
from gateway.execution.sources import (
    Column,
    Computed,
    Relation,
    Root,
    Source,
    definition_of,
    is_apart,
    source_of,
)


class Kind(Enum):
    """How a plan gets a field's values."""

    TYPENAME = auto()
    ATTRIBUTE = auto()
    COMPUTED = auto()
    RELATION = auto()
    ROOT = auto()
    INTROSPECTION = auto()
    """`__schema` or `__type`, with everything below it."""
    RESOLVER = auto()
    """Any other Strawberry field: its resolver is called for each parent, as graphql-core does."""


class Plan:
    """One operation under one outcome of its @skip, @include and @defer directives.

    It grows while it runs: the fields below a place are collected when the first object arrives there, so a plan is
    never larger than the answers that it made.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
        deferral: Deferral = Deferral.NONE,
    ) -> None:
        """Collect the root fields.

        Raises:
            GraphQLError: as graphql-core raises it; nothing of the plan is kept then.
        """
        self.schema = schema
        self.operation = operation
        self.fragments = fragments
        self.deferral = deferral
        self.marks = Marks(fragments)
        root_type = schema.get_root_type(operation.operation)
        assert root_type is not None
        collected = collect_fields(schema, fragments, variables, root_type, operation)
        self.root = _object_plan(self, root_type, collected, variables, ())
        self.runs = 0
        self.is_always_exact = False
        """Set where generated code cannot serve the operation, so that it is not tried again."""


class ObjectPlan:
    """The fields selected on one object type at one place, in the order of the answer's keys.

    Attributes:
        opened: the deferred fragments that begin at the objects.
        deferred: the fields that come later.
    """

    __slots__ = ("deferred", "fields", "in_turn", "keys", "opened", "plan", "type")

    def __init__(
        self,
        plan: Plan,
        object_type: GraphQLObjectType,
        grouped: GroupedFieldSet,
        variables: VariableValues,
        within: Usages = (),
    ) -> None:
        self.plan = plan
        self.opened: tuple[DeferUsage, ...] = ()
        self.deferred: tuple[DeferredPlan, ...] = ()
        self.type = object_type
        # graphql-core leaves out fields that the schema does not have. A valid document has none.
        self.fields = [
            FieldPlan(plan, object_type, key, details, field, variables, within)
            for key, details in grouped.items()
            if (field := plan.schema.get_field(object_type, details[0].node.name.value)) is not None
        ]
        self.keys = [field.key for field in self.fields]
        self.in_turn = sorted(self.fields, key=FieldPlan.is_last)


class Apart(NamedTuple):
    """What the function of an object is to be asked for alone, since it comes later.

    Attributes:
        field: whose function it is.
        selection: of these attributes and nothing else.
        attributes: of the object.
    """

    field: "FieldPlan"
    selection: Selection
    attributes: frozenset[str]


class DeferredPlan(NamedTuple):
    """Fields of an object that come later, with some deferred fragments."""

    usages: Usages
    objects: ObjectPlan
    apart: Apart | None = None


def _object_plan(
    plan: Plan,
    object_type: GraphQLObjectType,
    collected: CollectedFields,
    variables: VariableValues,
    within: Usages,
) -> ObjectPlan:
    """The plan of objects that come with the deferred fragments `within`."""
    grouped = collected.grouped_field_set
    if plan.deferral is Deferral.NONE:
        return ObjectPlan(plan, object_type, grouped, variables)
    now, later = divide(grouped, within, plan.deferral)
    made = ObjectPlan(plan, object_type, now, variables, within)
    made.opened = tuple(collected.new_defer_usages)
    made.deferred = tuple(
        DeferredPlan(usages, ObjectPlan(plan, object_type, fields, variables, usages))
        for usages, fields in later
    )
    return made


class FieldPlan:
    """One field of one object type at one place: its path without indexes.

    Attributes:
        has_later: whether something of its value may come later.
        stream: the directive @stream of a list of which items may come later.
    """

    __slots__ = (
        "attribute",
        "constant_arguments",
        "definition",
        "details",
        "field",
        "has_later",
        "key",
        "kind",
        "level",
        "nodes",
        "objects",
        "parent_type",
        "plan",
        "recipe",
        "selection",
        "source",
        "stream",
        "within",
    )

    def __init__(
        self,
        plan: Plan,
        parent_type: GraphQLObjectType,
        key: str,
        details: FieldDetailsList,
        field: GraphQLField,
        variables: VariableValues,
        within: Usages = (),
    ) -> None:
        self.plan = plan
        self.within = within
        self.parent_type = parent_type
        self.key = key
        self.details = details
        self.nodes = [each.node for each in details]
        self.field = field
        self.definition = definition_of(field)
        self.kind, self.source, self.attribute = _origin(plan.schema, parent_type, field, self.nodes[0])
        self.selection = self._select(variables)
        self.constant_arguments: dict[str, Any] | None = None if field.args else {}
        self.recipe: Any = None
        self.objects: dict[GraphQLObjectType, ObjectPlan] = {}
        self.level: Any = None
        self.has_later, self.stream = False, None
        if plan.deferral is not Deferral.NONE and self.kind is not Kind.INTROSPECTION:
            self.stream = directive_of(self.nodes[0], GraphQLStreamDirective.name)
            is_mixed = any(each.defer_usage is not details[0].defer_usage for each in details)
            self.has_later = self.stream is not None or is_mixed or plan.marks.below(self.nodes)
            if self.has_later and self.selection is not None:
                self._leave_apart(get_named_type(field.type), variables)

    def is_last(self) -> bool:
        """Tell whether the field is a relation without relations below it, which is fetched after its siblings.

        By then its loader may have been asked for other keys below a sibling. The field's own keys, which the loader
        was told to expect, are fetched together with those.
        """
        return self.kind is Kind.RELATION and not (self.selection and self.selection.has_relations)

    def _select(self, variables: VariableValues) -> Selection | None:
        if self.kind is not Kind.RELATION and self.kind is not Kind.ROOT:
            return None
        plan = self.plan
        fragments = {name: each.definition for name, each in plan.fragments.items()}
        return select(plan.schema, self.field.type, self.nodes, fragments, variables.coerced)

    def _leave_apart(self, type_: GraphQLNamedType, variables: VariableValues) -> None:
        """Select no attributes that come later, where asking for them costs a statement of its own."""
        fields = type_.fields if is_object_type(type_) else {}
        marked = {name for name, each in fields.items() if is_apart(each)}
        selection = self.selection
        assert selection is not None
        if not is_object_type(type_) or marked.isdisjoint(selection.names):
            return
        objects = self.object_plan(type_, variables)
        at_once = {each.nodes[0].name.value for each in objects.fields}
        self.selection = replace(selection, names=selection.names - (marked - at_once))
        deferred: list[DeferredPlan] = []
        for each in objects.deferred:
            those = [one for one in each.objects.fields if one.nodes[0].name.value in marked - at_once]
            names = frozenset(one.nodes[0].name.value for one in those)
            attributes = frozenset(one.attribute for one in those if one.attribute is not None)
            apart = Apart(self, Selection(names, ()), attributes) if names else None
            deferred.append(each._replace(apart=apart))
        objects.deferred = tuple(deferred)

    def object_plan(self, object_type: GraphQLObjectType, variables: VariableValues) -> ObjectPlan:
        """Return the plan of the objects of a type at this place.

        Raises:
            GraphQLError: a directive's arguments are wrong, which is an error of every such object.
        """
        known = self.objects.get(object_type)
        if known is None:
            plan = self.plan
            collected = collect_subfields(
                plan.schema, plan.fragments, variables, plan.operation, object_type, self.details
            )
            known = _object_plan(plan, object_type, collected, variables, self.within)
            self.objects[object_type] = known
        return known


_TYPENAME: Final = "__typename"


def _origin(
    schema: GraphQLSchema, parent_type: GraphQLObjectType, field: GraphQLField, node: FieldNode
) -> tuple[Kind, Source | None, str | None]:
    """Return the kind of a field, its source and, where it is an attribute, the attribute's name."""
    if node.name.value == _TYPENAME:
        return Kind.TYPENAME, None, None
    if field is SchemaMetaFieldDef or field is TypeMetaFieldDef:
        return Kind.INTROSPECTION, None, None
    definition = definition_of(field)
    # A field's permissions and other extensions are parts of the resolver that Strawberry made, so it is called.
    if definition is None or definition.extensions or _may_handle_exceptions(schema):
        return Kind.RESOLVER, None, None
    match source_of(field):
        case Column() as source:
            return Kind.ATTRIBUTE, source, source.name or definition.python_name
        case Computed() as source:
            return Kind.COMPUTED, source, None
        case Relation() as source:
            return Kind.RELATION, source, None
        case Root() as source if parent_type in (
            schema.query_type,
            schema.mutation_type,
            schema.subscription_type,
        ):
            return Kind.ROOT, source, None
        case None if definition.is_basic_field and _reads_attributes(definition):
            return Kind.ATTRIBUTE, None, definition.python_name
    return Kind.RESOLVER, None, None


def _reads_attributes(definition: StrawberryField) -> bool:
    default_resolver: Callable[..., Any] = definition.default_resolver
    return default_resolver is getattr


def _may_handle_exceptions(schema: GraphQLSchema) -> bool:
    strawberry_schema = getattr(schema, "_strawberry_schema", None)
    return bool(getattr(strawberry_schema, "exception_handlers", ()))
