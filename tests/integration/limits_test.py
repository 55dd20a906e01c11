"""Limits of rates, of total sizes, and of descriptors: requests beyond a limit are refused, all
others are served as before."""

import socket
import time
from pathlib import Path

import pytest

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for


# --- requests of one client ---


def test_a_rate_limit(start_tusk):
    """The request beyond the limit is answered 429 with the time to wait; the connection goes
    on, and other clients are not affected."""
    tusk = start_tusk(PHP_SCRIPTS, "--rate-limit", 3, "--rate-window", "60s")
    with tusk.raw() as connection:
        for _ in range(3):
            assert connection.get("/hello.php").status == 200
        refused = connection.get("/hello.php")
        assert refused.status == 429 and 1 <= int(refused.header("retry-after")) <= 120
        assert connection.get("/nothing").status == 429
        assert connection.request("POST", "/request.php", body=b"x").response().status == 429
        connection.expect_closed()  # the server did not wait for its body
    with socket.create_connection(("127.0.0.1", tusk.port), source_address=("127.0.0.2", 0)) as other:
        other.sendall(b"GET /hello.php HTTP/1.0\r\n\r\n")
        assert other.makefile("rb").read().endswith(b"Hello World!")
    tusk.wait_for_log("rate_limit.*127.0.0.1")
    assert tusk.metrics().value("tusk_rate_limited_total") == 3
    assert tusk.admin("/health").status_code == 200


def test_the_rate_counts_the_client_behind_a_trusted_proxy(start_tusk):
    """The client in X-Forwarded-For is counted; a /64 network of IPv6 is one client."""
    tusk = start_tusk(PHP_SCRIPTS, "--rate-limit", 2, "--trusted-proxies", "127.0.0.1")

    def status(client):
        return tusk.get("/hello.php", headers={"X-Forwarded-For": client}).status_code

    assert [status("203.0.113.7") for _ in range(3)] == [200, 200, 429]
    assert status("203.0.113.8") == 200
    assert [status(f"2001:db8::{n}") for n in (1, 2, 3)] == [200, 200, 429]
    assert status("2001:db8:0:1::1") == 200


def test_the_rate_window_passes(start_tusk):
    """A client that waits as told is served again."""
    tusk = start_tusk(PHP_SCRIPTS, "--rate-limit", 2, "--rate-window", "1s")
    with tusk.raw() as connection:
        assert [connection.get("/hello.php").status for _ in range(3)] == [200, 200, 429]
        wait_for(lambda: connection.get("/hello.php").status == 200, "the window to pass")


# --- sizes ---


def test_the_length_of_a_target_is_an_option(start_tusk):
    """Beyond request_target_bytes the answer is 414, even if the option exceeds the usual 8 KiB."""
    tusk = start_tusk(PHP_SCRIPTS, "--request-target-bytes", "100")
    with tusk.raw() as connection:
        assert connection.get("/hello.php?" + "x" * 89).status == 200
        assert connection.get("/hello.php?" + "x" * 90).status == 414
        connection.expect_closed()
    tusk = start_tusk(PHP_SCRIPTS, "--request-target-bytes", "30K")
    with tusk.raw() as connection:
        assert connection.get("/hello.php?" + "x" * 29_000).status == 200


def upload(tusk, size, lines=b""):
    """Begins a body that is not complete yet."""
    connection = tusk.raw()
    head = b"POST /request.php HTTP/1.1\r\nHost: a\r\n" + lines
    connection.send(head + b"Content-Length: %d\r\n\r\n" % (size + 1))
    connection.send(b"x" * size)
    return connection


def spooled(tusk, directory):
    names = []
    for entry in Path(f"/proc/{tusk.pid}/fd").iterdir():
        try:
            names.append(str(entry.readlink()))
        except FileNotFoundError:
            continue
    return sum(name.startswith(str(directory)) for name in names)


