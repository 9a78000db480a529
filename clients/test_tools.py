"""What the tools of front ends say of the schema, and what their caches make of the answers."""

import re
import shutil

from clients.conftest import EXAMPLES, Run


def test_graphql_eslint_finds_relays_conventions_and_good_names(run):
    assert "problem" not in run("npm", "run", "--silent", "lint")


def test_graphql_codegen_makes_strict_types(run):
    """By the schema that is committed, and by the one that the gateway gives: they are the same."""
    made = EXAMPLES / "codegen" / "src" / "gql"
    types = []
    for url in ({}, {"GATEWAY_URL": ""}):
        shutil.rmtree(made, ignore_errors=True)
        run("npm", "run", "--silent", "codegen", **url)
        types.append((made / "graphql.ts").read_text())
    assert types[0] == types[1]
    assert "export type ConnectionRequestFilter = {" in types[0]


def test_the_relay_application_is_compiled_checked_and_built(run):
    told = run("npm", "run", "--silent", "--prefix", "relay-app", "build")
    assert "Compilation completed" in told
    assert "built in" in told


def test_relay_keeps_its_lists_by_our_payloads(run):
    assert "Compilation completed" in run("npm", "run", "--silent", "relay")
    check(run, "checks/relay.test.mjs", 5)


def test_apollo_client_and_urql_keep_objects_by_their_id(run):
    check(run, "checks/caches.test.mjs", 2)


def test_clients_put_together_what_comes_in_parts(run):
    run("npm", "run", "--silent", "relay")
    check(run, "checks/parts.test.mjs", 8)


def test_clients_whose_connection_is_cut_are_told_of_every_event_once(run):
    run("npm", "run", "--silent", "relay")
    check(run, "checks/resuming.test.mjs", 5)


def check(run: Run, name: str, count: int) -> None:
    """Run the tests of a file, of which there are so many, and which all pass."""
    # What Node.js prints by itself depends on its version.
    told = run("node", "--test", "--test-reporter=tap", name)
    assert re.search(rf"^# pass {count}\n# fail 0$", told, re.MULTILINE), told
