"""Jumps of the wall clock."""

import json

import pytest

from harness.engine import ENGINES
from harness.server import PHP_SCRIPTS, sanitizer
from harness.shifted_clock import ShiftedClock
from harness.wait import wait_for

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
