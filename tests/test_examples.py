"""The examples, run as their readers run them, against the demo."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_the_inbox_asks_approves_and_shows_it_by_the_old_path(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "serve", "--demo", "--port", "0"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        greeting = server.stderr.readline()  # it comes when the port is open
        found = re.search(r"http://127\.0\.0\.1:\d+", greeting)
        assert found is not None, greeting
        command = [sys.executable, str(ROOT / "examples" / "inbox.py"), found[0], "demo-token"]
        first, again = (
            subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
            for _ in range(2)
        )
    finally:
        server.kill()
        server.communicate()
    lines = first.splitlines()
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
    # Each change has a key of its own, so that whoever runs it twice has made one request.
    assert again.splitlines()[:2] == lines[:2]
