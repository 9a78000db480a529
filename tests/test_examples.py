"""The examples, run as their readers run them, against the demo."""

import json
import re
import subprocess
import sys
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.demonstration import ROOT, demo
from tests.patience import ENOUGH
from tests.ports import free_port

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_the_inbox_asks_approves_and_shows_it_by_the_old_path(tmp_path: Path) -> None:
    with demo(tmp_path) as address:
        command = [sys.executable, str(ROOT / "examples" / "inbox.py"), address, "demo-token"]

        def run(*key: str) -> list[str]:
            done = subprocess.run([*command, *key], capture_output=True, text=True, timeout=600, check=True)
            return done.stdout.splitlines()

        key, *lines = run()
        again, another = run(key.split()[1]), run()
        command[-1] = "no-token"
        refused = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The gateway refused: ")
    assert "The token is unknown, expired or revoked." in refused.stderr
    assert re.fullmatch(rf"key       {UUID}", key)
    assert lines[0] == "uploaded  prices.csv, 51 bytes, 51 fetched"
    assert re.fullmatch(rf"asked     {UUID}", lines[1])
    assert lines[2:4] == [
        "          items: At 06:30 and 12:30",
        "          orders: Every hour, Monday through Friday",
    ]
    assert "pending   Thomas-Perkins: We would like to start on Monday. (you may approve)" in lines
    assert lines[-2:] == [
        "approved  {'outcome': 'APPROVED', 'comment': 'Welcome.'}",
        "by Crux   is_approved: True, 2 integrations, prices.csv",
    ]
    assert again[:3] == [key, *lines[:2]]
    assert another[2] != lines[1]


def ask(address: str, query: str) -> dict[str, Any]:
    """The answer to the only field of an operation."""
    headers = {"Authorization": "Bearer demo-token", "Content-Type": "application/json"}
    body = json.dumps({"query": query}).encode()
    with urlopen(Request(f"{address}/graphql", body, headers)) as answer:
        [value] = json.load(answer)["data"].values()
    asked: dict[str, Any] = value
    return asked


def approve_another(address: str, name: str) -> None:
    """Ask for a connection and approve it."""
    create = f'mutation {{ createConnectionRequest(input: {{orgName: "{name}"}}) {{ connectionRequest {{ id }} }} }}'
    made = ask(address, create)["connectionRequest"]["id"]
    approve = f'mutation {{ approveConnectionRequest(input: {{id: "{made}"}}) {{ errors {{ message }} }} }}'
    assert ask(address, approve) == {"errors": []}


class Busy(BaseHTTPRequestHandler):
    """What a proxy says while the gateway behind it starts."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_error(502)

    def log_message(self, *arguments: object) -> None:
        pass


def test_what_happens_is_shown_live_and_goes_on_behind_a_crash(tmp_path: Path) -> None:
    with ExitStack() as ends:
        port, first = str(free_port()), ends.enter_context(ExitStack())
        address = first.enter_context(demo(tmp_path, port))
        command = [sys.executable, str(ROOT / "examples" / "live.py"), address, "demo-token", "4"]
        live = ends.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        ends.callback(live.kill)
        assert live.stdout is not None
        assert re.fullmatch(r"up to \S{23}\n", live.stdout.readline())
        approve_another(address, "One")
        told = [live.stdout.readline() for _ in range(2)]
        first.close()
        with HTTPServer(("127.0.0.1", int(port)), Busy) as proxy:
            proxy.timeout = ENOUGH
            proxy.handle_request()
        with demo(tmp_path, port) as again:
            approve_another(again, "Two")
            told += live.stdout.readlines()
    assert [re.sub(r"^\S+  ", "", line) for line in told] == [
        "connection_request.created: One, by Joe Account\n",
        "connection_request.approved: One, by Joe Account; status: pending → approved\n",
        "connection_request.created: Two, by Joe Account\n",
        "connection_request.approved: Two, by Joe Account; status: pending → approved\n",
    ]


def test_the_types_for_typescript_know_every_scalar_of_the_schema() -> None:
    codegen = ROOT / "examples" / "codegen"
    scalars = set(re.findall(r"^scalar (\w+)", (ROOT / "schema.graphql").read_text(), re.MULTILINE))
    [declared] = re.findall(r"scalars: \{(.*?)\n        \}", (codegen / "codegen.ts").read_text(), re.DOTALL)
    assert set(re.findall(r"(\w+): \{ input", declared)) == scalars
    assert set(re.findall(r"^\| `(\w+)`", (codegen / "README.md").read_text(), re.MULTILINE)) == scalars
