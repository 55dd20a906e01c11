"""The PROXY protocol: a load balancer names its client before the client's bytes."""

import json
import socket
import struct

import pytest

from harness.server import PHP_SCRIPTS

REQUEST = b"GET /request.php HTTP/1.1\r\nHost: a\r\n\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def binary(command: int, protocol: int, rest: bytes) -> bytes:
    return SIGNATURE + struct.pack(">BBH", command, protocol, len(rest)) + rest


def binary_tcp4(tlvs: bytes = b"") -> bytes:
    addresses = socket.inet_aton("203.0.113.7") + socket.inet_aton("192.0.2.1")
    return binary(0x21, 0x11, addresses + struct.pack(">HH", 4711, 443) + tlvs)


def binary_tcp6() -> bytes:
    addresses = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(
        socket.AF_INET6, "2001:db8::1"
    )
    return binary(0x21, 0x21, addresses + struct.pack(">HH", 4711, 443))


GOOD = {
    "text, IPv4": (b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n", "203.0.113.7", "4711"),
    "text, IPv6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n", "2001:db8::7", "4711"),
    "binary, IPv4": (binary_tcp4(), "203.0.113.7", "4711"),
    "binary, IPv6": (binary_tcp6(), "2001:db8::7", "4711"),
    "binary with TLVs": (binary_tcp4(b"\x01\0\x02h2" + b"\xe0\x03\xe8" + b"x" * 1000), "203.0.113.7", "4711"),
}
# Headers that leave the connection's own addresses in effect.
SILENT = {
    "UNKNOWN": b"PROXY UNKNOWN\r\n",
    "UNKNOWN with addresses": b"PROXY UNKNOWN 203.0.113.7 192.0.2.1 4711 443\r\n",
    "LOCAL": binary(0x20, 0, b""),
    "a unix socket": binary(0x21, 0x31, bytes(216)),
}
BAD = {
    "none": REQUEST,
    "a word": b"HELLO\r\n",
    "a bad address": b"PROXY TCP4 203.0.113.777 192.0.2.1 4711 443\r\n" + REQUEST,
    "a bare LF": b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\n" + REQUEST,
    "too long": b"PROXY UNKNOWN " + b"x" * 200,
    "a bad version": binary(0x31, 0x11, bytes(12)) + REQUEST,
    "too short": binary(0x21, 0x11, bytes(4)) + REQUEST,
    "an absurd length": SIGNATURE + b"\x21\x11\xff\xff" + REQUEST,
    "TLS": bytes.fromhex("1603010200010001fc0303") + bytes(64),
}


@pytest.fixture(scope="module")
def balanced(start_module_tusk):
    """A server for which clients at 127.0.0.1 are load balancers."""
    return start_module_tusk(PHP_SCRIPTS, "--proxy-protocol", "127.0.0.1", "--access-log")


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("apart", [False, True])
def test_the_header_names_the_client(balanced, name, apart):
    """REMOTE_ADDR, REMOTE_PORT and the local end; the connection then goes on like any other.
    The header may arrive with the request or before it."""
    header, address, port = GOOD[name]
    with balanced.raw() as connection:
        if apart:
            connection.send(header)
        connection.send(REQUEST if apart else header + REQUEST)
        server = json.loads(connection.response().body)["server"]
        assert (server["REMOTE_ADDR"], server["REMOTE_PORT"]) == (address, port)
        assert server["SERVER_PORT"] == "443"
        assert connection.send(REQUEST * 2).response().status == 200
        assert json.loads(connection.response().body)["server"]["REMOTE_ADDR"] == address


@pytest.mark.parametrize("name", SILENT)
def test_a_header_without_an_address(balanced, name):
    """For health checks and unknown clients, the balancer's own address applies."""
    with balanced.raw() as connection:
        server = json.loads(connection.send(SILENT[name] + REQUEST).response().body)["server"]
        assert server["REMOTE_ADDR"] == "127.0.0.1"
        assert server["REMOTE_PORT"] == str(connection.local_port())


