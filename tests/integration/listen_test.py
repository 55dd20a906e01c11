"""Where the server listens: TCP, IPv6, unix sockets, several at once."""

import grp
import os
import re
import signal
import socket
import stat
from pathlib import Path

import httpx
import pytest

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for


def unix_client(path):
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), trust_env=False)


def test_a_unix_socket(start_tusk, tmp_path):
    """It is served, with a REMOTE_ADDR that is no address; the socket's file is removed at the
    end."""
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
    """A socket that a crashed server left behind does not prevent a start; a running server's
    does."""
    path = tmp_path / "tusk.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    start_tusk(PHP_SCRIPTS, listen=[f"unix:{path}"])
    second = start_tusk(PHP_SCRIPTS, listen=[f"unix:{path}"], ready=False)
    assert second.wait_for_exit() == 1 and str(path) in second.log()
    with unix_client(path) as client:
        assert client.get("http://localhost/hello.php").status_code == 200


def test_several_addresses(start_tusk, tmp_path):
    """Two ports and a socket, all served by the same workers."""
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
    """[::1]:0, if the machine has IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    tusk = start_tusk(PHP_SCRIPTS, listen=["[::1]:0"])
    seen = tusk.get("/request.php").json()["server"]
    assert seen["REMOTE_ADDR"] == "::1" and seen["SERVER_ADDR"] == "::1"


def test_a_limit_of_connections(start_tusk):
    """Beyond max_connections a client is refused, and the server goes on; freed places are used
    again."""
    tusk = start_tusk(PHP_SCRIPTS, "--max-connections", 3, "--max-connections-per-client", 3)
    three = [tusk.raw().send("GET /hello.php HTTP/1.1\r\n") for _ in range(3)]
    tusk.wait_for_metric(3, "tusk_active_connections")
    with tusk.raw() as fourth:
        fourth.try_send(b"GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"Hello" not in fourth.read_to_end()
    [full, client] = [tusk.metrics().value("tusk_connections_refused_total", reason=r) for r in ("full", "client")]
    assert full + client >= 1
    for connection in three:
        assert connection.send("Host: a\r\n\r\n").response().text == "Hello World!"
        connection.close()
    tusk.wait_for_metric(0, "tusk_active_connections")
    assert tusk.get("/hello.php").text == "Hello World!"


def test_idle_connections_make_room(start_tusk):
    """A client that comes when max_connections are open replaces the connection that has been
    idle for longest, never a busy one."""
    tusk = start_tusk(PHP_SCRIPTS, "--max-connections", 3, "--max-connections-per-client", 3)
    busy, idle, fresh = (tusk.raw() for _ in range(3))
    busy.send("GET /hello.php HTTP/1.1\r\n")
    assert idle.get("/hello.php").status == 200
    tusk.wait_for_metric(3, "tusk_active_connections")
    for _ in range(5):
        with tusk.raw() as newcomer:
            assert newcomer.get("/hello.php").status == 200
    idle.expect_closed()
    assert busy.send("Host: a\r\n\r\n").response().status == 200
    assert fresh.get("/hello.php").status == 200
    assert tusk.metrics().value("tusk_connections_shed_total") >= 1
    for connection in (busy, idle, fresh):
        connection.close()


def test_a_limit_of_connections_of_a_client(start_tusk):
    """Beyond max_connections_per_client that address is refused. Other clients, a trusted proxy
    and a unix socket are not."""
    tusk = start_tusk(PHP_SCRIPTS, "--max-connections-per-client", 2)
    two = [tusk.raw() for _ in range(2)]
    for connection in two:
        assert connection.get("/hello.php").status == 200
    with tusk.raw() as third:
        third.try_send(b"GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n")
        assert third.read_to_end() == b""
    other = socket.create_connection(("127.0.0.1", tusk.port), source_address=("127.0.0.2", 0))
    with other:
        other.sendall(b"GET /hello.php HTTP/1.0\r\n\r\n")
        assert other.makefile("rb").read().endswith(b"Hello World!")
    tusk.wait_for_log("max_connections_per_client")
    for connection in two:
        connection.close()
    tusk.wait_for_metric(0, "tusk_active_connections")
    assert tusk.get("/hello.php").text == "Hello World!"


def test_trusted_proxies_and_unix_sockets_have_no_limit_of_a_client(start_tusk, tmp_path):
    """They stand for many clients."""
    path = tmp_path / "s"
    tusk = start_tusk(
        PHP_SCRIPTS, "--max-connections-per-client", 1, "--trusted-proxies", "127.0.0.1",
        listen=["127.0.0.1:0", f"unix:{path}"],
    )
    proxied = [tusk.raw() for _ in range(4)]
    for connection in proxied:
        assert connection.get("/hello.php").status == 200
        connection.close()
    clients = [unix_client(path) for _ in range(4)]
    for client in clients:
        assert client.get("http://a/hello.php").status_code == 200
    for client in clients:
        client.close()


# --- unix sockets ---


@pytest.mark.parametrize("mode", ["0600", "0666"])
def test_the_mode_of_a_unix_socket(start_tusk, tmp_path, mode):
    """listen_mode, whatever the umask; without it 0660."""
    path, usual = tmp_path / "s", tmp_path / "usual"
    start_tusk(PHP_SCRIPTS, "--listen-mode", mode, "--listen-group", "daemon",
               listen=[f"unix:{path}"])
    assert stat.S_IMODE(path.stat().st_mode) == int(mode, 8)
    assert grp.getgrgid(path.stat().st_gid).gr_name == "daemon"
    start_tusk(PHP_SCRIPTS, listen=[f"unix:{usual}"])
    assert stat.S_IMODE(usual.stat().st_mode) == 0o660


def test_an_abstract_socket(start_tusk):
    """unix:@name is no file."""
    name = f"tusk-test-{os.getpid()}"
    start_tusk(PHP_SCRIPTS, listen=[f"unix:@{name}"])
    with unix_client("\0" + name) as client:
        assert client.get("http://a/hello.php").text == "Hello World!"


# --- socket activation and readiness ---


def socket_activated(start_tusk, sockets: dict, *args, **options):
    """Starts a server as systemd does: with sockets from descriptor 3 on, and LISTEN_PID set to
    its own."""
    names = ":".join(sockets)
    script = "exec env LISTEN_PID=$$ \"$@\""
    redirect = " ".join(f"{3 + i}<&{s.fileno()}" for i, s in enumerate(sockets.values()))
    wrapper = ("/bin/bash", "-c", f"exec {redirect}; {script}", "activate")
    env = {"LISTEN_FDS": len(sockets), "LISTEN_FDNAMES": names} | options.pop("env", {})
    return start_tusk(PHP_SCRIPTS, *args, wrapper=wrapper, env=env,
                      pass_fds=[s.fileno() for s in sockets.values()], **options)


def test_inherited_sockets(start_tusk, tmp_path):
    """They replace `listen`; the one named "internal" is for the internal server. Scripts do not
    see the variables."""
    with socket.socket() as public, socket.socket(socket.AF_UNIX) as local, socket.socket() as inner:
        for one in (public, inner):
            one.bind(("127.0.0.1", 0))
        local.bind(str(tmp_path / "s"))
        for one in (public, local, inner):
            one.listen()
        port, internal = public.getsockname()[1], inner.getsockname()[1]
        tusk = socket_activated(
            start_tusk, {"web": public, "local": local, "internal": inner}, listen=["127.0.0.1:1"]
        )
    assert tusk.port == port and tusk.admin_url.endswith(f":{internal}")
    server = tusk.get("/request.php").json()["server"]
    assert not [name for name in server if name.startswith("LISTEN_")]
    with unix_client(tmp_path / "s") as client:
        assert client.get("http://a/hello.php").text == "Hello World!"
    tusk.stop()
    assert (tmp_path / "s").exists(), "its creator keeps the socket"


def test_sockets_of_another_process_are_left_alone(start_tusk):
    """LISTEN_PID names the process that they are for."""
    tusk = start_tusk(PHP_SCRIPTS, env={"LISTEN_FDS": 3, "LISTEN_PID": 1})
    assert tusk.get("/hello.php").status_code == 200


def test_readiness_is_notified(start_tusk, tmp_path):
    """READY=1 when it serves, STOPPING=1 when it drains, to the socket in NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        tusk = start_tusk(PHP_SCRIPTS, env={"NOTIFY_SOCKET": tmp_path / "notify"})
        assert manager.recv(4096) == b"READY=1"
        assert "NOTIFY_SOCKET" not in tusk.get("/request.php").json()["server"]
        tusk.stop()
        assert re.fullmatch(rb"STOPPING=1\nEXTEND_TIMEOUT_USEC=\d+", manager.recv(4096))


