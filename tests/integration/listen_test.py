"""Where the server listens: TCP, IPv6, unix sockets, several at once."""

import re
import socket
import stat

import httpx
import pytest

from harness.server import PHP_SCRIPTS


def unix_client(path):
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), trust_env=False)


def test_a_unix_socket(start_tusk, tmp_path):
    """Served, with a REMOTE_ADDR that is no address; the socket's file is gone at the end."""
    path = tmp_path / "tusk.sock"
    tusk = start_tusk(PHP_SCRIPTS, listen=[f"unix:{path}"])
    assert stat.S_ISSOCK(path.stat().st_mode)
    with unix_client(path) as client:
        assert client.get("http://localhost/hello.php").text == "Hello World!"
        server = client.get("http://localhost/request.php").json()["server"]
        assert server["HTTP_HOST"] == "localhost"
    tusk.stop()
    assert not path.exists()


def test_a_stale_socket_is_replaced_and_one_in_use_is_not(start_tusk, tmp_path):
    """What a crashed server left behind does not prevent a start; a running server's does."""
    path = tmp_path / "tusk.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    start_tusk(PHP_SCRIPTS, listen=[f"unix:{path}"])
    second = start_tusk(PHP_SCRIPTS, listen=[f"unix:{path}"], ready=False)
    assert second.wait_for_exit() == 1 and str(path) in second.log()
    with unix_client(path) as client:
        assert client.get("http://localhost/hello.php").status_code == 200


def test_several_addresses(start_tusk, tmp_path):
    """Two ports and a socket, all of them served by the same workers."""
    path = tmp_path / "s"
    tusk = start_tusk(PHP_SCRIPTS, listen=["127.0.0.1:0", "127.0.0.1:0", f"unix:{path}"])
    ports = re.findall(r"127\.0\.0\.1:(\d+)", tusk.start_line)[:2]
    assert len(set(ports)) == 2
    for port in ports:
        assert (
            httpx.get(f"http://127.0.0.1:{port}/hello.php", trust_env=False).text == "Hello World!"
        )
    with unix_client(path) as client:
        assert client.get("http://x/hello.php").text == "Hello World!"


def test_ipv6(start_tusk):
    """[::1]:0 where the machine has IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    tusk = start_tusk(PHP_SCRIPTS, listen=["[::1]:0"])
    seen = tusk.get("/request.php").json()["server"]
    assert seen["REMOTE_ADDR"] == "::1" and seen["SERVER_ADDR"] == "::1"


def test_a_limit_of_connections(start_tusk):
    """Beyond max_connections a client is refused, not the whole server; room that is given back
    is used again."""
    tusk = start_tusk(PHP_SCRIPTS, "--max-connections", 3)
    three = [tusk.raw() for _ in range(3)]
    for connection in three:
        assert connection.get("/hello.php").status == 200
    with tusk.raw() as fourth:
        fourth.try_send(b"GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"Hello" not in fourth.read_to_end()
    tusk.wait_for_metric(lambda value: value >= 1, "tusk_connections_refused_total")
    for connection in three:
        connection.close()
    tusk.wait_for_metric(0, "tusk_connections_open")
    assert tusk.get("/hello.php").text == "Hello World!"
