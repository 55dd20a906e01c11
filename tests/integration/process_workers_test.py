"""Worker processes (engine = "processes"): they answer as threads do, and whatever ends one costs
only the request that it runs."""

import hashlib
import os
import signal

import pytest

from harness.server import runs_server, sanitizer
from harness.tracing import Frozen
from harness.wait import wait_for
from harness.worker_processes import HOST, Load, children, host_of, runs

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

MIB = 1 << 20
SITE = {
    "pid.php": "<?php echo getmypid();",
    "exit.php": "<?php http_response_code(404); echo 'left'; exit(3);",
    "fatal.php": "<?php nothing();",
    "bomb.php": "<?php $a = []; while (true) $a[] = str_repeat('x', 1 << 20);",
    "loop.php": "<?php touch($_GET['began']); while (true);",
    "sleep.php": "<?php touch($_GET['began']); sleep(60);",
    "big.php": "<?php for ($i = 0; $i < 10; $i++) { echo str_repeat(chr(97 + $i), 1 << 20);"
               " if (isset($_GET['flush'])) flush(); }",
    "body.php": "<?php echo hash('sha256', file_get_contents('php://input'));",
    "events.php": "<?php header('Content-Type: text/event-stream'); echo \"data: 1\\n\\n\"; flush();"
                  " while (!connection_aborted()) { echo \"data: 2\\n\\n\"; flush(); usleep(10000); }",
    "ended.php": "<?php ignore_user_abort(false);"
                 " register_shutdown_function(fn () => touch($_GET['ended']));"
                 " touch($_GET['began']); while (true) { echo 'x'; flush(); usleep(2000); }",
    # Says nothing until its client has left.
    "quiet.php": "<?php register_shutdown_function(fn () => touch($_GET['ended']));"
                 " touch($_GET['began']); usleep(200000); while (true) { echo 'x'; flush(); usleep(2000); }",
    "endless.php": "<?php register_shutdown_function(fn () => touch($_GET['ended']));"
                   " touch($_GET['began']); while (true) echo str_repeat('x', 100000);",
    "code.php": "<?php http_response_code((int) $_GET['code']); echo 'body';",
    "log.php": "<?php error_log('told the log');",
}


def start(start_tusk, make_root, *args, workers=2, **options):
    return start_tusk(make_root(SITE), "--engine", "processes", "--workers", workers, *args,
                      **options)


def test_workers_answer_as_threads_do(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root)
    host = host_of(tusk.pid)
    assert int(tusk.get("/pid.php").text) in children(host)
    left = tusk.get("/exit.php")
    assert (left.status_code, left.text) == (404, "left")
    assert tusk.get("/fatal.php").status_code == 500
    assert tusk.get("/bomb.php").status_code == 500
    assert tusk.get("/code.php?code=1000").status_code == 500
    tusk.wait_for_log(r"Fatal error:  Uncaught Error: Call to undefined function nothing\(\).*"
                      r" request_id=[0-9a-f]{32} script=.*fatal\.php")
    tusk.get("/log.php")
    tusk.wait_for_log(r"info  told the log request=")
    wanted = "".join(chr(97 + i) * MIB for i in range(10))
    for path in ("/big.php", "/big.php?flush=1"):
        assert tusk.get(path).text == wanted
    slow = tusk.raw()
    slow.set_receive_buffer(32768)
    slow.request("GET", "/big.php")
    assert tusk.get("/pid.php").status_code == 200
    body = os.urandom(MIB)
    assert tusk.post("/body.php", content=body).text == hashlib.sha256(body).hexdigest()
    assert len(slow.response().body) == 10 * MIB
    slow.close()
    began, ended = tmp_path / "began", tmp_path / "ended"
    with tusk.new_client().stream("GET", "/events.php") as stream:
        assert next(stream.iter_text()).startswith("data: 1")
    leaves = tusk.raw().request("GET", f"/ended.php?began={began}&ended={ended}")
    wait_for(began.exists, "the script to begin")
    leaves.close()
    wait_for(ended.exists, "the script to end with its client")
    tusk.wait_for_metric(0, "tusk_workers", state="busy")


