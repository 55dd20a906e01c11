"""Resident scripts of worker processes that do not boot, or hang: they cost their own pool's time
only, and the server can be stopped."""

import subprocess
import time

import pytest

from harness.server import BINARY, environment
from harness.wait import wait_for
from harness.worker_processes import HOST, Load, children, host_of

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

APP = """<?php
$directory = getenv('TEST_DIRECTORY');
file_put_contents("$directory/boots", getmypid() . "\\n", FILE_APPEND);
if (file_exists("$directory/refuse")) throw new Exception('no database');
while (file_exists("$directory/hang"));
if (file_exists("$directory/slow")) {
    file_put_contents("$directory/steps", 'b', FILE_APPEND);
    usleep(200000);
    file_put_contents("$directory/steps", 's', FILE_APPEND);
}
$answer = function () {
    if (isset($_GET['reset'])) opcache_reset();
    echo getmypid();
};
while (tusk_handle_request($answer)) {
    if (!file_exists("$directory/hang between")) continue;
    unlink("$directory/hang between");
    while (true);
}
"""
SITE = {"app.php": APP, "pid.php": "<?php echo getmypid();"}


class App:
    def __init__(self, server, directory):
        self.server, self.directory = server, directory

    def get(self, query: str = "", **options):
        return self.server.get(f"/app.php{query}", **options)

    def boots(self) -> int:
        file = self.directory / "boots"
        return len(file.read_text().split()) if file.exists() else 0

    def refuse(self, does=True):
        file = self.directory / "refuse"
        file.touch() if does else file.unlink()


@pytest.fixture
def start(start_tusk, make_root, tmp_path):
    def start_app(*options, workers=2, env=None, switch=None, **how) -> App:
        root = make_root(SITE)
        if switch:
            (tmp_path / switch).touch()
        server = start_tusk(
            root, "--engine", "processes", "--workers", 1, "--resident", root / "app.php",
            "--resident-workers", workers, *options,
            env={"TEST_DIRECTORY": tmp_path} | (env or {}), **how)
        return App(server, tmp_path)

    return start_app


def test_a_boot_that_hangs_is_ended(start):
    """Its pool is down, the other one serves, and the server ends."""
    app = start(switch="hang", env={"REQUEST_TIMEOUT": "1s"}, ready=False)
    app.server.wait_for_log(r"the resident script does not boot: its pool answers 503.*")
    app.server.wait_until_started()
    assert app.server.get("/pid.php").status_code == 200
    wait_for(lambda: app.boots() >= 3, "another attempt")
    assert app.get().status_code == 503
    began = time.monotonic()
    app.server.stop()
    assert time.monotonic() - began < 10


def test_a_boot_without_a_limit_does_not_hold_up_the_end(start):
    app = start(switch="hang", env={"REQUEST_TIMEOUT": "0"}, ready=False)
    wait_for(lambda: app.boots() == 2, "the boots")
    app.server.stop()  # with status 0


def test_code_between_two_requests_has_a_limit(start):
    app = start(workers=1, switch="hang between", env={"REQUEST_TIMEOUT": "1s"})
    for _ in range(3):
        assert app.get().status_code == 200
    assert app.boots() == 2


def test_a_script_that_does_not_boot_leaves_its_pool_down(start):
    app = start(switch="refuse", ready=False)
    app.server.wait_until_started()
    refused = app.get()
    assert refused.status_code == 503 and int(refused.headers["retry-after"]) >= 1
    ready = app.server.admin("/ready")
    assert ready.status_code == 503
    assert "its resident script does not boot" in ready.text
    metrics = app.server.metrics()
    assert metrics.value("tusk_pool_boot_failures_total", pool="resident") >= 2
    assert app.server.get("/pid.php").status_code == 200
    app.refuse(False)
    wait_for(lambda: app.get().status_code == 200, "the pool to serve", seconds=30)
    app.server.wait_for_log("the resident script boots again")
    assert app.server.metrics().value("tusk_pool_boots_total", pool="resident") >= 1
    log = app.server.log()
    assert log.count("no database") < app.boots() + 2  # each reason once, not with each attempt
    assert "without a request" not in log