@pytest.mark.parametrize("name", ["text, IPv4", "binary, IPv4", "binary with TLVs"])
def test_a_header_that_comes_byte_by_byte(balanced, name):
    """However it is cut, no byte of the request is lost."""
    header, address, _ = GOOD[name]
    with balanced.raw() as connection:
        for at in range(len(header)):
            connection.send(header[at : at + 1])
        server = json.loads(connection.send(REQUEST).response().body)["server"]
        assert server["REMOTE_ADDR"] == address


@pytest.mark.parametrize("name", BAD)
def test_a_bad_header_closes_the_connection(balanced, name):
    """There is no answer, because the peer does not speak HTTP yet. The log says so, and names
    the peer."""
    before = balanced.metrics().value("tusk_connections_refused_total", reason="proxy_header")
    with balanced.raw() as connection:
        connection.try_send(BAD[name])
        connection.expect_closed()
    balanced.wait_for_metric(before + 1, "tusk_connections_refused_total", reason="proxy_header")
    balanced.wait_for_log("bad PROXY header.*127.0.0.1")


def test_only_balancers_are_trusted(start_tusk):
    """From any other address the header is a malformed request."""
    tusk = start_tusk(PHP_SCRIPTS, "--proxy-protocol", "192.0.2.0/24")
    with tusk.raw() as connection:
        response = connection.send(GOOD["text, IPv4"][0] + REQUEST).response()
        assert response.status == 400
    assert tusk.get("/hello.php").status_code == 200


def test_a_header_that_never_comes(start_tusk):
    """It must arrive within header_timeout, so a silent connection is not held for ever."""
    tusk = start_tusk(PHP_SCRIPTS, "--proxy-protocol", "private", "--header-timeout", "300ms")
    for part in (b"", b"PROXY TCP4 203", SIGNATURE[:5]):
        with tusk.raw() as connection:
            connection.send(part)
            connection.expect_closed()


def test_limits_apply_to_the_client_and_not_the_balancer(start_tusk):
    """max_connections_per_client counts by the address in the header."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--proxy-protocol", "127.0.0.1", "--max-connections-per-client", 2
    )
    header = b"PROXY TCP4 %s 192.0.2.1 4711 443\r\n"
    two = [tusk.raw() for _ in range(2)]
    for connection in two:
        assert connection.send(header % b"203.0.113.7" + REQUEST).response().status == 200
    with tusk.raw() as third:
        third.try_send(header % b"203.0.113.7" + REQUEST)
        third.expect_closed()
    with tusk.raw() as other:
        assert other.send(header % b"203.0.113.8" + REQUEST).response().status == 200
    for connection in two:
        connection.close()


def test_forwarded_fields_of_the_client_are_not_trusted(start_tusk):
    """The balancer is trusted for its header; X-Forwarded-For behind it comes from the client."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--proxy-protocol", "127.0.0.1", "--trusted-proxies", "127.0.0.1"
    )
    forged = REQUEST[:-2] + b"X-Forwarded-For: 198.51.100.1\r\n\r\n"
    with tusk.raw() as connection:
        server = json.loads(connection.send(GOOD["text, IPv4"][0] + forged).response().body)["server"]
    assert server["REMOTE_ADDR"] == "203.0.113.7"


def test_a_unix_socket_behind_a_balancer(start_tusk, tmp_path):
    """`unix` trusts every peer that connects through it."""
    path = tmp_path / "s"
    start_tusk(PHP_SCRIPTS, "--proxy-protocol", "unix", listen=[f"unix:{path}"])
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(GOOD["binary, IPv6"][0] + b"GET /request.php HTTP/1.0\r\n\r\n")
        body = client.makefile("rb").read().partition(b"\r\n\r\n")[2]
    assert json.loads(body)["server"]["REMOTE_ADDR"] == "2001:db8::7"
