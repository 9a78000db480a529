"""Rules as a legacy path asks for them: the same, but for texts that its contract takes verbatim."""

import pytest

from gateway.db import tables as db
from gateway.resolvers.errors import ErrorCode, Rejected
from gateway.resolvers.inputs import is_email, is_url
from gateway.resolvers.request_changes import create_connection_request
from gateway.resolvers.request_inputs import NewConnectionRequest, NewIntegration
from gateway.resolvers.rules import perform
from tests.data import NORTH, context_of, fill

pytestmark = pytest.mark.anyio

WRITTEN = NewConnectionRequest(
    org_name="Baz",
    primary_contact_email="ask for Baz",
    integrations=(NewIntegration(integration_type="items", update_frequency="ftp://foo:bar@baz.blerg"),),
)


async def test_a_legacy_path_keeps_what_means_nothing_and_the_graph_refuses_it(database):
    await fill(database, NORTH)
    context = context_of(database, "north")
    with pytest.raises(Rejected) as rejected:
        await perform(context, create_connection_request, WRITTEN)
    assert [(each.code, each.path) for each in rejected.value.problems] == [
        (ErrorCode.BAD_USER_INPUT, ("primary_contact_email",)),
        (ErrorCode.BAD_USER_INPUT, ("integrations", "0", "update_frequency")),
    ]
    assert rejected.value.code == "BAD_USER_INPUT"
    outcome = await perform(context, create_connection_request, WRITTEN, is_legacy=True)
    row = await context.row(db.connection_requests).load(outcome.object_id)
    assert (row.org_name, row.primary_contact_email) == ("Baz", "ask for Baz")


async def test_no_path_writes_what_no_column_holds(database):
    await fill(database, NORTH)
    context = context_of(database, "north")
    for text in ("a\0b", "\ud800", "x" * 501):
        with pytest.raises(Rejected) as rejected:
            await perform(
                context, create_connection_request, NewConnectionRequest(org_name=text), is_legacy=True
            )
        assert [each.path for each in rejected.value.problems] == [("org_name",)]


def test_what_an_e_mail_address_is():
    good = ["ada@example.com", "a.b+c@x-y.example", "o'neil@localhost", "a@1.example"]
    bad = [
        "",
        "ada",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@-x.example",
        "a@x..example",
        "a@ex ample.com",
    ]
    bad += ["ada@example.com\n", "a@b@c", f"{'a' * 250}@x.example", "Ada <ada@example.com>"]
    assert [each for each in good if not is_email(each)] == []
    assert [each for each in bad if is_email(each)] == []


def test_what_a_url_is():
    good = [
        "https://example.com",
        "http://u:p@host.example:8080/a?b=c#d",
        "HTTPS://[::1]/x",
        "https://ä.example/é",
    ]
    bad = ["", "example.com", "ftp://host/x", "https://", "https:///x", "https://host:port/", "https://a b/"]
    bad += ["javascript:alert(1)", "https://host\n/x", "https://[::1/x", "https://h:0/"]
    assert [each for each in good if not is_url(each)] == []
    assert [each for each in bad if is_url(each)] == []
