"""Attack drills. In each of them normal clients get their answers throughout, no PHP worker is
held, the server's memory stays below the named bound, and all attackers are gone in the end.
docs/hardening.md has the figures.

The bounds are for a release build; sanitizers need memory of their own."""

import time

import pytest

from drills.attack import Bystander, Memory, Swarm
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import Deadline, wait_for

LEFT_BY_SANITIZER = 2000 if sanitizer() else 0
TICK_S = 0.25


def until_gone(swarm, memory, act) -> None:
    """Continues the attack until the server has closed all of its connections."""
    deadline = Deadline(120)
    while swarm.drop_closed() > 0:
        assert not deadline.passed(), f"{len(swarm.open)} attackers are still connected"
        act()
        memory.look()
        time.sleep(TICK_S)


@pytest.fixture
def serve(start_tusk):
    def start(*args):
        return start_tusk(
            PHP_SCRIPTS, "--workers", 2, "--max-connections", 20_000, "--header-timeout", "4s",
            "--body-timeout", "4s", "--write-timeout", "4s", *args,
        )

    return start


def run(tusk, name, swarm_size, bound_mb, begin, act=lambda swarm: None, receive_buffer=None):
    memory = Memory(tusk.pid)
    with Swarm(tusk.port, swarm_size, receive_buffer) as swarm, Bystander(tusk.url) as bystander:
        begin(swarm)
        memory.look()
        until_gone(swarm, memory, lambda: act(swarm))
        wait_for(lambda: len(bystander.seconds) >= 3, "the bystander's third answer")
    bystander.check()
    memory.check(name, bound_mb + LEFT_BY_SANITIZER)
    print(f"{name}: a normal client waited {max(bystander.seconds):.2f} s at most")
    tusk.wait_for_metric(0, "tusk_workers", state="busy")


def test_slowloris(serve):
    """2,000 connections, each with a head that never ends: 408."""
    tusk = serve()
    run(tusk, "slowloris", 2000, 60,
        lambda swarm: swarm.send(b"GET /hello.php HTTP/1.1\r\nHost: a\r\nX-Slow: "),
        lambda swarm: swarm.send(b"x"))
    assert tusk.metrics().value("tusk_parse_errors_total", status="408") >= 2000


def test_slow_post(serve):
    """1,000 connections, each with a body that never ends: 408, and no worker waited for it."""
    tusk = serve()
    run(tusk, "slow post", 1000, 60,
        lambda swarm: swarm.send(
            b"POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc"),
        lambda swarm: swarm.send(b"x"))
    assert tusk.metrics().value("tusk_parse_errors_total", status="408") >= 1000


def test_slow_read(serve):
    """100 connections request 600 kB each and read some bytes a second: the worker is free at
    once, and a connection ends when its client has taken too little."""
    tusk = serve("--response-min-rate", "2000")
    run(tusk, "slow read", 100, 120,
        lambda swarm: swarm.send(b"GET /output.php?kib=600 HTTP/1.1\r\nHost: a\r\n\r\n"),
        lambda swarm: swarm.take(1), receive_buffer=2048)


def test_pipelining_flood(serve):
    """50 connections send endless requests and read no answer."""
    tusk = serve()
    flood = b"GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n" * 2000
    run(tusk, "pipelining flood", 50, 60, lambda swarm: swarm.send(flood),
        lambda swarm: swarm.send(flood), receive_buffer=2048)


def test_chunk_extension_flood(serve):
    """50 connections send chunks that consist only of framing: 400."""
    tusk = serve()
    flood = b"1;" + b"x" * 60_000

    def begin(swarm):
        swarm.send(b"POST /request.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        swarm.send(flood)

    run(tusk, "chunk extension flood", 50, 40, begin, lambda swarm: swarm.send(b"x" * 60_000))
    assert tusk.metrics().value("tusk_parse_errors_total", status="400") >= 50


def test_tiny_chunk_flood(serve):
    """20 connections send endless bodies of one-byte chunks: the body's limit ends them."""
    tusk = serve("--request-body-bytes", "64K")
    begin = b"POST /request.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    run(tusk, "tiny chunk flood", 20, 40, lambda swarm: swarm.send(begin),
        lambda swarm: swarm.send(b"1\r\nx\r\n" * 20_000))
    assert tusk.metrics().value("tusk_parse_errors_total", status="413") >= 20


def test_huge_headers(serve):
    """200 connections with endless heads: 431."""
    tusk = serve()
    run(tusk, "huge headers", 200, 60,
        lambda swarm: swarm.send(b"GET /hello.php HTTP/1.1\r\nHost: a\r\nX-A: " + b"x" * 60_000),
        lambda swarm: swarm.send(b"x" * 60_000))
    assert tusk.metrics().value("tusk_parse_errors_total", status="431") >= 200


def test_descriptor_exhaustion(start_tusk):
    """There are more connections than descriptors, each silent after half a head: normal clients
    wait until some of them are given up, and are answered."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--workers", 2, "--max-connections", 20_000, "--header-timeout", "2s",
        wrapper=("prlimit", "--nofile=200:200"),
    )
    run(tusk, "descriptor exhaustion", 400, 40, lambda swarm: swarm.send(b"GET / HTTP/1.1\r\n"))
    assert "out of file descriptors" in tusk.log()
