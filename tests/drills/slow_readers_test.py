"""Clients that request far more than they read fill the store of responses, and bear the cost
themselves: all other clients are answered throughout, and disk and memory stay within their
limits."""

import socket
import subprocess
import time

import pytest

from drills.attack import Bystander, Memory, SlowReaders
from harness.engine import default_engine
from harness.http2 import END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, block, frame
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import PATIENCE_S, wait_for

MIB = 1 << 20
# The bound of the test: a request that waits for a slow client takes longer. The measured value is
# printed.
BOUND_S = 5 if not sanitizer() else 20


def request(target: str, http2: bool = False) -> bytes:
    if not http2:
        return f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    flags = END_STREAM | END_HEADERS
    return PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, flags, 1, block(target))


def shed(tusk) -> float:
    return sum(
        tusk.metrics().value("tusk_responses_closed_total", reason=reason)
        for reason in ("workers", "client_share", "store_full", "slow")
    )


def held(tusk, place: str) -> float:
    return tusk.metrics().value("tusk_bodies_held_bytes", body="response", place=place)


def attack(tusk, target: str, memory_bytes: int, disk_bytes: int, name: str, *, http2=False,
           addresses=1, answers=200):
    assert tusk.get("/hello.php").status_code == 200
    memory = Memory(tusk.pid)
    most = {"memory": 0.0, "disk": 0.0}
    readers = SlowReaders(tusk.port, request(target, http2), addresses)
    with readers, Bystander(tusk.url) as innocent:

        def enough():
            memory.look()
            for place in most:
                most[place] = max(most[place], held(tusk, place))
            return shed(tusk) >= 10 and len(innocent.seconds) >= answers

        wait_for(enough, "the attack to have cost those who attack", seconds=120, poll_s=0.2)
    innocent.check()
    waits = sorted(innocent.seconds)
    print(f"\n{name}: {len(waits)} answers, p50 {waits[len(waits) // 2] * 1e3:.0f} ms, "
          f"p99 {waits[int(len(waits) * 0.99)] * 1e3:.0f} ms, most {waits[-1] * 1e3:.0f} ms; "
          f"{shed(tusk):.0f} responses closed; most held: memory {most['memory'] / MIB:.0f} MiB, "
          f"disk {most['disk'] / MIB:.0f} MiB")
    assert waits[int(len(waits) * 0.99)] < BOUND_S
    assert most["memory"] <= memory_bytes * 1.1 + 2 * MIB
    assert most["disk"] <= disk_bytes * 1.1
    memory.check(name, round(memory_bytes * 1.1 / 1e6) + 30 + (2000 if sanitizer() else 0))
    assert "responses closed" in tusk.log()
    wait_for(lambda: held(tusk, "disk") == 0, "the disk to be given back")


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_slow_readers_of_one_address(start_tusk, http2):
    """With all defaults: 90 clients of one address request 50 MiB each. They may hold a tenth of
    the store."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2)
    attack(tusk, "/output.php?mib=50", 64 * MIB, 410 * MIB, "one address", http2=http2)


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_slow_readers_of_many_addresses(start_tusk, http2):
    """Each is within its share, but together they exceed the store: the slowest are closed."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--response-disk-total-bytes", 100 * MIB)
    attack(tusk, "/output.php?mib=5", 64 * MIB, 100 * MIB, "many addresses", http2=http2,
           addresses=90)


def test_slow_readers_of_more_than_a_spool(start_tusk):
    """Scripts that are as far ahead of their clients as allowed: workers wait for clients."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--response-spool-bytes", 2 * MIB,
                      "--response-client-percent", 100)
    attack(tusk, "/output.php?mib=5", 64 * MIB, 410 * MIB, "beyond the spool", addresses=90)


def test_slow_readers_with_a_small_disk(start_tusk, tmp_path):
    """temp_dir has 64 MiB, which is less than the configured limit."""
    mount = f'mount -t tmpfs -o size=64m none "{tmp_path}" && exec "$@"'
    wrapper = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh")
    if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs a file system of its own")
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--temp-dir", tmp_path, wrapper=wrapper)
    # A quarter is left to bodies. A worker process has written more before the server counts it.
    disk = 48 * MIB if default_engine() == "threads" else 64 * MIB
    attack(tusk, "/output.php?mib=50", 64 * MIB, disk, "small disk", addresses=90)


def test_a_steady_reader_beside_slow_ones(start_tusk):
    """A reader of another address, with a response as large as theirs, gets every byte."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, "--response-disk-total-bytes", 100 * MIB)
    with SlowReaders(tusk.port, request("/output.php?mib=5"), addresses=90):
        wait_for(lambda: shed(tusk) >= 10, "the store to be full", seconds=120, poll_s=0.2)
        for _ in range(3):
            began = time.monotonic()
            assert len(tusk.get("/output.php?mib=20", timeout=120).content) == 20 * MIB
            print(f"20 MiB in {time.monotonic() - began:.1f} s")


def test_a_slow_client_of_an_idle_server(start_tusk):
    """A client reads 100 kB/s of a response beyond everything that may be stored: it is not cut
    off while no request waits."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--response-spool-bytes", 2 * MIB)
    size, got = 20 * MIB, 0
    with socket.create_connection(("127.0.0.1", tusk.port), PATIENCE_S) as client:
        client.sendall(b"GET /output.php?mib=20 HTTP/1.0\r\nHost: a\r\n\r\n")
        began = time.monotonic()
        while time.monotonic() - began < 15:
            got += len(client.recv(10_000))
            time.sleep(0.1)
        while piece := client.recv(MIB):
            got += len(piece)
    assert got > size
    assert shed(tusk) == 0
