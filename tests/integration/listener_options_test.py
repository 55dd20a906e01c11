"""Options of one listener: trusted_proxies, trusted_headers and proxy_protocol in `listen`."""

import json
import socket

import pytest

from harness.server import PHP_SCRIPTS, run_tusk

HEADER = b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n"
REQUEST = (
    b"GET /request.php HTTP/1.0\r\nHost: a\r\nX-Forwarded-For: 203.0.113.8\r\nX-Forwarded-Host: b\r\n\r\n"
)


def ask(address, sent: bytes) -> bytes:
    """The whole answer; empty if the connection was closed."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(30)
        client.connect(address)
        client.sendall(sent)
        try:
            return b"".join(iter(lambda: client.recv(65536), b""))
        except ConnectionResetError:
            return b""


def client_of(address, sent: bytes) -> tuple:
    """REMOTE_ADDR and HTTP_HOST."""
    answer = ask(address, sent)
    assert answer, "the connection was closed"
    server = json.loads(answer.partition(b"\r\n\r\n")[2])["server"]
    return server["REMOTE_ADDR"], server["HTTP_HOST"]


@pytest.mark.parametrize("supervisor", [True, False], ids=["supervisor", "one process"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_local_check_beside_a_balancer(start_tusk, tmp_path, supervisor, threads):
    """The balancer's listener wants a PROXY header, the others none; each trusts its own proxies."""
    config = tmp_path / "tusk.toml"
    config.write_text(f"""
proxy_protocol = ["127.0.0.1"]
io_threads = {threads}
supervisor = {str(supervisor).lower()}

[[listen]]
address = "127.0.0.1:0"

[[listen]]
address = "localhost:0"
proxy_protocol = false
trusted_proxies = ["private"]
trusted_headers = ["X-Forwarded-For", "X-Forwarded-Host"]

[[listen]]
address = "unix:{tmp_path}/s.sock"
trusted_proxies = "unix"
""")
    tusk = start_tusk(PHP_SCRIPTS, "--config", config, listen=())
    found = tusk.wait_for_log(r" on http://127\.0\.0\.1:(\d+), [^;]*http://(?:127\.0\.0\.1|localhost):(\d+),")
    balanced, local = (("127.0.0.1", int(port)) for port in found.groups())
    for _ in range(2 * threads):  # whichever thread is first gets a connection
        assert client_of(balanced, HEADER + REQUEST) == ("203.0.113.7", "a")
        assert ask(balanced, REQUEST) == b""
        assert client_of(local, REQUEST) == ("203.0.113.8", "b")
        assert client_of(f"{tmp_path}/s.sock", REQUEST) == ("203.0.113.8", "a")
