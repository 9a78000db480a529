"""Follow what happens to connection requests, as it happens, and go on where it ended when the connection is lost.

It needs nothing but Python and a gateway that runs, such as `make serve` starts; `examples/inbox.py` beside it makes
something happen:

    python examples/live.py http://127.0.0.1:8000 demo-token [HOW_MANY]
"""

import json
import sys
import time
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

FOLLOW = """subscription Live($after: String) {
  connectionRequestEvents(after: $after) {
    cursor type occurredAt resync
    door actor { fullName }
    node { orgName }
    changes { before after }
  }
}"""
BUSY = (429, 502, 503, 504)  # what a gateway, or a proxy before it, says of a moment that passes
SILENCE_SECONDS = 60  # the gateway says something every twelve seconds, if only that it is there
PAUSE_SECONDS = 1


class ServerEvent(NamedTuple):
    """A server-sent event."""

    name: str
    data: str


def server_events(base: str, token: str, cursor: str | None) -> Iterator[ServerEvent]:
    """The events of one connection, behind a cursor (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    body = json.dumps({"query": FOLLOW, "variables": {"after": cursor}}).encode()
    headers = {
        "Accept": "text/event-stream",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
    }
    with urlopen(Request(f"{base}/graphql", body, headers), timeout=SILENCE_SECONDS) as response:
        fields: dict[str, str] = {}
        for line in response:
            name, _, value = line.decode().rstrip("\n").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif "event" in fields:
                yield ServerEvent(fields["event"], fields.get("data", ""))
                fields = {}


def results(base: str, token: str) -> Iterator[dict[str, Any]]:
    """Every result once, over as many connections as it takes."""
    cursor: str | None = None
    is_away = False
    while True:
        try:
            for event in server_events(base, token, cursor):
                is_away = False
                if event.name != "next":
                    return
                result = json.loads(event.data)
                if "errors" in result:
                    raise SystemExit(f"The gateway refused: {result['errors'][0]['message']}")
                told = result["data"]["connectionRequestEvents"]
                if told["cursor"] != cursor:
                    yield told
                cursor = told["cursor"]
        except (OSError, HTTPException) as failure:  # it stops, or the network was lost
            if isinstance(failure, HTTPError) and failure.code not in BUSY:
                raise SystemExit(f"The gateway refused: {failure.read().decode()}") from None
            if not is_away:
                print(f"Nothing comes from {base} ({failure}); trying again …", file=sys.stderr)
            is_away = True
        time.sleep(PAUSE_SECONDS)


def line_of(told: dict[str, Any]) -> str:
    """One event in words."""
    if told["type"] is None:
        return f"up to {told['cursor']}"
    if told["resync"]:
        return f"{told['occurredAt']}  {told['type']}: much has changed, read it anew"
    node, actor = told["node"], told["actor"]
    changed = [each for each in told["changes"] or () if each["before"]]
    what = node["orgName"] if node else "one that is gone"
    who = actor["fullName"] if actor else told["door"]
    became = [
        f"{name}: {value} → {(each['after'] or {}).get(name)}"
        for each in changed
        for name, value in each["before"].items()
    ]
    changes = f"; {', '.join(became)}" if became else ""
    return f"{told['occurredAt']}  {told['type']}: {what}, by {who}{changes}"


def main(base: str, token: str, how_many: str = "0") -> None:
    left = int(how_many)
    for told in results(base.rstrip("/"), token):
        print(line_of(told), flush=True)
        left -= told["type"] is not None
        if left == 0 and told["type"] is not None:
            return


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
