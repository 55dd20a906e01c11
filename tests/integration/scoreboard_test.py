"""The scoreboard: counters and states of all server processes, in memory that they share."""

import json
import os
import re
import signal
from pathlib import Path

import pytest

from harness.engine import default_engine, needs_host
from harness.scraper import Scraper
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for
from harness.worker_processes import hosts_of

CRASHES_AND_RELOADS = 24


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def workers_of(tusk) -> list:
    processes = tusk.admin("/workers?format=json").json()["processes"]
    return [worker for process in processes for worker in process["workers"]]


def test_counters_survive_crashes_and_reloads(start_tusk):
    """They never become less, all requests are counted, and nothing is left in the supervisor."""
    tusk = start_tusk(PHP_SCRIPTS, "--executor", "stub", "--workers", 1, supervised=True)
    assert tusk.get("/hello.php").text == "Hello World!"
    before = descriptors(tusk.pid)
    sent = 1
    with Scraper(tusk) as scraper:
        for _ in range(CRASHES_AND_RELOADS):
            since = tusk.log_size()
            tusk.signal(signal.SIGHUP)
            tusk.wait_for_log(r"reloaded: a new generation serves", since)
            tusk.wait_for_log(r"a generation has drained", since)
            [server] = tusk.server_pids()
            assert tusk.get("/hello.php").text == "Hello World!"
            sent += 1
            tusk.wait_for_metric(sent, "tusk_requests_total", handler="php", **{"class": "2xx"})
            os.kill(server, signal.SIGKILL)
            wait_for(lambda: tusk.server_pids() not in ([], [server]), "a successor")
            wait_for(tusk.is_ready, "the successor to be ready")
    assert scraper.fallen == [] and scraper.scrapes > 0
    metrics = tusk.metrics()
    assert metrics.value("tusk_process_exits_total", reason="signal") == CRASHES_AND_RELOADS
    assert metrics.value("tusk_process_exits_total", reason="drained") == CRASHES_AND_RELOADS
    assert metrics.value("tusk_reloads_total", result="done") == CRASHES_AND_RELOADS
    assert metrics.value("tusk_generation") == CRASHES_AND_RELOADS + 1
    assert metrics.value("tusk_processes", phase="serving") == 1
    tusk.wait_for_metric(0, "tusk_active_connections")
    assert descriptors(tusk.pid) == before
    assert len(tusk.server_pids()) == 1


def test_one_scrape_shows_all_processes(start_tusk):
    tusk = start_tusk(PHP_SCRIPTS, "--executor", "stub", "--workers", 2, "--processes", 3, supervised=True)
    for _ in range(30):
        with tusk.raw() as connection:
            assert connection.get("/hello.php").status == 200
    tusk.wait_for_metric(30, "tusk_requests_total", handler="php", **{"class": "2xx"})
    tusk.wait_for_metric(6, "tusk_workers", state="idle")
    metrics = tusk.metrics()
    assert metrics.value("tusk_processes", phase="serving") == 3
    assert metrics.value("tusk_connections_total") == 30
    resident = [
        int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024
        for pid in tusk.server_pids()
    ]
    assert metrics.value("process_resident_memory_bytes") > sum(resident) / 2 > max(resident)
    assert metrics.value("process_start_time_seconds") <= Path(f"/proc/{tusk.pid}").stat().st_ctime + 1


