"""A plain client over TLS."""

import socket
import ssl
from pathlib import Path

from harness.raw import RawClient
from harness.wait import PATIENCE_S


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
