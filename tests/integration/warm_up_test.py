"""warm_up: pages that a server process requests from itself before it accepts connections."""

import json
import os
import signal

import httpx

from harness.server import EXECUTOR, PHP_SCRIPTS
from harness.wait import wait_for

SEEN = """<?php
$names = ['REQUEST_METHOD', 'REQUEST_URI', 'HTTP_HOST', 'HTTPS', 'REMOTE_ADDR', 'SERVER_PORT'];
$seen = array_map(fn ($name) => $_SERVER[$name] ?? null, $names);
file_put_contents(__DIR__ . '/seen', json_encode($seen) . "\\n", FILE_APPEND);
"""


def test_pages_are_requested_before_clients_come(start_tusk, make_root):
    """In their order, with the host of a URL. A page that fails does not stop the start. They are
    in no metric and not in the access log; the log has no query."""
    root = make_root(
        {
            "seen.php": SEEN,
            "cached.php": "<?php echo (int) opcache_is_script_cached(__DIR__ . '/seen.php');",
        }
    )
    # OPcache leaves out files that are younger than 2 s (opcache.file_update_protection).
    os.utime(root / "seen.php", (1_700_000_000, 1_700_000_000))
    pages = ["/seen.php?secret=1", "https://example.com:8443/seen.php", "/missing", "/seen.php"]
    flags = [flag for page in pages for flag in ("--warm-up", page)]
    tusk = start_tusk(root, *flags, "--access-log", "--rate-limit", 1)
    assert [json.loads(line) for line in (root / "seen").read_text().splitlines()] == [
        ["GET", "/seen.php?secret=1", "localhost", None, "127.0.0.1", "80"],
        ["GET", "/seen.php", "example.com:8443", "on", "127.0.0.1", "8443"],
        ["GET", "/seen.php", "localhost", None, "127.0.0.1", "80"],
    ]
    log = tusk.log()
    assert "warm-up: a page has failed" in log and "status=404" in log
    assert log.count("warm-up: a page was requested") == 3
    assert "secret" not in log
    metrics = tusk.metrics()
    assert metrics.value("tusk_request_duration_seconds_count") == 0
    assert metrics.value("tusk_connections_total") == 0
    assert tusk.access_log() == ""
    if EXECUTOR == "ext":
        assert tusk.get("/cached.php").text == "1"


def test_a_page_that_takes_too_long(start_tusk, tmp_path):
    """warm_up_timeout is for all pages together."""
    gate, began = tmp_path / "gate", tmp_path / "began"
    page = f"/gate.php?until={gate}&began={began}"
    tusk = start_tusk(
        PHP_SCRIPTS,
        *("--warm-up", page, "--warm-up", "/hello.php", "--warm-up-timeout", "300ms"),
        *("--workers", 2),
    )
    assert "warm-up: a page was not answered in time" in tusk.log()
    assert "warm-up: warm_up_timeout has passed" in tusk.log()
    assert tusk.get("/hello.php").text == "Hello World!"
    gate.touch()


def test_a_new_generation_warms_up_before_it_takes_over(start_tusk, tmp_path):
    """The old one serves meanwhile. A process that replaces a crashed one does not warm up, since
    clients wait for it. The end of tusk does not wait for a warm-up."""
    config = tmp_path / "tusk.toml"
    config.write_text("php_workers = 1\n")
    tusk = start_tusk(PHP_SCRIPTS, "--config", config, supervised=True)

    def reload_with(name: str):
        gate, began = tmp_path / name, tmp_path / f"{name}-began"
        page = f"/gate.php?until={gate}&began={began}"
        config.write_text(f'php_workers = 1\nwarm_up = ["{page}"]\nwarm_up_timeout = "1h"\n')
        tusk.signal(signal.SIGHUP)
        wait_for(began.exists, "the warm-up to begin")
        return gate, began

    since = tusk.log_size()
    gate, began = reload_with("gate")
    assert tusk.admin("/health").json()["generation"] == 1
    assert httpx.get(f"{tusk.url}/hello.php", trust_env=False).text == "Hello World!"
    gate.touch()
    tusk.wait_for_log("reloaded: a new generation serves", since)
    wait_for(lambda: len(tusk.server_pids()) == 1, "the old process to end")
    assert tusk.admin("/health").json()["generation"] == 2
    for file in (gate, began):
        file.unlink()
    [before] = tusk.server_pids()
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: tusk.server_pids() not in ([], [before]) and tusk.is_ready(), "a successor")
    assert not began.exists()
    reload_with("second")
    tusk.stop()