def test_bodies_beyond_their_total_memory_go_to_disk(start_tusk, tmp_path):
    """body_memory_total_bytes: a body that would fit alone goes to its file if there are many.
    Allocated memory counts, which is up to 64 KiB for each of these."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--temp-dir", tmp_path, "--body-memory-bytes", "60K",
        "--body-memory-total-bytes", "140K",
    )
    uploads = [upload(tusk, 50_000) for _ in range(5)]
    wait_for(lambda: spooled(tusk, tmp_path) == 3, "three of them to be in files")
    for connection in uploads:
        assert connection.send(b"x").response().status == 200
        connection.close()
    wait_for(lambda: spooled(tusk, tmp_path) == 0, "the files to be given back")
    again = upload(tusk, 50_000)
    assert again.send(b"x").response().status == 200
    again.close()


def test_bodies_beyond_their_total_disk_are_503(start_tusk, tmp_path):
    """body_disk_total_bytes: the body beyond it is refused, earlier ones are not."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--temp-dir", tmp_path, "--body-memory-bytes", "0",
        "--body-disk-total-bytes", "2500K",
    )
    uploads = [upload(tusk, 1_000_000) for _ in range(2)]
    tusk.wait_for_metric(lambda held: held > 1_800_000, "tusk_bodies_held_bytes", body="request",
                         place="disk")
    with tusk.raw() as third:
        third.try_send(
            b"POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1_000_000
        )
        refused = third.response()
        assert refused.status == 503 and refused.header("retry-after") == "1"
    for connection in uploads:
        assert connection.send(b"x").response().status == 200
        connection.close()
    tusk.wait_for_log("cannot store their bodies")
    again = upload(tusk, 1_000_000)
    assert again.send(b"x").response().status == 200
    again.close()


def test_bodies_of_one_client_leave_disk_to_others(start_tusk, tmp_path):
    """body_client_percent: a client that holds bodies back has a part of body_disk_total_bytes."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--temp-dir", tmp_path, "--body-memory-bytes", "0", "--request-body-bytes", "1M",
        "--body-disk-total-bytes", "10M", "--body-client-percent", "25",
        "--trusted-proxies", "127.0.0.1",
    )
    one, other = (b"X-Forwarded-For: 192.0.2.%d\r\n" % n for n in (1, 2))
    held = [upload(tusk, 1_000_000, one) for _ in range(2)]
    tusk.wait_for_metric(lambda held: held > 1_800_000, "tusk_bodies_held_bytes", body="request",
                         place="disk")
    with tusk.raw() as third:
        third.try_send(
            b"POST /request.php HTTP/1.1\r\nHost: a\r\n" + one + b"Content-Length: 1000000\r\n\r\n"
            + b"x" * 1_000_000
        )
        assert third.response().status == 503
    tusk.wait_for_log("the bodies of one client together are too large")
    held.append(upload(tusk, 1_000_000, other))
    for connection in held:
        assert connection.send(b"x").response().status == 200
        connection.close()
    again = upload(tusk, 1_000_000, one)
    assert again.send(b"x").response().status == 200
    again.close()


# --- rates of bytes ---


def trickle(connection, part: bytes, every_s: float, until) -> None:
    while not until():
        connection.try_send(part)
        time.sleep(every_s)


def test_a_body_must_have_a_minimum_rate(start_tusk):
    """Regular bytes do not help: a body that is slower than body_min_rate on average is answered
    408 after its 5 s, although body_timeout never passes."""
    tusk = start_tusk(PHP_SCRIPTS, "--body-min-rate", 1000, "--body-timeout", "60s")
    with tusk.raw() as connection:
        connection.send(b"POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        trickle(connection, b"x", 0.05, lambda: not connection.has_nothing_to_read())
        response = connection.response()
        assert response.status == 408 and response.header("connection") == "close"


def test_a_response_must_be_read_at_a_minimum_rate(start_tusk, tmp_path):
    """A client that takes some bytes in each write_timeout, but too few, is closed; one that
    takes little, but enough, is not, although the kernel reports no room for longer than that."""
    (tmp_path / "big.bin").write_bytes(b"x" * 600_000)
    tusk = start_tusk(tmp_path, "--write-timeout", "2s", "--response-min-rate", 2000)
    slow, steady = tusk.raw(), tusk.raw()
    for connection in (slow, steady):
        connection.set_receive_buffer(4096)
        connection.request("GET", "/big.bin")
    taken = 0

    def aborted():
        nonlocal taken
        slow.read_exactly(50)
        taken += len(steady.read_exactly(20_000))
        return tusk.metrics().value("tusk_responses_aborted_total") >= 1

    wait_for(aborted, "the slow one to be given up", poll_s=0.1)
    steady.read_exactly(min(60_000, 600_000 - taken))
    for connection in (slow, steady):
        connection.close()


# --- descriptors ---


def test_out_of_descriptors(start_tusk):
    """Accepting stops, the log says so, and connected clients are answered; accepting goes on
    when descriptors are free. Idle connections are closed first."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--max-connections", 100_000, "--max-connections-per-client", 100_000,
        "--workers", 2, wrapper=("prlimit", "--nofile=160:160"),
    )
    with tusk.raw() as idle:
        assert idle.get("/hello.php").status == 200
        held = []
        for _ in range(300):
            connection = tusk.raw()
            connection.send("GET /hello.php HTTP/1.1\r\n")
            held.append(connection)
        tusk.wait_for_log("out of file descriptors")
        idle.expect_closed()
    for connection in held[:20]:
        assert connection.send("Host: a\r\n\r\n").response().text == "Hello World!"
    for connection in held:
        connection.close()
    tusk.wait_for_log("accepting resumes")
    assert tusk.get("/hello.php").text == "Hello World!"
    tusk.wait_for_metric(lambda n: n <= 1, "tusk_active_connections")


