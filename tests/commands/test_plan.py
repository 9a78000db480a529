"""`gateway plan`: the plan, then the statements with their rows, of an operation on the documented examples."""

import re

import pytest

QUERY = """
query Q($first: Int) {
  connectionRequests(first: $first) { nodes { name: orgName approvedBy { person { fullName } } } }
  node(id: "none") { id ... on Person { email } }
}
"""
OUTLINE = """\
connectionRequests                       root field; reads id, org_name
  nodes
    name: orgName                        column org_name
    approvedBy                           relation of id, one call for all parents; reads person_id
      person                             relation of person_id, one call for all parents; reads first_name, last_name
        fullName                         computed by full_name(first_name, last_name)
node                                     root field; reads connection_request_id, email, id, organization_id
  … on Person
    id                                   computed by global_id(id)
    email                                column email
  … on every other type
    id                                   computed by global_id(id)

"""


@pytest.fixture
def plan(run):
    return lambda *arguments, **environment: run("plan", *arguments, **environment)


def test_a_plan_is_shown_with_its_statements(plan):
    code, out, err = plan(QUERY, "--variables", '{"first": 1}')
    assert (code, err) == (0, "")
    assert out.startswith(OUTLINE)
    assert re.findall(r"^\d+ statements|^\d+\. \d+ rows|^FROM \w+", out, re.MULTILINE) == [
        "2 statements",
        "1. 2 rows",
        "FROM connection_requests",
        "2. 0 rows",
        "FROM approvals",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{ nothing }"], "Cannot query field 'nothing' on type 'Query'."),
        (["{"], "Syntax Error: Expected Name, found <EOF>."),
        (["query A { __typename } query B { __typename }"], "The document must have one operation."),
        (["mutation { anything }"], "A mutation is not run to show its plan: only queries are."),
        (["subscription { anything }"], "A subscription is not run to show its plan: only queries are."),
        (["{ viewer { scopes } }", "--variables", "[]"], "--variables must be a JSON object."),
        (["{ viewer { scopes } }", "--organization", "none"], "There is no organization none."),
    ],
)
def test_what_cannot_be_planned_is_said(plan, arguments, message):
    code, _, err = plan(*arguments)
    assert (code, err) == (1, f"gateway: {message}\n")


def test_the_environments_store_is_read(plan):
    code, out, err = plan(QUERY, GATEWAY_DATABASE_URL="sqlite:///nowhere.db")
    assert (code, out) == (1, "")
    assert err.startswith("gateway: The database has no tables yet. ")


def test_an_operation_without_a_plan_says_why(plan):
    nested = "connectionRequests(first: 1) { nodes { comments(first: 1) { nodes { author { " * 13
    code, out, _ = plan(f"{{ {nested} id {'}' * 66}")
    assert code == 0
    assert out.startswith("No plan covers it (nesting): graphql-core runs it field by field.\n")


def test_introspection_needs_no_statement(plan):
    code, out, _ = plan("{ __schema { queryType { name } } __typename }")
    assert (code, out.split("\n")) == (
        0,
        [
            "__schema                                 introspection, with all below it",
            "__typename                               typename",
            "",
            "0 statements",
            "",
        ],
    )
