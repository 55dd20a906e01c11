"""A plain client over TLS, OpenSSL's own client, and questions about connections with TLS."""

import json
import socket
import ssl
import subprocess
from pathlib import Path

from harness.raw import RawClient
from harness.server import Server
from harness.wait import PATIENCE_S

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def client_context(
    authority: Path | None,
    *,
    version: ssl.TLSVersion | None = None,
    ciphers: str = "",
    alpn: tuple = (),
    certificate=None,
) -> ssl.SSLContext:
    """Returns what a client insists on: the authority (None: nothing), one version, ciphers of
    TLS 1.2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(authority)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if certificate is not None:
        context.load_cert_chain(certificate.chain, certificate.key)
    return context


def client_hello(host: str = "localhost") -> bytes:
    """Returns a valid ClientHello, as this machine's OpenSSL sends it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context(None).wrap_bio(incoming, outgoing, server_hostname=host)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class TlsClient(RawClient):
    """Makes the handshake at once; `tls` is the ssl module's socket."""

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext,
        host: str | None = "localhost",
        session: ssl.SSLSession | None = None,
        source: str = "",
    ):
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE_S, (source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.tls = context.wrap_socket(plain, server_hostname=host, session=session)
        except BaseException:
            plain.close()
            raise
        self._socket = self.tls
        self._buffer = b""

    def names(self) -> set:
        """Returns the names in the server's certificate, which the client has verified."""
        return {name for _, name in self.tls.getpeercert()["subjectAltName"]}


def s_client(server: Server, *arguments, send: str = "") -> subprocess.CompletedProcess:
    """OpenSSL's own client: one connection, without verifying the server."""
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", *map(str, arguments)],
        input=send,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE_S,
    )


def server_variables(client: TlsClient) -> dict:
    """Returns $_SERVER of a script that the client requests."""
    return json.loads(client.get("/request.php").body)["server"]


def session_of(client: TlsClient) -> ssl.SSLSession:
    """Returns the session; TLS 1.3 has it only after the first response."""
    client.get("/hello.php")
    return client.tls.session


def handshake_failures(server: Server, reason: str) -> float:
    """Returns how many handshakes have failed for this reason."""
    return server.metrics().value("tusk_tls_handshake_failures_total", reason=reason)
