"""Handshakes that are never finished, broken off or no handshakes at all."""

import os
import socket
import ssl

import pytest

from harness.server import PHP_SCRIPTS, Server, sanitizer
from harness.tls import TLS12, client_context, handshake_failures
from harness.wait import PATIENCE_S, wait_for

# The beginning of a real one, as openssl s_client sends it.
CLIENT_HELLO = bytes.fromhex("160301013501000131030300") + bytes(64)


def memory(server: Server) -> int:
    """Returns resident bytes."""
    pages = (open(f"/proc/{server.pid}/statm").read()).split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def half_open():
    """half_open(server, count, data) opens connections that send `data` and no more."""
    sockets = []

    def open_them(server, count, data):
        opened = []
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)
            client.sendall(data)
            opened.append(client)
        sockets.extend(opened)
        return opened

    yield open_them
    for client in sockets:
        client.close()


def test_a_thousand_half_open_handshakes(start_tusk, localhost, connect, half_open):
    """Half of them are silent, half are in the middle of their first message: other clients are
    served, memory stays bounded, and all are closed when their time is over."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--workers", 2, *localhost.flags(), "--tls-handshake-timeout", "5s"
    )
    assert connect(tusk).get("/hello.php").text == "Hello World!"
    before = memory(tusk)
    silent, begun = half_open(tusk, 500, b""), half_open(tusk, 500, CLIENT_HELLO[:60])
    tusk.wait_for_metric(lambda value: value >= 1000, "tusk_active_connections")
    for _ in range(20):
        assert connect(tusk).get("/hello.php").text == "Hello World!"
    grown = memory(tusk) - before
    # A sanitizer has memory of its own.
    assert grown < (40 << 20 if not sanitizer() else 400 << 20), f"{grown} bytes for 1,000 handshakes"
    tusk.wait_for_metric(1000, "tusk_tls_handshake_failures_total", reason="timeout")
    for client in (*silent, *begun):
        assert client.recv(1) == b""


def test_invalid_bytes_are_refused_without_harm(secure, connect):
    """Random bytes, a record with too large a length, an alert, an empty record."""
    before = secure.metrics().total("tusk_tls_handshake_failures_total")
    inputs = [
        os.urandom(500) + b"\xff" * 600,
        b"\x16\x03\x01\xff\xff" + bytes(500),
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x16\x03\x01\x00\x00" * 40 + b"x" * 200,
        b"\x80\x2e\x01\x00\x02" + bytes(60),
    ]
    for data in inputs:
        with secure.raw() as client:
            if client.try_send(data):
                try:
                    client.finish_sending()
                except OSError:
                    pass  # gone already
            client.read_to_end()
    wait_for(
        lambda: secure.metrics().total("tusk_tls_handshake_failures_total")
        == before + len(inputs),
        "each to be counted",
    )
    assert connect(secure).get("/hello.php").text == "Hello World!"


def test_a_client_that_closes_in_the_handshake_is_counted(secure):
    """It does not count as a failure of the server. Whether it was still connected when the
    server looked depends on timing."""
    def left() -> float:
        return handshake_failures(secure, "closed") + handshake_failures(secure, "abandoned")

    before = left()
    with secure.raw() as client:
        client.send(CLIENT_HELLO[:40])
    wait_for(lambda: left() == before + 1, "it to be counted")


def test_a_client_that_rejects_the_certificate_is_counted(secure, people, connect):
    """Its alert reports it."""
    before = handshake_failures(secure, "alert")
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(secure, context=client_context(people.certificate, version=TLS12))
    secure.wait_for_metric(before + 1, "tusk_tls_handshake_failures_total", reason="alert")


def test_a_drain_lets_handshakes_finish(start_tusk, localhost, authority):
    """A client that had connected before SIGTERM is answered."""
    tusk = start_tusk(PHP_SCRIPTS, *localhost.flags())
    plain = socket.create_connection(("127.0.0.1", tusk.port), PATIENCE_S)
    tusk.wait_for_metric(1, "tusk_active_connections")
    tusk.signal(15)
    tusk.wait_for_log("draining")
    with client_context(authority.certificate).wrap_socket(
        plain, server_hostname="localhost"
    ) as client:
        client.sendall(b"GET /hello.php HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert b"200 OK" in answer and b"Connection: close" in answer and b"Hello World!" in answer
    assert tusk.wait_for_exit() == 0
