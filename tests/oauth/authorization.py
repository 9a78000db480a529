"""An authorization server on loopback that knows the refresh-token grant (RFC 6749, section 6), and nothing else."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote

from tests.patience import ENOUGH

CLIENT, SECRET = "our client", "s3cret/+ ü"


class AuthorizationServer(ThreadingHTTPServer):
    """Gives an access token and the next refresh token for the last one.

    Attributes:
        grants: the form of each request, and its field `Authorization`.
        refresh_token: that is good now.
        answer: what it says instead: a status, header fields and a body.
        more: members of a good answer.
        may_answer: set while it answers; else it waits.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.grants = []
        self.refresh_token = "refresh 0"
        self.answer = None
        self.more = {"expires_in": 3600, "scope": "crm"}
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/oauth/token?tenant=1"

    def handle_error(self, request, client_address) -> None:
        """Nothing: a caller who has gone away is no fault."""


class _Handler(BaseHTTPRequestHandler):
    server: AuthorizationServer

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"] or 0)).decode())
        given = {name: values[0] for name, values in form.items()}
        self.server.grants.append((self.path, given, self.headers.get("authorization")))
        self.server.asked.set()
        self.server.may_answer.wait(ENOUGH)
        status, headers, body = self.server.answer or self._granted(given)
        self.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """As a redirection that was followed would come."""
        self.do_POST()

    def _granted(self, given):
        field = self.headers.get("authorization")
        client = (given.get("client_id"), given.get("client_secret"))
        if field is not None:
            client = tuple(map(unquote, base64.b64decode(field.removeprefix("Basic ")).decode().split(":")))
        if client != (CLIENT, SECRET):
            return 401, {}, b'{"error":"invalid_client"}'
        if (given["grant_type"], given["refresh_token"]) != ("refresh_token", self.server.refresh_token):
            return 400, {}, b'{"error":"invalid_grant","error_description":"it was refresh hunter2"}'
        number = len(self.server.grants)
        self.server.refresh_token = f"refresh {number}"
        made = {
            "access_token": f"access {number}",
            "token_type": "bearer",
            "refresh_token": f"refresh {number}",
        }
        return 200, {}, json.dumps({**made, **self.server.more}).encode()

    def log_message(self, *arguments) -> None:
        """Nothing."""


@contextmanager
def authorization_server():
    server = AuthorizationServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()
