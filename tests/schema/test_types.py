"""Every field of every type: a query in, the data out."""

import pytest
from graphql import GraphQLObjectType, TypeInfo, TypeInfoVisitor, Visitor, parse, visit

from gateway.schema.schema import make_schema
from tests.schema.answers import CASES, VARIABLES

pytestmark = pytest.mark.anyio


def without_cursors(value):
    """Cursors are opaque: that there is one is enough here."""
    if isinstance(value, dict):
        return {
            name: bool(each) if name in ("cursor", "startCursor", "endCursor") else without_cursors(each)
            for name, each in value.items()
        }
    return [without_cursors(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES)
async def test_a_query_is_answered(graph, case):
    query, data = CASES[case]
    assert without_cursors(await graph.ask(query, **VARIABLES.get(case, {}))) == without_cursors(data)


class Coordinates(Visitor):
    """Collects which fields of which types a document selects."""

    def __init__(self, types):
        super().__init__()
        self.types = types
        self.found = set()

    def enter_field(self, node, *_):
        self.found.add(f"{self.types.get_parent_type().name}.{node.name.value}")


SCHEMA = make_schema()._schema
OF_MUTATIONS = {"Mutation", "UserError", "DeletedObjects", "ApiToken", "FileUpload"} | {
    name for name in SCHEMA.type_map if name.endswith(("Payload", "sResult"))
}
"""What no query answers: tests/schema/mutations."""

OF_EVENTS = {"Event", "EventConnection", "EventEdge", "RowChange", "EventCount"}
"""What mutations leave behind: tests/schema/mutations/test_events.py."""

OF_SUBSCRIPTIONS = {"Subscription", "ConnectionRequestEvent", "ConnectedAccountEvent", "OrganizationEvent"}
"""What they tell of: tests/streams."""

OF_WEBHOOKS = {name for name in SCHEMA.type_map if name.startswith("Webhook")}
"""What administrators see of them: tests/webhooks."""


def test_the_cases_select_every_field_of_every_type():
    types = TypeInfo(SCHEMA)
    coordinates = Coordinates(types)
    for query, _ in CASES.values():
        visit(parse(query), TypeInfoVisitor(types, coordinates))
    missing = {
        f"{name}.{field}"
        for name, each in SCHEMA.type_map.items()
        if isinstance(each, GraphQLObjectType)
        and not name.startswith("__")
        and name not in OF_MUTATIONS | OF_EVENTS | OF_SUBSCRIPTIONS | OF_WEBHOOKS
        for field in each.fields
        if f"{name}.{field}" not in coordinates.found
    }
    same_lines_for_all = {"cursor", "pageInfo", "history"}  # of edges, of connections and of nodes
    assert {each for each in missing if each.partition(".")[2] not in same_lines_for_all} == {
        "Query.nodes",
        "Query.events",
        "Query.eventCursor",
        "Query.webhookEndpoint",
        "Query.webhookEndpoints",
    }
