"""The end of the server: draining, and what ends it at once."""

import os
import signal
import socket
import time

import httpx
import pytest

from harness.http2 import Http2Client
from harness.load import Load
from harness.php_build import php_version
from harness.server import EXECUTOR, PHP_SCRIPTS
from harness.wait import wait_for


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_no_request_fails_when_the_server_ends_under_load(start_tusk, workers, number):
    """Sixteen clients, with kept and new connections, GET and POST; the signal comes in the
    middle. Every request that was begun is answered completely and correctly; a connection is
    closed only between two requests, after the close was announced; exit status 0."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", workers)
    with Load(tusk.port) as load:
        wait_for(lambda: load.answered() >= 100, "the load to be under way")
        load.no_more_connections(then=lambda: tusk.signal(number))
        before = load.answered()
        outcome = load.finish()
    assert outcome.failures == []
    assert outcome.answered > before, "requests must be in flight at the signal"
    assert tusk.wait_for_exit() == 0
    assert "draining" in tusk.log()


def test_draining(start_tusk, tmp_path):
    """After SIGTERM no new connection is accepted; /ready says 503, /health 200; an idle
    connection is closed; a running script and a waiting request are finished; then exit status
    0."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    idle = tusk.raw()
    assert idle.get("/hello.php").status == 200
    running, gate = tusk.hold_worker(tmp_path)
    waiting = tusk.raw().request("GET", "/hello.php")
    tusk.wait_for_metric(1, "tusk_queue_depth")
    tusk.signal(signal.SIGTERM)

    def refused():
        try:
            socket.create_connection(("127.0.0.1", tusk.port)).close()
        except (ConnectionRefusedError, ConnectionResetError):
            return True

    wait_for(refused, "the port to be closed")
    assert tusk.admin("/ready").status_code == 503 and tusk.admin("/health").status_code == 200
    idle.expect_closed()
    assert tusk.process.poll() is None
    gate.touch()
    response = running.response()
    assert response.text == "through the gate\n" and response.header("connection") == "close"
    response = waiting.response()
    assert response.text == "Hello World!" and response.header("connection") == "close"
    assert tusk.wait_for_exit() == 0


def accepts(tusk) -> bool:
    try:
        return httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("supervised", [False, True], ids=["one process", "supervised"])
def test_the_drain_delay(start_tusk, supervised, tmp_path):
    """After SIGTERM /ready says 503 at once, while connections are accepted and kept, also by a
    process that replaces a crashed one. A second signal ends the delay."""
    config = tmp_path / "tusk.toml"
    config.write_text('drain_delay = "1h"\n')
    tusk = start_tusk(PHP_SCRIPTS, "--config", config, supervised=supervised)
    kept = tusk.raw()
    assert kept.get("/hello.php").status == 200
    tusk.signal(signal.SIGTERM)
    wait_for(lambda: not tusk.is_ready(), "/ready to say no")
    assert tusk.admin("/ready").json() == {
        "status": "draining",
        "accepting": True,
        "workers_ready": tusk.admin("/ready").json()["workers_total"],
        "workers_total": tusk.admin("/ready").json()["workers_total"],
    }
    health = tusk.admin("/health")
    assert health.status_code == 200 and health.json()["status"] == "draining"
    response = kept.get("/hello.php")
    assert response.status == 200 and response.header("connection") != "close"
    assert accepts(tusk)
    if supervised:
        tusk.signal(signal.SIGHUP)  # there is no reload any more
        [before] = tusk.server_pids()
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: tusk.server_pids() not in ([], [before]), "a successor")
        wait_for(lambda: accepts(tusk), "the successor to serve")
        wait_for(lambda: not tusk.is_ready(), "the successor to say no")
        kept = tusk.raw()
    tusk.signal(signal.SIGTERM)
    kept.expect_closed()
    assert tusk.wait_for_exit() == 0


@pytest.mark.parametrize("supervised", [False, True], ids=["one process", "supervised"])
def test_the_drain_delay_ends_by_itself(start_tusk, supervised):
    tusk = start_tusk(PHP_SCRIPTS, "--drain-delay", "200ms", supervised=supervised)
    tusk.signal(signal.SIGTERM)
    assert tusk.wait_for_exit() == 0
    assert "draining" in tusk.log()


