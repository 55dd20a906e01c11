"""Jumps of the wall clock, and a monotonic clock that is ahead, for what would otherwise take a minute."""

import json
import subprocess

import pytest

from harness.engine import ENGINES
from harness.server import PHP_SCRIPTS, TUSK, environment, sanitizer
from harness.shifted_clock import ShiftedClock
from harness.wait import PATIENCE_S, wait_for

pytestmark = pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer must be the first library")

HOUR = 3600


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_drain_waits_for_workers_as_long_as_it_should(start_tusk, tmp_path, engine, jump):
    """A script that has finished its response goes on. The drain waits for it, but not for longer than its
    timeout."""
    clock = ShiftedClock(tmp_path, "tusk-server")
    timeout = "1s" if jump > 0 else "1h"
    tusk = start_tusk(PHP_SCRIPTS, "--engine", engine, "--workers", 1, "--drain-timeout", timeout, env=clock.env)
    gate, done = tmp_path / "gate", tmp_path / "done"
    answer = tusk.get(f"/finish.php?by=fastcgi_finish_request&until={gate}&after={done}")
    assert answer.text == "the answer 1"
    clock.jump(wall=jump)
    tusk.process.terminate()
    tusk.wait_for_log("draining")
    if jump > 0:
        assert tusk.wait_for_exit() != 0
        assert not done.exists()
    else:
        gate.touch()
        assert tusk.wait_for_exit() == 0
        assert json.loads(done.read_text())["first"]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_requests_do_not_notice_a_jump(start_tusk, make_root, tmp_path, jump):
    """Neither their time limit, nor the rate limit, nor cached files; the Date field follows the clock."""
    root = make_root({"slow.php": "<?php touch($_GET['began']); while (!file_exists($_GET['until'])) {"
                                  " usleep(1000); clearstatcache(); } echo 'done';", "a.txt": "one"})
    clock = ShiftedClock(tmp_path, "tusk-server")
    tusk = start_tusk(root, *("--workers", 2, "--request-timeout", "60s", "--rate-limit", 1000), env=clock.env)
    began, gate = tmp_path / "began", tmp_path / "gate"
    slow = tusk.raw().request("GET", f"/slow.php?began={began}&until={gate}")
    wait_for(began.exists, "the script")
    assert tusk.get("/a.txt").text == "one"
    clock.jump(wall=jump)
    assert tusk.get("/a.txt").text == "one"
    (root / "a.txt").write_text("another")
    wait_for(lambda: tusk.get("/a.txt").text == "another", "the changed file")
    assert tusk.admin("/ready").status_code == 200
    gate.touch()
    assert slow.response().text == "done"


# --- a generation that hangs at its start ---


@pytest.fixture
def hung_reload(start_tusk, tmp_path):
    """A server whose new generation hangs in a preload script, its clock, the command that waits for that
    generation, and a function that mends the configuration."""
    clock, ini = ShiftedClock(tmp_path, "tusk"), tmp_path / "php.ini"
    ini.write_text("")
    (tmp_path / "hang.php").write_text("<?php touch(__DIR__ . '/hangs'); while (true) usleep(1000);")
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--php-ini", ini, supervised=True, env=clock.env)
    ini.write_text(f"opcache.preload = {tmp_path}/hang.php\nopcache.preload_user = root\n")
    first = reload_command(tusk)
    wait_for((tmp_path / "hangs").exists, "the new generation to hang")
    return tusk, clock, first, lambda: ini.write_text("")


def reload_command(tusk) -> subprocess.Popen:
    return subprocess.Popen(
        [TUSK, "reload", "--control-socket", tusk.control_socket],
        env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


def answer_of(command: subprocess.Popen) -> tuple:
    out, errors = command.communicate(timeout=PATIENCE_S)
    return command.returncode, out, errors


@pytest.mark.parametrize("seconds", [61, 58])
def test_a_reload_replaces_a_generation_that_hangs(hung_reload, seconds):
    """When it has hung for a minute: before, the reload waits, and goes on without being asked for again. Both
    commands are answered."""
    tusk, clock, first, mend = hung_reload
    mend()
    clock.jump(monotonic=seconds)
    assert answer_of(reload_command(tusk)) == (0, "generation 3 serves\n", "")
    assert answer_of(first) == (0, "generation 3 serves\n", "")
    wait_for(lambda: len(tusk.server_pids()) == 1, "the others' end")
    assert tusk.get("/hello.php").text == "Hello World!"
