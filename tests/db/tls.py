"""Certificates, and a front that speaks TLS for a PostgreSQL server, as a hosting service's proxy does.

The PostgreSQL of the wheel is built without TLS.
"""

import datetime
import ipaddress
import select
import socket
import socketserver
import ssl
import struct
import threading
from contextlib import contextmanager, suppress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
CLIENT_HELLO = 0x16


class Authority:
    """Issues certificates; writes them, with their keys, into a folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(name, self.key, x509.BasicConstraints(ca=True, path_length=None))
        self.path = self._write(f"{name}.crt", self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name, *, password=None):
        """The paths of a certificate for a host's or a user's name and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            subject = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            subject = x509.DNSName(name)
        certificate = self._signed(name, key, x509.SubjectAlternativeName([subject]))
        encryption = (
            serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        )
        pem = serialization.Encoding.PEM
        return (
            self._write(f"{name}.crt", certificate.public_bytes(pem)),
            self._write(f"{name}.key", key.private_bytes(pem, serialization.PrivateFormat.PKCS8, encryption)),
        )

    def _signed(self, name, key, extension):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject if hasattr(self, "certificate") else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(extension, critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())

    def _write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


@contextmanager
def front(to, certificate=None, *, clients_of=None):
    """A port of 127.0.0.1 that leads to a Unix socket; yields the port and a list of what came in.

    Args:
        to: the socket's path.
        certificate: the paths of certificate and key; without them TLS is refused.
        clients_of: the path of the authority whose certificates clients have to show.
    """
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_alpn_protocols(["postgresql"])
        if clients_of:
            context.load_verify_locations(clients_of)
            context.verify_mode = ssl.CERT_REQUIRED
    seen = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with suppress(OSError):
                relay(secured(self.request, context, seen), to)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1], seen
        server.shutdown()
        thread.join()


def secured(client, context, seen):
    """The client's connection behind its TLS handshake, if it wants one."""
    head = client.recv(8, socket.MSG_PEEK)
    is_direct = head[:1] == bytes([CLIENT_HELLO])
    if not is_direct and head != SSL_REQUEST:
        seen.append("plain")
        return client
    if not is_direct:
        client.recv(8)
        client.sendall(b"S" if context else b"N")
    if not context:
        return secured(client, context, seen)
    client = context.wrap_socket(client, server_side=True)
    peer = client.getpeercert()
    name = f" as {dict(peer['subject'][0])['commonName']}" if peer else ""
    seen.append(f"{'direct ' if is_direct else ''}{client.version()}{name}")
    return client


def relay(client, to):
    """Both ways in one thread, since TLS has one state for both."""
    with client, socket.socket(socket.AF_UNIX) as server:
        server.connect(to)
        while True:
            ready, _, _ = select.select([client, server], [], [])
            source, target = (client, server) if client in ready else (server, client)
            if not (data := source.recv(65536)):
                return
            while isinstance(source, ssl.SSLSocket) and source.pending():
                data += source.recv(65536)
            target.sendall(data)