def test_clients_in_the_kernels_backlog_are_served(start_tusk):
    """Two hundred connections and requests arrive while the process is stopped, then SIGTERM:
    the listener closes only after all of them are answered."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--queue-capacity", 300)
    tusk.signal(signal.SIGSTOP)
    clients = [tusk.raw().request("GET", "/hello.php") for _ in range(200)]
    tusk.signal(signal.SIGTERM)
    tusk.signal(signal.SIGCONT)
    assert [client.response().text for client in clients] == ["Hello World!"] * 200
    assert tusk.wait_for_exit() == 0


def test_an_idle_connection_has_its_grace_period(start_tusk):
    """A request may be in transit when the signal comes, even on a connection that was idle for
    longer than the grace period: it is answered."""
    tusk = start_tusk(PHP_SCRIPTS)
    rested = tusk.raw()
    assert rested.get("/hello.php").status == 200
    time.sleep(0.7)  # longer than the grace period
    tusk.signal(signal.SIGSTOP)
    tusk.signal(signal.SIGTERM)
    rested.request("GET", "/hello.php")
    tusk.signal(signal.SIGCONT)
    assert rested.response().text == "Hello World!"
    assert tusk.wait_for_exit() == 0


def test_a_request_that_is_half_received_is_finished(start_tusk):
    """One with part of its header, one with its header and part of its body: both are answered
    after the signal."""
    tusk = start_tusk(PHP_SCRIPTS)
    header = tusk.raw().send("GET /hello.php HTTP/1.1\r\nHo")
    body = tusk.raw().send("POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
    tusk.wait_for_metric(2, "tusk_active_connections")
    tusk.wait_for_metric(lambda n: n > 80, "tusk_received_bytes_total")
    tusk.signal(signal.SIGTERM)
    tusk.wait_for_log("draining")
    assert header.send("st: a\r\n\r\n").response().text == "Hello World!"
    assert body.send("def").response().status == 200
    assert tusk.wait_for_exit() == 0


def test_a_slow_download_is_finished(start_tusk, tmp_path):
    """The script ended long ago, its client still reads: it gets everything before the server
    ends."""
    tusk = start_tusk(PHP_SCRIPTS)
    with tusk.raw() as slow:
        done = tmp_path / "done"
        slow.set_receive_buffer(65536)
        slow.request("GET", f"/output.php?mib=16&done={done}")
        wait_for(done.exists, "the script to end")
        tusk.signal(signal.SIGTERM)
        tusk.wait_for_log("draining")
        assert len(slow.response().body) == 16 << 20
    assert tusk.wait_for_exit() == 0


def test_an_idle_server_ends_at_once(start_tusk):
    """Nothing is in flight, a hundred connections are silent: the server does not wait for the
    drain timeout."""
    tusk = start_tusk(PHP_SCRIPTS, "--drain-timeout", "1h")
    silent = [tusk.raw() for _ in range(100)]
    tusk.wait_for_metric(100, "tusk_active_connections")
    tusk.signal(signal.SIGTERM)
    assert tusk.wait_for_exit() == 0
    for connection in silent:
        connection.expect_closed()


@pytest.mark.parametrize(
    "numbers",
    [
        (signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGINT),
        (signal.SIGTERM, signal.SIGINT),
    ],
)
def test_a_second_signal_ends_it_at_once(start_tusk, tmp_path, numbers):
    """A script would run for another minute; the second signal does not wait for it. Status 1."""
    tusk = start_tusk(PHP_SCRIPTS, "--drain-timeout", "1h")
    running, gate = tusk.hold_worker(tmp_path)
    tusk.signal(numbers[0])
    tusk.wait_for_log("draining")
    assert tusk.process.poll() is None
    tusk.signal(numbers[1])
    assert tusk.wait_for_exit() == 1
    assert not gate.exists()
    running.close()


def test_the_drain_timeout(start_tusk, tmp_path):
    """Requests that are not answered in time are lost: a running script, a waiting request, a
    request whose body or head is still arriving. The log has their number, each gets a 503, and
    the status is 1."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, env={"DRAIN_TIMEOUT_SECS": "0.7"})
    clients = [tusk.hold_worker(tmp_path)[0], tusk.raw().request("GET", "/hello.php")]
    tusk.wait_for_metric(1, "tusk_queue_depth")
    for begun in ("Content-Length: 6\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                  "Expect: 100-continue\r\nContent-Length: 6\r\n\r\n", "Half-a-"):  # fmt: skip
        clients.append(tusk.raw().send("POST /request.php HTTP/1.1\r\nHost: a\r\n" + begun))
    tusk.wait_for_metric(6, "tusk_active_connections")
    tusk.wait_for_metric(lambda n: n > 350, "tusk_received_bytes_total")
    tusk.signal(signal.SIGTERM)
    for number, client in enumerate(clients):
        if number == 4:
            assert client.head().status == 100
        response = client.response()
        assert response.status == 503 and response.header("connection") == "close", number
        client.close()
    assert tusk.wait_for_exit() == 1
    tusk.wait_for_log(r"drain timed out: requests in flight are lost requests=6\n")


def test_the_drain_timeout_over_http2(start_tusk, tmp_path):
    """The same for its streams."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, env={"DRAIN_TIMEOUT_SECS": "0.7"})
    holding, _ = tusk.hold_worker(tmp_path)
    with Http2Client(tusk.port) as client:
        waiting = client.request("/hello.php")
        sending = client.request("/request.php", method="POST", body=b"abc", end=False)
        tusk.wait_for_metric(1, "tusk_queue_depth")
        client.ping()
        tusk.signal(signal.SIGTERM)
        for stream in (waiting, sending):
            assert client.response(stream).status == 503
    assert holding.response().status == 503
    assert tusk.wait_for_exit() == 1
    tusk.wait_for_log(r"drain timed out: requests in flight are lost requests=3\n")


def test_a_response_that_has_begun_is_broken_off_at_the_drains_end(start_tusk, tmp_path):
    """The client must not mistake it for the whole response, nor find a 503 in the middle of it."""
    tusk = start_tusk(PHP_SCRIPTS, env={"DRAIN_TIMEOUT_SECS": "0.7"})
    gate = tmp_path / "gate"
    client = tusk.raw().request("GET", f"/stream_gate.php?until={gate}")
    assert client.head().status == 200
    tusk.signal(signal.SIGTERM)
    assert tusk.wait_for_exit() == 1
    rest = client.read_to_end()
    assert b"503" not in rest and not rest.endswith(b"0\r\n\r\n")
    tusk.wait_for_log(r"requests in flight are lost requests=1\n")


def test_other_signals_do_no_harm(start_tusk):
    """A broken pipe is an error of its connection, not of the server; the signals at which other
    servers reopen their logs do not end this one."""
    tusk = start_tusk(PHP_SCRIPTS)
    for number in (signal.SIGPIPE, signal.SIGUSR1, signal.SIGUSR2):
        tusk.signal(number)
    for _ in range(20):
        with tusk.raw() as connection:
            connection.request("GET", "/output.php?mib=4&flush=1").reset()
    assert tusk.get("/hello.php").text == "Hello World!"


def test_the_start_up_line(start_tusk):
    """One line says what is served, where, and with which PHP."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 3)
    line = tusk.start_line
    assert str(PHP_SCRIPTS) in line and tusk.url in line and tusk.admin_url in line
    assert f"PHP {php_version()}." in line and "OPcache on" in line and "3 workers" in line and EXECUTOR in line
    expected = ("a PHP host is ready", "scripts run as root")
    others = [line for line in tusk.log().splitlines() if not any(text in line for text in expected)]
    assert len(others) == 1
    without = start_tusk(PHP_SCRIPTS, "-d", "opcache.enable=0")
    assert "OPcache on" not in without.start_line
    assert httpx.get(without.url + "/hello.php", trust_env=False).text == "Hello World!"