# --- RLIMIT_FSIZE (systemd's LimitFSIZE=) ---

# With worker processes, more than what the server shares with each of them.
FILE_BYTES = 8 << 20


@pytest.fixture
def small_files(start_tusk, make_root):
    root = make_root(
        {
            "length.php": "<?php echo strlen(file_get_contents('php://input'));",
            "long.php": """<?php
            for ($i = 0; $i < 256; ++$i) { echo str_repeat(chr(65 + $i % 26), 1 << 16); flush(); }
            touch($_GET['done']);
            """,
            "log.php": "<?php for ($i = 0; $i < 60000; ++$i) error_log(str_repeat('x', 100)); echo 'logged';",
        }
    )
    return start_tusk(
        root, "--workers", 1, "--body-memory-bytes", "64K", "--response-memory-bytes", "64K",
        wrapper=("prlimit", f"--fsize={FILE_BYTES}:{FILE_BYTES}"),
    )  # fmt: skip


def test_a_body_above_the_size_of_a_file_is_413(small_files):
    """It can never be accepted, so the client is told not to try again; all others are served."""
    size = FILE_BYTES + (2 << 20)
    for _ in range(2):
        with small_files.raw() as client:
            client.send(
                "POST /length.php HTTP/1.1\r\nHost: a\r\n"
                f"Content-Length: {size}\r\n\r\n".encode() + bytes(size)
            )
            assert client.response().status == 413
        assert small_files.post("/length.php", content=bytes(FILE_BYTES)).text == str(FILE_BYTES)
    small_files.wait_for_log("cannot store their bodies.*File too large")
    assert small_files.metrics().value("tusk_bodies_held_bytes", body="request", place="disk") == 0


def test_a_response_above_the_size_of_a_file_is_sent_whole(small_files, tmp_path):
    """Its spool then consists of several files."""
    done = tmp_path / "done"
    with small_files.raw() as client:
        client.request("GET", f"/long.php?done={done}")
        wait_for(done.exists, "the script to have written it all")
        body = client.response().body
    assert body == b"".join(bytes([65 + i % 26]) * (1 << 16) for i in range(256))


def test_a_log_that_may_grow_no_more_loses_lines_and_nothing_else(small_files):
    assert small_files.get("/log.php").text == "logged"
    small_files.wait_for_metric(lambda lost: lost > 1000, "tusk_log_lines_dropped_total")
    assert small_files.stderr_file.stat().st_size <= FILE_BYTES
    assert small_files.post("/length.php", content=b"abc").text == "3"
