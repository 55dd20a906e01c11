"""The cost of clients that do nothing, or nearly nothing: some memory, and never a PHP worker."""

import resource
import time

import pytest

from drills.attack import Bystander, Memory, Swarm, allow_descriptors
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for

LEFT_BY_SANITIZER = 3000 if sanitizer() else 0
IDLE = 10_000
SLOW = 1_000
GET = b"GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n"


def needs_descriptors(count: int):
    return pytest.mark.skipif(
        resource.getrlimit(resource.RLIMIT_NOFILE)[1] < count,
        reason=f"needs {count} descriptors in a process",
    )


@needs_descriptors(2 * IDLE)
def test_idle_connections_and_slow_readers(start_tusk):
    """10,000 idle keep-alive connections, and 1,000 clients that read 40 kB at one byte a
    second: no worker is held. The memory bound includes the burst of 10,000 requests at once."""
    allow_descriptors(IDLE + SLOW + 1000)
    tusk = start_tusk(
        PHP_SCRIPTS, "--workers", 2, "--max-connections", 2 * IDLE, "--idle-timeout", "10m",
        "--max-connections-per-client", IDLE, "--write-timeout", "10m",
        "--queue-capacity", 2 * IDLE,
    )
    for _ in range(50):
        tusk.get("/hello.php")
    memory = Memory(tusk.pid)
    with Swarm(tusk.port, IDLE) as idle:
        idle.send(GET)
        wait_for(
            lambda: tusk.metrics().value("tusk_requests_total", handler="php", **{"class": "2xx"})
            >= IDLE,
            "all answers", seconds=120, poll_s=0.5,
        )
        memory.look()
        memory.check(f"{IDLE} idle connections", 90 + LEFT_BY_SANITIZER)
        print(f"  {(memory.most - memory.before) / IDLE:.0f} bytes each")
        rested = memory.now()
        with Swarm(tusk.port, SLOW, receive_buffer=2048) as slow, Bystander(tusk.url) as bystander:
            slow.send(b"GET /output.php?kib=40 HTTP/1.1\r\nHost: a\r\n\r\n")
            began = time.monotonic()
            while time.monotonic() - began < 5:
                slow.take(1)
                memory.look()
                time.sleep(1)
            wait_for(lambda: tusk.metrics().value("tusk_workers", state="busy") == 0, "idle workers")
            assert len(slow.open) == SLOW and idle.drop_closed() == IDLE
        bystander.check()
        print(f"{SLOW} slow readers of 40 kB: {(memory.most - rested) / SLOW:.0f} bytes each")
        memory.check("both", 150 + LEFT_BY_SANITIZER)
