"""LOST_WORKERS_PER_CLIENT: a client that has caused as many lost workers cannot run scripts for
some time. It still gets files, and other clients are not affected."""

import socket

import pytest

from harness.engine import default_engine
from harness.server import PHP_SCRIPTS, sanitizer

pytestmark = pytest.mark.skipif(
    bool(sanitizer()), reason="a crash is not contained under a sanitizer"
)

REJECTED = "tusk_queue_rejected_total"
CRASH = "/deep.php?shape=gmp_pow"
# A thread that has crashed stays lost, a process is replaced: what the client gets, and what counts them.
STATUS, LOST = (
    (500, ("tusk_workers", {"state": "lost"})) if default_engine() == "threads" else (502, ("tusk_php_crashes_total", {}))
)


@pytest.fixture
def root(make_root):
    return make_root(
        {
            "deep.php": (PHP_SCRIPTS / "deep.php").read_text(),
            "hello.php": "<?php echo 'Hello World!';",
            "page.html": "<p>a file",
        }
    )


def by(address: str) -> dict:
    return {"headers": {"X-Forwarded-For": address}}


def wait_for_lost(tusk, count: int) -> None:
    name, labels = LOST
    tusk.wait_for_metric(count, name, **labels)


def lose(tusk, count: int, **options) -> None:
    name, labels = LOST
    before = tusk.metrics().value(name, **labels)
    for n in range(count):
        assert tusk.get(CRASH, **options).status_code == STATUS
        wait_for_lost(tusk, before + n + 1)
    tusk.wait_for_metric(lambda idle: idle > 0, "tusk_workers", state="idle")


def test_a_client_that_has_lost_too_many_runs_no_script(start_tusk, root):
    tusk = start_tusk(
        root,
        *("--workers", 1, "--max-lost-workers", 8, "--lost-workers-per-client", 2),
        *("--trusted-proxies", "127.0.0.1"),
    )
    lose(tusk, 1, **by("203.0.113.9"))
    assert tusk.get("/hello.php", **by("203.0.113.9")).text == "Hello World!"
    lose(tusk, 1, **by("203.0.113.9"))
    for target in ("/hello.php", CRASH):
        refused = tusk.get(target, **by("203.0.113.9"))
        assert refused.status_code == 503
        assert 500 < int(refused.headers["Retry-After"]) <= 600
    assert tusk.get("/page.html", **by("203.0.113.9")).text == "<p>a file"
    assert tusk.get("/hello.php", **by("203.0.113.10")).text == "Hello World!"
    assert tusk.get("/hello.php").text == "Hello World!", "the proxy itself must not be refused"
    assert tusk.metrics().value(REJECTED, reason="lost_workers") == 2
    said = "a client has caused too many lost workers"
    tusk.wait_for_log(rf"warn  {said}[^\n]* client=203\.0\.113\.9 workers=2 seconds=600")
    assert tusk.log().count(said) == 1
    tusk.wait_for_log(r"answered 503: a client has reached[^\n]* last=203\.0\.113\.9")
    wait_for_lost(tusk, 2)

    lose(tusk, 1, **by("2001:db8:0:1::1"))
    lose(tusk, 1, **by("2001:db8:0:1::2"))
    assert tusk.get("/hello.php", **by("2001:db8:0:1:ffff::3")).status_code == 503
    assert tusk.get("/hello.php", **by("2001:db8:0:2::1")).text == "Hello World!"


def test_queued_requests_of_such_a_client_do_not_run(start_tusk, root):
    """All requests come at once: the worker that takes a request beyond the limit refuses it."""
    tusk = start_tusk(
        root,
        *("--workers", 1, "--max-lost-workers", 8, "--lost-workers-per-client", 2),
        *("--trusted-proxies", "127.0.0.1"),
    )
    head = f"GET {CRASH} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n"
    clients = [socket.create_connection(("127.0.0.1", tusk.port), 60) for _ in range(6)]
    for client in clients:
        client.sendall(head.encode())
    answers = sorted(client.makefile("rb").read()[9:12] for client in clients)
    for client in clients:
        client.close()
    assert answers == [b"%d" % STATUS] * 2 + [b"503"] * 4
    tusk.wait_for_metric(1, "tusk_workers", state="idle")
    wait_for_lost(tusk, 2)
    assert tusk.metrics().value(REJECTED, reason="lost_workers") == 4


def test_an_address_that_may_be_a_proxy_is_not_refused(start_tusk, root):
    """The proxy is not configured, so every client has its address."""
    tusk = start_tusk(
        root, *("--workers", 1, "--max-lost-workers", 8, "--lost-workers-per-client", 1)
    )
    lose(tusk, 3)
    assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.get("/hello.php", **by("203.0.113.9")).text == "Hello World!"
