"""`gateway person`, and the lists of organizations, people and tokens."""

import io
import json
import re
import sys
from datetime import datetime

import pytest

from tests.commands.outcome import assert_refused, rows


@pytest.fixture
def typed(monkeypatch):
    """What comes on standard input, which is no terminal."""

    def type_in(data: bytes):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))

    type_in(b"")
    return type_in


@pytest.fixture
def acme(on_store):
    return on_store("organization", "create", "Acme")[1].strip()


def test_a_person_is_made_and_logs_in_by_what_was_typed(on_store, database_url, acme, typed):
    made = ("person", "create", "--organization", acme, "--first-name", "Ada", "--email", "Ada@example.org")
    code, person, err = on_store(*made)
    person = person.strip()
    assert (code, err) == (0, "")
    query = "SELECT id, first_name, last_name, email FROM people"
    assert rows(database_url, query) == [(person, "Ada", None, "Ada@example.org")]

    typed("a pässword\nanother line\n".encode())
    put = ("person", "set-password", person, "--organization", acme)
    assert on_store(*put, "--scope", "read", "--scope", "write") == (
        0,
        "They log in as ada@example.org.\n",
        "",
    )
    query = "SELECT person_id, username, scopes, password_hash FROM passwords"
    [(owner, username, scopes, hashed)] = rows(database_url, query)
    assert (owner, username, scopes) == (person, "ada@example.org", "read write")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    typed(b"another password\r\n")
    assert on_store(*put, "--username", "Ada") == (0, "They log in as ada.\n", "")
    [(_, username, scopes, other)] = rows(database_url, query)
    assert (username, scopes, other == hashed) == ("ada", "read", False)

    taken_back = ("person", "remove-password", person, "--organization", acme)
    assert on_store(*taken_back) == (0, "Removed.\n", "")
    assert rows(database_url, query) == []
    assert_refused(on_store(*taken_back), f"The person {person} has no password.")
    assert rows(database_url, "SELECT type FROM events ORDER BY id") == [
        ("organization.created",),
        ("person.created",),
        ("password.set",),
        ("password.set",),
        ("password.removed",),
    ]


@pytest.mark.parametrize(
    ("password", "message"),
    [
        (b"", "There is no password: write it as the first line of standard input."),
        (b"\n", "There is no password: write it as the first line of standard input."),
        (b"short\n", "A password has 8 to 256 characters."),
        (b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\n", "The password must be text in UTF-8."),
    ],
)
def test_what_is_no_password_is_refused(on_store, database_url, acme, typed, password, message):
    person = on_store("person", "create", "--organization", acme, "--email", "a@example.org")[1].strip()
    typed(password)
    assert_refused(on_store("person", "set-password", person, "--organization", acme), re.escape(message))
    assert rows(database_url, "SELECT id FROM passwords") == []


def test_a_password_is_asked_for_at_a_terminal_and_not_shown(on_store, acme, typed, monkeypatch):
    person = on_store("person", "create", "--organization", acme, "--email", "a@example.org")[1].strip()
    asked = []

    def answer(prompt, **how):
        asked.append(prompt)
        return "typed twice"

    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    code, out, err = on_store("person", "set-password", person, "--organization", acme)
    assert (code, out) == (0, "They log in as a@example.org.\n")
    assert "typed twice" not in err
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "A person has a name or an e-mail address."),
        (("--email", "nowhere"), "nowhere is not an e-mail address"),
        (("--first-name", "a\nb"), "A person's first name must be one line of text"),
        (("--last-name", "x" * 256), "A person's last name must have at most 255 characters"),
    ],
)
def test_somebody_of_whom_nothing_is_known_is_refused(on_store, acme, arguments, message):
    assert_refused(on_store("person", "create", "--organization", acme, *arguments), re.escape(message))
    assert_refused(
        on_store("person", "create", "--organization", "none", "--email", "a@example.org"),
        "no organization none",
    )


def test_the_lists_are_tables_for_people_and_lines_of_json_for_programs(on_store, acme, typed):
    person = on_store("person", "create", "--organization", acme, "--first-name", "Ada")[1].strip()
    typed(b"some password\n")
    on_store("person", "set-password", person, "--organization", acme, "--username", "ada")
    err = on_store("token", "create", "--organization", acme, "--name", "ci", "--person", person)[2]
    token = err.removeprefix("id: ").strip()
    on_store("token", "revoke", token, "--organization", acme)

    code, out, err = on_store("organization", "list")
    head, line = out.splitlines()
    assert (code, err, head.split()) == (0, "", ["ID", "NAME", "KIND", "TIMEZONE", "CREATED", "AT"])
    assert re.fullmatch(rf"{acme}  Acme  none  UTC {{7}}\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\dZ", line)
    [entry] = map(json.loads, on_store("organization", "list", "--json")[1].splitlines())
    assert list(entry) == ["id", "name", "kind", "timezone", "created_at"]
    assert datetime.fromisoformat(entry["created_at"]).tzinfo is not None

    head, line = on_store("person", "list", "--organization", acme)[1].splitlines()
    assert head.endswith("USERNAME")
    assert re.fullmatch(rf"{person}  Ada +- +- +- +2\d{{3}}-\S+ \S+Z  ada", line)
    [entry] = map(json.loads, on_store("person", "list", "--organization", acme, "--json")[1].splitlines())
    assert (entry["id"], entry["first_name"], entry["email"], entry["username"]) == (
        person,
        "Ada",
        None,
        "ada",
    )

    head, line = on_store("token", "list", "--organization", acme)[1].splitlines()
    assert line.startswith(f"{token}  ci    read    {person}  -")
    [entry] = map(json.loads, on_store("token", "list", "--organization", acme, "--json")[1].splitlines())
    assert entry["scopes"] == ["read"]
    assert entry["revoked_at"] is not None
    assert "token_hash" not in entry


def test_a_list_goes_on_behind_its_first_page(on_store, monkeypatch):
    monkeypatch.setattr("gateway.rosters.PAGE", 2)
    ids = sorted(on_store("organization", "create", f"O{number}")[1].strip() for number in range(5))
    listed = [json.loads(line)["id"] for line in on_store("organization", "list", "--json")[1].splitlines()]
    assert listed == ids
    people = [
        on_store("person", "create", "--organization", ids[0], "--first-name", str(number))[1].strip()
        for number in range(5)
    ]
    told = on_store("person", "list", "--organization", ids[0], "--json")[1].splitlines()
    assert [json.loads(line)["id"] for line in told] == people
    assert on_store("token", "list", "--organization", ids[0], "--json") == (0, "", "")
    assert_refused(on_store("token", "list", "--organization", "none"), "no organization none")
    assert_refused(on_store("person", "list", "--organization", "none"), "no organization none")
