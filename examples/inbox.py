"""An inbox in a few requests: a clerk asks for a connection, an approver approves it, and Crux's path shows it.

It needs nothing but Python and a gateway that runs, such as `make serve` starts:

    python examples/inbox.py http://127.0.0.1:8000 demo-token
"""

import json
import sys
from typing import Any
from urllib.request import Request, urlopen

ASK = """mutation Ask($input: CreateConnectionRequestInput!) {
  createConnectionRequest(input: $input) {
    connectionRequest { id uuid status integrations { nodes { integrationType schedule { description } } } }
    errors { code message path }
  }
}"""
PENDING = """query Inbox {
  connectionRequests(first: 10, filter: {status: {eq: PENDING}}) {
    nodes { id orgName comments { nodes { body } } viewerCan { approve { isAllowed reason } } }
  }
}"""
APPROVE = """mutation Approve($input: ApproveConnectionRequestInput!) {
  approveConnectionRequest(input: $input) {
    connectionRequest { status decision { outcome comment } }
    errors { code message }
  }
}"""


class Gateway:
    """A gateway as a caller sees it.

    Args:
        base: its URL.
        token: the caller's.
    """

    def __init__(self, base: str, token: str) -> None:
        self._base = base.rstrip("/")
        self._token = token

    def ask(self, query: str, *, key: str | None = None, **variables: Any) -> dict[str, Any]:
        """The data of an operation.

        Args:
            query: the document.
            key: makes a mutation happen once, however often it is sent.
        """
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        if key is not None:
            headers["Idempotency-Key"] = f'"{key}"'
        answer = self._send(Request(f"{self._base}/graphql", body, headers))
        if "errors" in answer:
            raise SystemExit(f"The gateway refused: {answer['errors'][0]['message']}")
        data: dict[str, Any] = answer["data"]
        return data

    def crux(self, uuid: str) -> dict[str, Any]:
        """A request as Crux's own path has it."""
        path = f"/organizations/connections/request/{uuid}/"
        return self._send(Request(self._base + path, headers={"Authorization": f"Token {self._token}"}))

    def _send(self, request: Request) -> dict[str, Any]:
        with urlopen(request, timeout=10) as response:
            answer: dict[str, Any] = json.load(response)
        return answer


def main(base: str, token: str) -> None:
    """Ask, look into the inbox, approve, and look at the same request by the old path."""
    gateway = Gateway(base, token)
    wanted = {
        "orgName": "Thomas-Perkins",
        "primaryContactEmail": "clerk@thomas-perkins.example",
        "integrations": [
            {"integrationType": "items", "updateFrequency": "30 6,12 * * *"},
            {"integrationType": "orders", "updateFrequency": "0 * * * 1-5"},
        ],
        "comment": "We would like to start on Monday.",
    }
    asked = gateway.ask(ASK, key="inbox-example", input=wanted)["createConnectionRequest"]
    for problem in asked["errors"]:
        raise SystemExit(f"{'.'.join(problem['path'])}: {problem['message']}")
    request = asked["connectionRequest"]
    print(f"asked     {request['uuid']}")
    for feed in request["integrations"]["nodes"]:
        print(f"          {feed['integrationType']}: {feed['schedule']['description']}")

    for each in gateway.ask(PENDING)["connectionRequests"]["nodes"]:
        says = "; ".join(comment["body"] for comment in each["comments"]["nodes"])
        may = each["viewerCan"]["approve"]
        print(f"pending   {each['orgName']}: {says or 'no comment'} ({may['reason'] or 'you may approve'})")

    decision = {"id": request["id"], "comment": "Welcome."}
    approved = gateway.ask(APPROVE, key="inbox-example-approved", input=decision)["approveConnectionRequest"]
    print(f"approved  {approved['connectionRequest']['decision']}")

    shown = gateway.crux(request["uuid"])
    print(f"by Crux   is_approved: {shown['is_approved']}, {len(shown['integrations'])} integrations")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ("http://127.0.0.1:8000", "demo-token")))