def test_a_client_that_leaves_costs_no_worker(start_tusk, make_root, tmp_path):
    """It leaves amid a stream, amid a large response, and before there was any output."""
    tusk = start(start_tusk, make_root)
    workers = set(children(host_of(tusk.pid)))
    for number in range(12):
        began, ended = tmp_path / f"began{number}", tmp_path / f"ended{number}"
        path = ("/ended.php", "/quiet.php", "/endless.php")[number % 3]
        client = tusk.raw().request("GET", f"{path}?began={began}&ended={ended}")
        wait_for(began.exists, "the script to begin")
        client.reset()
        wait_for(ended.exists, "the script to end with its client")
    tusk.wait_for_metric(0, "tusk_workers", state="busy")
    assert tusk.get("/pid.php").status_code == 200
    assert set(children(host_of(tusk.pid))) == workers
    assert "no response" not in tusk.log()


def test_a_worker_that_dies_costs_its_request_only(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root)
    host = host_of(tusk.pid)
    load = Load(tusk)
    # A sanitizer takes SIGSEGV for a fault of the program, and reports it.
    for number in (signal.SIGKILL, signal.SIGABRT if sanitizer() else signal.SIGSEGV, signal.SIGABRT):
        load.wait_for_more()
        victim = children(host)[0]
        os.kill(victim, number)
        wait_for(lambda: victim not in children(host) and len(children(host)) == 2, "a successor")
    load.wait_for_more()
    statuses = load.stop()
    assert set(statuses) <= {200, 502} and statuses.get(502, 0) <= 3, statuses
    # The one that surely runs a request.
    began = tmp_path / "began"
    asked = tusk.raw().request("GET", f"/sleep.php?began={began}")
    wait_for(began.exists, "the script to begin")
    for pid in children(host):
        os.kill(pid, signal.SIGKILL)
    assert asked.response().status == 502
    tusk.wait_for_log(r"SIGKILL.*script=.*sleep\.php")
    assert tusk.get("/pid.php").status_code == 200


def test_a_worker_that_does_not_wake_costs_nothing(start_tusk, make_root):
    tusk = start(start_tusk, make_root)
    victim = children(host_of(tusk.pid))[0]
    with Frozen(victim):
        load = Load(tusk)
        load.wait_for_more(300)
        assert set(load.stop()) == {200}


def test_an_endless_loop_ends_with_504(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root, env={"REQUEST_TIMEOUT": "1s"})
    assert tusk.get(f"/loop.php?began={tmp_path / 'began'}").status_code == 504
    assert tusk.get("/pid.php").status_code == 200


def test_a_host_that_dies_is_replaced(start_tusk, make_root, tmp_path):
    tusk = start(start_tusk, make_root)
    host = host_of(tusk.pid)
    workers = children(host)
    began = tmp_path / "began"
    asked = tusk.raw().request("GET", f"/sleep.php?began={began}")
    wait_for(began.exists, "the script to begin")
    os.kill(host, signal.SIGKILL)
    assert asked.response().status == 502
    assert tusk.get("/pid.php").status_code == 200  # waits for the new host
    wait_for(lambda: not any(map(runs, workers)), "its workers to end")
    tusk.wait_for_log(r"a PHP host has ended .*SIGKILL")


def test_recycling_reload_and_stop_fail_no_request(start_tusk, make_root, tmp_path):
    """And leave no process behind, though a script hangs."""
    tusk = start(start_tusk, make_root, supervised=True,
                 env={"WORKER_MAX_REQUESTS": "20", "DRAIN_TIMEOUT_SECS": "1"})
    [first] = tusk.server_pids()
    load = Load(tusk)
    load.wait_for_more(300)
    tusk.wait_for_metric(lambda count: count > 0, "tusk_recycled_workers_total", reason="requests")
    assert tusk.command("reload").returncode == 0
    load.wait_for_more()
    assert set(load.stop()) == {200}
    wait_for(lambda: first not in tusk.server_pids(), "the old server to end")
    [second] = tusk.server_pids()
    began = tmp_path / "began"
    hangs = tusk.raw().request("GET", f"/loop.php?began={began}")
    wait_for(began.exists, "the script to begin")
    host = host_of(second)
    all_processes = [host, *children(host)]
    tusk.signal(signal.SIGTERM)
    tusk.wait_for_exit()
    hangs.close()
    assert not runs_server(second)
    wait_for(lambda: not any(map(runs, all_processes)), "all processes to end", seconds=5)