# --- several loops ---


def test_several_io_threads(start_tusk, tmp_path):
    """All accept clients from the same sockets; a drain ends them all."""
    path = tmp_path / "s"
    tusk = start_tusk(PHP_SCRIPTS, "--io-threads", 3, listen=["127.0.0.1:0", f"unix:{path}"])
    names = [entry.read_text().strip() for entry in Path(f"/proc/{tusk.pid}/task").glob("*/comm")]
    assert names.count("tusk-loop") == 2
    kept = []
    for _ in range(30):
        connection = tusk.raw()
        assert connection.get("/hello.php").text == "Hello World!"
        kept.append(connection)
    for _ in range(10):
        with unix_client(path) as client:
            assert client.get("http://a/hello.php").text == "Hello World!"
    assert tusk.metrics().value("tusk_connections_total") >= 40
    taken = start_tusk(PHP_SCRIPTS, "--io-threads", 2, listen=[f"127.0.0.1:{tusk.port}"], ready=False)
    assert taken.wait_for_exit() == 1 and "Address already in use" in taken.log()
    held, gate = tusk.hold_worker(tmp_path)
    tusk.signal(signal.SIGTERM)
    for connection in kept:
        connection.expect_closed()
    gate.touch()
    assert held.response().status == 200
    assert tusk.wait_for_exit() == 0


