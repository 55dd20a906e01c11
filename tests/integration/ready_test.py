"""/ready and `tusk ready`, as a load balancer and a container ask them: also while a process is replaced."""

import os
import signal
import socket
from collections import Counter

import pytest

from harness.server import PHP_SCRIPTS, run_tusk
from harness.wait import wait_for


def ask(tusk) -> str:
    """The status of /ready on a new connection, as health checks make them; "none" for no answer."""
    with socket.create_connection(("127.0.0.1", int(tusk.admin_url.rpartition(":")[2])), timeout=30) as client:
        client.sendall(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    return answer.split()[1].decode() if answer else "none"


@pytest.mark.parametrize("command", ["reload", "upgrade"])
def test_tusk_stays_ready_while_the_old_process_drains(start_tusk, tmp_path, command):
    """The old process finishes a request for long. It answers no health check: its successor does."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2, supervised=True)
    connection, gate = tusk.hold_worker(tmp_path)
    [old] = tusk.server_pids()
    kept = tusk.new_client()
    assert kept.get(tusk.admin_url + "/ready").status_code == 200
    done = tusk.command(command)
    assert done.returncode == 0, done.stderr
    wait_for(lambda: len(tusk.server_pids()) == 2, "both processes")
    assert Counter(ask(tusk) for _ in range(200)) == {"200": 200}
    assert tusk.command("ready").stdout == "ready\n"
    # A connection from before: tusk is ready, whoever answers.
    page = kept.get(tusk.admin_url + "/ready").json()
    assert (page["status"], page["accepting"]) == ("ready", True)
    assert kept.get(tusk.admin_url + "/health").json()["status"] == "ok"
    assert old in tusk.server_pids()
    gate.touch()
    assert connection.response().status == 200


def test_a_recycled_process_answers_no_health_check(start_tusk, tmp_path):
    """A process that has lost its workers says so, until its successor serves."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--process-max-age", "1s", supervised=True)
    connection, gate = tusk.hold_worker(tmp_path)
    wait_for(lambda: len(tusk.server_pids()) == 2 and '"draining"' in tusk.command("status", "--json").stdout,
             "the old process to drain")  # fmt: skip
    assert Counter(ask(tusk) for _ in range(100)) == {"200": 100}
    gate.touch()
    assert connection.response().status == 200


def test_the_command(start_tusk, tmp_path):
    """It says what /ready says, also without the internal server, and as exit status."""
    tusk = start_tusk(PHP_SCRIPTS, "--drain-delay", "1h", internal="off", supervised=True)
    done = tusk.command("ready")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")
    tusk.signal(signal.SIGTERM)
    tusk.wait_for_log("not ready any more")
    done = wait_for(lambda: (answer := tusk.command("ready")).returncode and answer, "it to say no")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "tusk: not ready: draining\n")
    assert tusk.get("/hello.php").status_code == 200
    tusk.signal(signal.SIGTERM)
    assert tusk.wait_for_exit() == 0
    done = tusk.command("ready")
    assert done.returncode == 1 and "tusk is not running" in done.stderr


def test_the_command_says_which_pool(start_tusk, make_root, tmp_path):
    root = make_root({"resident.php": "<?php exit(1);", "index.php": "<?php echo 1;"})
    config = tmp_path / "tusk.toml"
    config.write_text(f'[[pool]]\nname = "app"\nscript = "{root}/resident.php"\nworkers = 1\n')
    tusk = start_tusk(root, "--config", config, supervised=True, ready=False)
    tusk.wait_until_started()
    wanted = "tusk: not ready: down (pool app)\n"
    wait_for(lambda: tusk.command("ready").stderr == wanted, "the reason")


def test_a_command_of_a_service_is_for_this_service(start_tusk, tmp_path):
    """ExecReload=tusk reload finds its own service, whatever else runs: systemd names its directory."""
    directories = [tmp_path / "one", tmp_path / "two"]
    running = []
    for directory in directories:
        directory.mkdir()
        env = {"CONTROL_SOCKET": "auto", "RUNTIME_DIRECTORY": directory}
        running.append(start_tusk(PHP_SCRIPTS, supervised=True, env=env))
    # Another that the command would find, too: that of this user.
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    where = {"XDG_RUNTIME_DIR": own} if os.geteuid() else {}
    start_tusk(PHP_SCRIPTS, supervised=True, env={"CONTROL_SOCKET": "auto"} | where)
    for directory, tusk in zip(directories, running):
        done = run_tusk("status", "--json", env={"RUNTIME_DIRECTORY": directory} | where)
        assert done.returncode == 0, done.stderr
        assert f'"pid":{tusk.pid},' in done.stdout.replace(" ", "")
