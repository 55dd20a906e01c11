"""Handlers of a resident script that attack what surrounds a request. Each may spoil its own
request, and none the next one, the worker or the process."""

import pytest

from harness.server import PHP_SCRIPTS

ROOT = PHP_SCRIPTS / "resident/hostile"


@pytest.fixture
def start(start_tusk):
    def start(*options, boot: str = ""):
        return start_tusk(
            ROOT,
            *("--resident", ROOT / "index.php", "--resident-workers", 1),
            *options,
            env={"TEST_BOOT": boot},
        )

    return start


@pytest.mark.parametrize("place", ["get", "server", "error_handler"])
def test_what_a_destructor_does_is_not_the_next_request_s(start, place):
    server = start()
    for how in ("echo", "header", "throw", "handle", "fatal"):
        server.get(f"/index.php?do={place}&how={how}")
        after = server.get("/index.php")
        assert (after.status_code, after.text) == (200, "clean"), how
        assert "x-secret" not in after.headers
    assert server.metrics().value("tusk_workers", state="lost") == 0


def test_a_fatal_error_while_the_session_is_written(start):
    server = start()
    for _ in range(3):
        server.get("/index.php?do=session")
        assert server.get("/index.php").text == "clean"
    assert server.metrics().value("tusk_workers", state="lost") == 0
    assert server.metrics().value("tusk_php_crashes_total") == 0


def test_a_boot_that_resets_opcache_serves_nevertheless(start):
    server = start(boot="reset")
    for _ in range(3):
        assert server.get("/index.php").text == "clean"
    boots = server.metrics().value("tusk_pool_boots_total", pool="resident")
    assert boots <= 8, "not one after the other"


def test_a_memory_limit_below_what_the_boot_needs_causes_no_boots(start):
    server = start("--worker-memory-limit", "4MiB")
    assert server.get("/index.php").text == "clean"
    assert server.metrics().value("tusk_pool_boots_total", pool="resident") <= 3


def test_an_input_stream_of_the_boot_keeps_no_bodies(start):
    server = start(boot="input")
    seen = {server.post("/index.php?do=body", content=b"x" * 100_000).text for _ in range(20)}
    assert len(seen) <= 2, "the number of resources does not grow"
    assert all(text.startswith("100000 ") for text in seen)
