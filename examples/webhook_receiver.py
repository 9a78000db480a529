"""Receive webhooks with nothing but Python: python webhook_receiver.py whsec_… [port]"""

import base64
import hashlib
import hmac
import json
import sys
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if len(sys.argv) not in (2, 3):
    raise SystemExit(f"{__doc__}; createWebhookEndpoint shows the secret.")

SECRET = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 8765
TOLERANCE = 5 * 60  # seconds that the sender's clock may differ
handled: set[str] = set()  # a table of yours, in the transaction of what you do with an event


def is_genuine(headers: Message, body: bytes) -> bool:
    """Whether the body is signed with the secret, lately."""
    webhook_id, timestamp = headers["webhook-id"] or "", headers["webhook-timestamp"] or ""
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest())
    given = (headers["webhook-signature"] or "").encode().split()  # two of them while a secret is rotated
    return any(hmac.compare_digest(each, b"v1," + expected) for each in given)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if not is_genuine(self.headers, body):
            self.send_response(400)
        else:
            self.send_response(204)
            event = json.loads(body)
            if event["id"] not in handled:
                handled.add(event["id"])
                about = "many" if event["data"]["resync"] else event["data"]["node"]["uuid"]
                print(event["type"], about, flush=True)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing: what is received is printed."""


server = ThreadingHTTPServer(("127.0.0.1", PORT), Receiver)
print(f"listening at http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