@needs_host
def test_worker_processes_count(start_tusk, make_root):
    """Their CPU time and memory are tusk's, also when a worker, its host, or the server process
    has been killed."""
    burn = """<?php
        $used = fn () => getrusage()['ru_utime.tv_sec'] + getrusage()['ru_utime.tv_usec'] / 1e6;
        for ($until = $used() + 0.3; $used() < $until;);
        echo getmypid();"""
    root = make_root({"burn.php": burn})
    options = ("--engine", "processes", "--workers", 2)
    tusk = start_tusk(root, *options, supervised=True)
    [server] = tusk.server_pids()
    with Scraper(tusk) as scraper:
        for round_number, victim in enumerate(("worker", "host", "server"), 1):
            worker = int(tusk.get("/burn.php").text)

            def counted():
                return tusk.metrics().value("tusk_pool_process_cpu_seconds_total", pool="default")

            wait_for(lambda: counted() >= 0.3 * round_number, "the time to be counted")
            metrics = tusk.metrics()
            assert metrics.value("process_cpu_seconds_total") > counted() - 0.1
            server_only = int(re.search(
                r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server}/status").read_text())[1]) * 1024
            # The host's own pages, which no other process maps.
            assert metrics.value("process_resident_memory_bytes") > server_only + (1 << 20)
            [host] = hosts_of(server)
            os.kill({"worker": worker, "host": host, "server": server}[victim], signal.SIGKILL)
            if victim == "server":
                wait_for(lambda: tusk.server_pids() not in ([], [server]), "a successor")
            wait_for(tusk.is_ready, "the server to be ready")
    assert scraper.fallen == [] and scraper.scrapes > 0


def test_a_scoreboard_that_cannot_be_made_is_done_without(start_tusk):
    """A limit of file sizes also holds for memory files."""
    tusk = start_tusk(
        PHP_SCRIPTS, "--executor", "stub", supervised=True, wrapper=("/bin/sh", "-c", 'ulimit -f 2000; exec "$0" "$@"')
    )
    tusk.wait_for_log("cannot make the scoreboard")
    assert tusk.get("/hello.php").text == "Hello World!"
    tusk.wait_for_metric(1, "tusk_processes", phase="serving")


def test_scripts_do_not_find_the_scoreboard(start_tusk, make_root):
    """Neither in the environment nor among the descriptors."""
    script = """<?php
        $names = array_map(fn($fd) => @readlink("/proc/self/fd/$fd"), scandir('/proc/self/fd'));
        echo json_encode([array_keys(getenv()), $names]);"""
    tusk = start_tusk(make_root({"look.php": script}), supervised=True)
    names, links = json.loads(tusk.get("/look.php").text)
    assert not [name for name in names if name.startswith("TUSK_")]
    assert not [link for link in links if link and "memfd:tusk" in link]
    assert "tusk-scoreboard" in Path(f"/proc/{tusk.server_pids()[0]}/maps").read_text()


def test_a_child_of_a_script_does_not_count_for_the_server(start_tusk, make_root):
    script = """<?php
        $pid = pcntl_fork();
        if ($pid === 0) { nothing_of_that_name(); }
        pcntl_waitpid($pid, $status);
        echo 'parent';"""
    tusk = start_tusk(make_root({"fork.php": script}), supervised=True)
    assert tusk.get("/fork.php").text == "parent"
    workers = workers_of(tusk)
    assert [worker["last_fatal_error"] for worker in workers if worker["requests"]] == [None]


# --- /workers ---


def test_workers_show_what_runs(start_tusk, make_root, tmp_path):
    """The path and not the query; cleared when the process is killed; escaped in the page."""
    root = make_root(
        {
            "gate.php": (PHP_SCRIPTS / "gate.php").read_text(),
            "bad.php": "<?php str_repeat('x', 5 << 20); throw new Exception('<b>broken</b>');",
        }
    )
    tusk = start_tusk(root, "--workers", 2, supervised=True)
    [server] = tusk.server_pids()
    gate, began = tmp_path / "gate", tmp_path / "began"
    connection = tusk.raw().request("GET", f"/gate.php?until={gate}&began={began}&secret=s3cr3t")
    wait_for(began.exists, "the script to begin")
    assert tusk.get("/bad.php").status_code == 500
    wait_for(lambda: {w["state"] for w in workers_of(tusk)} == {"busy", "idle"}, "one to be idle")
    response = tusk.admin("/workers?format=json")
    assert response.headers["content-type"] == "application/json"
    [process] = response.json()["processes"]
    assert (process["pid"], process["generation"], process["phase"]) == (server, 1, "serving")
    [busy] = [worker for worker in process["workers"] if worker["state"] == "busy"]
    request = busy["request"]
    assert request["method"] == "GET" and request["path"] == "/gate.php"
    assert request["script"].endswith("/gate.php") and request["client"] == "127.0.0.1"
    assert request["host"] == "localhost" and request["id"] and request["seconds"] >= 0
    [idle] = [worker for worker in process["workers"] if worker["state"] == "idle"]
    assert idle["request"] is None and idle["requests"] == 1
    assert idle["last_request"]["path"] == "/bad.php"
    assert "<b>broken</b>" in idle["last_fatal_error"] and "bad.php:1" in idle["last_fatal_error"]
    assert idle["last_memory_bytes"] >= 2 << 20
    assert process["loops"][0]["connections"] >= 1 and process["loops"][0]["state"] == "runs"
    assert "s3cr3t" not in response.text and "until" not in response.text

    page = tusk.admin("/workers")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "/gate.php" in page.text and "s3cr3t" not in page.text
    assert "<b>broken" not in page.text and "&lt;b&gt;broken" in page.text
    assert tusk.admin("/threads").text.count("/gate.php") == page.text.count("/gate.php")

    with_backtraces = tusk.admin("/workers?format=json&backtrace=1").json()["processes"][0]
    [trace] = [w["backtrace"] for w in with_backtraces["workers"] if "backtrace" in w]
    assert any("gate.php" in line for line in trace)

    os.kill(server, signal.SIGKILL)
    wait_for(lambda: tusk.server_pids() not in ([], [server]), "a successor")
    wait_for(tusk.is_ready, "the successor to be ready")
    assert {worker["state"] for worker in workers_of(tusk)} == {"idle"}
    assert "gate.php" not in tusk.admin("/workers?format=json").text
    connection.close()


SCRIBBLE = """<?php
    preg_match('/^([0-9a-f]+)-([0-9a-f]+) .*tusk-scoreboard/m', file_get_contents('/proc/self/maps'), $found);
    [$begin, $end] = [hexdec($found[1]), hexdec($found[2])];
    $libc = FFI::cdef('void *memset(uintptr_t, int, size_t);');
    $libc->memset($begin, 0x11, $end - $begin);
    echo $end - $begin;"""


def test_a_scoreboard_that_a_script_has_overwritten(start_tusk, make_root):
    """The sums are wrong for ever, but reading them stays cheap. Worker processes have no scoreboard."""
    tusk = start_tusk(make_root({"scribble.php": SCRIBBLE}), "-d", "ffi.enable=1", "--workers", 1, supervised=True)
    [server] = tusk.server_pids()
    scribbled = int(tusk.get("/scribble.php").text)
    assert scribbled > 16 << 20 if default_engine() == "threads" else scribbled == 0
    before = cpu_ticks(server)
    for _ in range(10):
        for path in ("/health", "/metrics", "/ready"):
            assert tusk.admin(path).status_code == 200
    # Reading all of it eight times for each page, as it was once, takes two seconds.
    assert cpu_ticks(server) - before < 60, "hundredths of a second of CPU time"
    assert tusk.admin("/workers?format=json").json()["processes"]


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])
