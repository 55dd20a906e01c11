"""tusk reload --php: another PHP host takes over, and the server process and its connections stay."""

import os
import signal
from pathlib import Path

import pytest

from harness.tracing import Frozen
from harness.wait import wait_for
from harness.worker_processes import HOST, Load, children, host_of, runs

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

SITE = {
    "pid.php": "<?php echo getmypid();",
    "ini.php": "<?php echo ini_get('user_agent');",
    "slow.php": "<?php touch($_GET['began']); while (!file_exists($_GET['go'])) usleep(1000);"
                " echo 'done';",
    "resident.php": "<?php $boot = file_get_contents(__DIR__ . '/version');"
                    " if ($boot === 'broken') exit(1);"
                    " while (tusk_handle_request(fn () => print($boot)));",
}


def start(start_tusk, make_root, tmp_path, engine="processes"):
    ini = tmp_path / "php.ini"
    ini.write_text("user_agent = first\n")
    tusk = start_tusk(make_root(SITE), "--engine", engine, "--workers", 2, "--php-ini", ini,
                      supervised=True)
    return tusk, ini


def test_a_new_host_takes_over_and_no_request_fails(start_tusk, make_root, tmp_path):
    tusk, ini = start(start_tusk, make_root, tmp_path)
    [server] = tusk.server_pids()
    host = host_of(server)
    kept = tusk.new_client()
    assert kept.get("/ini.php").text == "first"
    ini.write_text("user_agent = second\n")
    began, go = tmp_path / "began", tmp_path / "go"
    slow = tusk.raw().request("GET", f"/slow.php?began={began}&go={go}")
    wait_for(began.exists, "the slow request")
    load = Load(tusk)
    for _ in range(3):
        load.wait_for_more()
        answer = tusk.command("reload", "--php")
        assert (answer.returncode, answer.stdout) == (0, "new PHP hosts serve\n"), answer.stderr
    load.wait_for_more()
    assert set(load.stop()) == {200}
    assert kept.get("/ini.php").text == "second"
    assert tusk.server_pids() == [server]
    assert runs(host)  # a request of its worker is under way
    go.touch()
    assert slow.response().body == b"done"
    wait_for(lambda: not runs(host), "the first host's end")
    wait_for(lambda: len(children(server)) == 1, "the other hosts' end")


def test_a_host_that_cannot_serve_changes_nothing(start_tusk, make_root, tmp_path):
    root = make_root(SITE | {"version": "one"})
    tusk = start_tusk(root, "--engine", "processes", "--resident", Path(root) / "resident.php",
                      "--resident-workers", 2, supervised=True)
    [server] = tusk.server_pids()
    hosts = children(server)  # of the default pool, and of the resident one
    client = tusk.new_client()
    assert client.get("/resident.php").text == "one"
    (Path(root) / "version").write_text("broken")
    load = Load(tusk, "/resident.php")
    answer = tusk.command("reload", "--php")
    assert answer.returncode == 1
    assert "pool resident: " in answer.stderr and "tusk_handle_request" in answer.stderr
    load.wait_for_more()
    assert set(load.stop()) == {200}
    assert client.get("/resident.php").text == "one"
    wait_for(lambda: len(children(server)) == 2, "the end of the hosts that are left over")
    assert sum(map(runs, hosts)) == 1  # the resident pool's goes on
    # And the next attempt works.
    (Path(root) / "version").write_text("two")
    assert tusk.command("reload", "--php").returncode == 0
    assert client.get("/resident.php").text == "two"
    wait_for(lambda: not any(map(runs, hosts)), "the old hosts' end")


def test_an_old_host_that_hangs_does_not_hinder(start_tusk, make_root, tmp_path):
    tusk, _ = start(start_tusk, make_root, tmp_path)
    host = host_of(*tusk.server_pids())
    with Frozen(host):
        assert tusk.command("reload", "--php").returncode == 0
        os.kill(host, signal.SIGKILL)
    wait_for(lambda: not runs(host), "the old host's end")
    assert tusk.new_client().get("/pid.php").status_code == 200


@pytest.mark.needs_threads
def test_with_threads_it_is_a_new_generation(start_tusk, make_root, tmp_path):
    tusk, ini = start(start_tusk, make_root, tmp_path, engine="threads")
    ini.write_text("user_agent = second\n")
    answer = tusk.command("reload", "--php")
    assert (answer.returncode, answer.stdout) == (0, "generation 2 serves\n"), answer.stderr
    assert tusk.new_client().get("/ini.php").text == "second"