def test_requests_of_several_loops_have_unique_numbers(start_tusk):
    """No number occurs twice in the log."""
    tusk = start_tusk(PHP_SCRIPTS, "--io-threads", 3, "--access-log", "--log-format", "json")
    for _ in range(40):
        with tusk.raw() as connection:
            assert connection.get("/hello.php").status == 200
    tusk.wait_for_metric(40, "tusk_requests_total", handler="php", **{"class": "2xx"})
    wait_for(lambda: tusk.access_log().count("hello.php") == 40, "40 lines")
    for pattern in (r'"request":(\d+)', r'"request_id":"([0-9a-f]{32})"'):
        ids = re.findall(pattern, tusk.access_log())
        assert len(ids) == 40 and len(set(ids)) == 40


@pytest.mark.parametrize("threads", [1, 3])
def test_a_script_cannot_take_clients_away(start_tusk, make_root, threads):
    """Neither a script, nor what it forks or starts, may listen on a port of the server
    (including the internal one), whatever options it sets and however the address is written."""
    root = make_root(
        {
            "bind.php": """<?php
            function attempt(int $family, string $address, int $port): string {
                $socket = socket_create($family, SOCK_STREAM, SOL_TCP);
                socket_set_option($socket, SOL_SOCKET, SO_REUSEADDR, 1);
                socket_set_option($socket, SOL_SOCKET, SO_REUSEPORT, 1);
                if (!@socket_bind($socket, $address, $port)) return socket_strerror(socket_last_error($socket));
                return @socket_listen($socket) ? 'listens' : socket_strerror(socket_last_error($socket));
            }
            function all(): array {
                foreach (explode(',', $_GET['ports']) as $port) {
                    $answers[] = attempt(AF_INET, '127.0.0.1', $port);
                    $answers[] = attempt(AF_INET, '0.0.0.0', $port);
                    $answers[] = attempt(AF_INET6, '::', $port);
                    $answers[] = attempt(AF_INET6, '::ffff:127.0.0.1', $port);
                }
                return $answers;
            }
            $of_a_fork = "$_GET[dir]/fork";
            if (pcntl_fork() === 0) {
                file_put_contents("$of_a_fork.new", implode("\n", all()));
                rename("$of_a_fork.new", $of_a_fork);
                posix_kill(getmypid(), SIGKILL);
            }
            pcntl_wait($status);
            echo json_encode(array_unique([...all(), ...file($of_a_fork, FILE_IGNORE_NEW_LINES)]));
            """,
            "hello.php": "<?php echo 'Hello World!';",
        }
    )
    tusk = start_tusk(root, "--io-threads", threads, "--workers", 2)
    internal = tusk.admin_url.rpartition(":")[2]
    answer = tusk.get(f"/bind.php?ports={tusk.port},{internal}&dir={root}")
    assert answer.json() == ["Address already in use"]
    for _ in range(20):
        with tusk.raw() as connection:
            assert connection.get("/hello.php").text == "Hello World!"
