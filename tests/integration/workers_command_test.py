"""`tusk workers`: what each worker of each server process does, in a terminal."""

import json
import re

import pytest

from harness.engine import php_processes
from harness.server import PHP_SCRIPTS, run_tusk
from harness.tracing import Frozen
from harness.wait import wait_for


@pytest.fixture
def start(start_tusk):
    return lambda *args, **options: start_tusk(*args, supervised=True, **options)


def test_the_table_and_json(start, tmp_path):
    """A running request with its client and script; nothing that a terminal would obey."""
    tusk = start(PHP_SCRIPTS, "--workers", 2, internal="off")
    gate, began = tmp_path / "gate", tmp_path / "began"
    hostile = "%1b[31m%9b%c2%9b2J%e2%80%ae"
    connection = tusk.raw().request(
        "GET", f"/gate.php/{hostile}?until={gate}&began={began}&password=s3cr3t"
    )
    wait_for(began.exists, "the script to begin")
    [server] = tusk.server_pids()
    done = tusk.command("workers")
    assert (done.returncode, done.stderr) == (0, "")
    first, _, header, *rows = done.stdout.splitlines()
    assert first.startswith(f"process {server}: generation 1, serving for ")
    assert header.split()[:4] == ["PID", "NR", "STATE", "FOR"] and len(rows) == 2
    [busy] = [row for row in rows if " busy " in row]
    assert "127.0.0.1" in busy and "GET localhost/gate.php/" in busy
    assert busy.endswith("gate.php") and len(busy) <= 160
    assert re.fullmatch(r"[\x20-\x7e\n\u00a0-\uffff]*", done.stdout)
    assert "\u202e" not in done.stdout and "s3cr3t" not in done.stdout

    done = tusk.command("workers", "--json", "--backtrace")
    assert done.returncode == 0 and re.fullmatch(r"[\x20-\x7e]*\n", done.stdout)
    [process] = json.loads(done.stdout)["processes"]
    [worker] = [each for each in process["workers"] if each["state"] == "busy"]
    assert worker["request"]["path"].startswith("/gate.php/")
    assert any("gate.php" in line for line in worker["backtrace"])
    assert "s3cr3t" not in done.stdout
    gate.touch()
    assert connection.response().status in (200, 404)


def hold_worker_of(tusk, pid: int, stopped: int, directory) -> tuple:
    """The other process accepts nothing meanwhile."""
    with Frozen(stopped):
        return tusk.hold_worker(directory, f"gate-{pid}")


def test_backtraces_of_every_process(start, tmp_path):
    tusk = start(PHP_SCRIPTS, "--processes", 2, "--workers", 2)
    one, other = tusk.server_pids()
    held = [hold_worker_of(tusk, one, other, tmp_path), hold_worker_of(tusk, other, one, tmp_path)]
    text = tusk.command("workers", "--backtrace").stdout
    for pid in (one, other):
        workers = "|".join(map(str, php_processes(pid)))
        rows = re.findall(rf"^ *(?:{workers}) .* busy .*\n(?: {{8}}#.*\n)+", text, re.M)
        assert rows and "gate.php" in rows[0], text
    for _, gate in held:
        gate.touch()


def test_wrong_use_and_nobody_there(start, tmp_path):
    done = run_tusk("workers", "--control-socket", tmp_path / "none")
    assert done.returncode == 1 and "tusk is not running" in done.stderr
    done = run_tusk("status", "--backtrace")
    assert done.returncode == 2 and "--backtrace belongs to tusk workers" in done.stderr
    done = run_tusk("workers", "--help")
    assert done.returncode == 0 and done.stdout.startswith("Usage: tusk workers [--json] [--backtrace]")
    assert "\n  workers " in run_tusk("--help").stdout
