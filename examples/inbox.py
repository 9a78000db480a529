"""An inbox in a few requests: a clerk asks for a connection with a sample file, an approver approves it, and Crux's
path shows it.

It needs nothing but Python and a gateway that runs, such as `make serve` starts:

    python examples/inbox.py http://127.0.0.1:8000 demo-token [KEY]

Each run makes another request. With a KEY, such as that which an earlier run printed, whatever was made under it is
not made again: a program that got no answer sends its changes once more in this way.
"""

import json
import sys
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin
from urllib.request import Request, urlopen
from uuid import uuid4

SAMPLE = b"sku,name,price\n1001,Teapot,24.90\n1002,Kettle,39.00\n"

UPLOAD = """mutation Upload($input: CreateFileUploadInput!) {
  createFileUpload(input: $input) { fileUpload { id uploadUrl } errors { code message path } }
}"""
COMPLETE = """mutation Complete($input: CompleteFileUploadInput!) {
  completeFileUpload(input: $input) { file { id name size downloadUrl } errors { code message path } }
}"""
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

    def put(self, url: str, content: bytes) -> None:
        """Send the bytes of a file to a URL that needs no token."""
        self._send(Request(urljoin(self._base, url), content, method="PUT"))

    def fetch(self, url: str) -> bytes:
        """The bytes of a file, of a URL that needs no token."""
        with urlopen(urljoin(self._base, url), timeout=60) as response:
            content: bytes = response.read()
        return content

    def _send(self, request: Request) -> dict[str, Any]:
        try:
            with urlopen(request, timeout=60) as response:
                answer: dict[str, Any] = json.load(response)
        except HTTPError as refused:
            raise SystemExit(f"The gateway refused: {refused.read().decode()}") from None
        except URLError as failure:
            raise SystemExit(f"No gateway answers at {self._base}: {failure.reason}") from None
        return answer


def upload(gateway: Gateway, name: str, content: bytes, key: str) -> dict[str, Any]:
    """Send a file; it is there once all of it is."""
    wanted = {"name": name, "contentType": "text/csv", "size": len(content)}
    made = gateway.ask(UPLOAD, key=f"{key}-upload", input=wanted)["createFileUpload"]["fileUpload"]
    if made["uploadUrl"] is not None:  # else it was completed before, by the same key
        gateway.put(made["uploadUrl"], content)
    completed = gateway.ask(COMPLETE, input={"id": made["id"]})["completeFileUpload"]
    for problem in completed["errors"]:
        raise SystemExit(f"{'.'.join(problem['path'])}: {problem['message']}")
    file: dict[str, Any] = completed["file"]
    return file


def main(base: str, token: str, key: str = "") -> None:
    """Send a file, ask, look into the inbox, approve, and look at the same request by the old path."""
    gateway = Gateway(base, token)
    key = key or str(uuid4())
    print(f"key       {key}")
    file = upload(gateway, "prices.csv", SAMPLE, key)
    print(
        f"uploaded  {file['name']}, {file['size']} bytes, {len(gateway.fetch(file['downloadUrl']))} fetched"
    )

    wanted = {
        "orgName": "Thomas-Perkins",
        "primaryContactEmail": "clerk@thomas-perkins.example",
        "integrations": [
            {"integrationType": "items", "updateFrequency": "30 6,12 * * *"},
            {"integrationType": "orders", "updateFrequency": "0 * * * 1-5"},
        ],
        "fileIds": [file["id"]],
        "comment": "We would like to start on Monday.",
    }
    asked = gateway.ask(ASK, key=f"{key}-ask", input=wanted)["createConnectionRequest"]
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
    approved = gateway.ask(APPROVE, key=f"{key}-approve", input=decision)["approveConnectionRequest"]
    print(f"approved  {approved['connectionRequest']['decision']}")

    shown = gateway.crux(request["uuid"])
    names = ", ".join(each["name"] for each in shown["uploaded_files"])
    print(
        f"by Crux   is_approved: {shown['is_approved']}, {len(shown['integrations'])} integrations, {names}"
    )


if __name__ == "__main__":
    main(*(sys.argv[1:] or ("http://127.0.0.1:8000", "demo-token")))