def test_a_successor_that_does_not_boot_is_not_made_again_at_once(start):
    app = start("--worker-max-requests", 2, workers=1)
    first = app.get().text
    app.refuse()
    for _ in range(5):
        assert app.get().text == first
    wait_for(lambda: app.boots() >= 3, "two attempts")
    began, before = time.monotonic(), app.boots()
    wait_for(lambda: app.boots() >= before + 2, "two more", seconds=30)
    # 0.25 s, 0.5 s, 1 s and so on, where it was one each 0.1 s.
    assert time.monotonic() - began > 0.6
    metrics = app.server.metrics()
    assert metrics.value("tusk_recycled_workers_total", reason="requests") == 1
    assert metrics.value("tusk_worker_restarts_total") == 0
    assert app.get().text == first
    app.refuse(False)
    wait_for(lambda: app.get().text != first, "a successor", seconds=30)


def test_workers_are_succeeded_one_after_the_other(start, tmp_path):
    app = start("--worker-max-requests", 1, workers=4, switch="slow")
    steps = tmp_path / "steps"
    first = len(steps.read_text())
    assert first == 8
    load = Load(app.server, "/app.php", clients=4)
    wait_for(lambda: len(steps.read_text()) >= first + 12, "six successors")
    assert set(load.stop()) == {200}
    assert steps.read_text()[first:first + 12] == "bs" * 6


def test_many_workers_start(start_tusk, make_root):
    tusk = start_tusk(make_root(SITE), "--engine", "processes", "--workers", 400)
    assert len(children(host_of(tusk.pid))) == 400
    assert tusk.get("/pid.php").status_code == 200
    assert "cannot be started" not in tusk.log() and "without a request" not in tusk.log()


def test_settings_may_be_long(start_tusk, make_root, tmp_path):
    value = "x" * 50000
    file = tmp_path / "tusk.toml"
    file.write_text("[[pool]]\nname = 'long'\nmatch = ['/long.php']\nworkers = 1\n"
                    f"env = {{ LONG = '{value}' }}\n")
    tusk = start_tusk(make_root({"long.php": "<?php echo strlen(getenv('LONG'));"}),
                      "--config", file, "--engine", "processes", "--workers", 1)
    assert tusk.get("/long.php").text == "50000"


def test_each_worker_process_needs_descriptors_of_the_server(start_tusk, make_root):
    """A region, the sockets of its slots, and files of its process: a limit that is too low is told at the start."""
    refused = subprocess.run(
        ["prlimit", "--nofile=900:900", BINARY, "serve", "--root", make_root(SITE), "--engine",
         "processes", "--workers", "100", "--listen", "127.0.0.1:0"],
        env=environment(), capture_output=True, text=True, timeout=30)
    assert refused.returncode == 1 and "20 for each of 100 workers" in refused.stderr
    tusk = start_tusk(make_root(SITE), "--engine", "processes", "--workers", 20,
                      wrapper=("prlimit", "--nofile=600:600"))
    assert tusk.get("/pid.php").status_code == 200


def test_a_reset_of_opcache_leads_to_a_new_host(start):
    """OPcache starts anew only when no request runs, and a resident script's never ends. No request is lost."""
    app = start(workers=2)
    wait_for(lambda: app.boots() == 2, "two boots")
    hosts = set(children(app.server.pid))
    load = Load(app.server, "/app.php")
    load.wait_for_more()
    assert app.get("?reset").status_code == 200
    wait_for(lambda: app.boots() == 4, "two other boots")
    wait_for(lambda: len(set(children(app.server.pid)) - hosts) == 1, "another host")
    load.wait_for_more()
    assert set(load.stop()) == {200}
