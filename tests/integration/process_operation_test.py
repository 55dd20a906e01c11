"""Worker processes as an operator sees them: their numbers and process ids, log files that are moved
away, the most requests of a worker, figures."""

import collections
import os
import re
import signal
import threading

import httpx
import pytest

from harness.tracing import Frozen
from harness.wait import wait_for
from harness.worker_processes import HOST, children, host_of

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

SITE = {
    "pid.php": "<?php echo getmypid();",
    "log.php": "<?php error_log('told ' . $_GET['what']); echo getmypid();",
    "text.php": "<?php header('Content-Type: text/plain'); echo str_repeat('compress ', 10000);",
}


def start(start_tusk, make_root, *args, workers=2, **options):
    return start_tusk(make_root(SITE), "--engine", "processes", "--workers", workers, *args, **options)


def shown_workers(tusk):
    answer = httpx.get(f"{tusk.admin_url}/workers?format=json", trust_env=False).json()
    [process] = answer["processes"]
    return process["workers"]


def test_workers_are_shown_with_their_process_ids(start_tusk, make_root):
    tusk = start(start_tusk, make_root)
    workers = set(children(host_of(tusk.pid)))
    assert {worker["pid"] for worker in shown_workers(tusk)} == workers
    assert int(tusk.get("/pid.php").text) in workers


@pytest.mark.parametrize("most", [1, 3])
def test_no_worker_runs_more_requests_than_it_may(start_tusk, make_root, most):
    """Clients notice nothing: another worker takes the place at once."""
    tusk = start(start_tusk, make_root, env={"WORKER_MAX_REQUESTS": str(most)})
    pids = []

    def ask():
        with httpx.Client(trust_env=False) as client:
            for _ in range(20):
                answer = client.get(f"{tusk.url}/pid.php")
                pids.append((answer.status_code, answer.text))

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert {status for status, _ in pids} == {200}
    counts = collections.Counter(pid for _, pid in pids)
    assert max(counts.values()) <= most and sum(counts.values()) == 60
    tusk.wait_for_metric(lambda count: count >= 60 // most - 2, "tusk_recycled_workers_total",
                         reason="requests")
    assert "has ended" not in tusk.log()
    assert tusk.metrics().value("tusk_php_crashes_total") == 0


def test_log_files_that_are_moved_away_are_opened_again(start_tusk, make_root, tmp_path):
    """By the host, for workers that it forks later, and by workers that are there."""
    file, moved = tmp_path / "tusk.log", tmp_path / "tusk.log.1"
    tusk = start(start_tusk, make_root, "--log-file", file, workers=1, supervised=True, ready=False)
    wait_for(lambda: file.exists() and " serves" in file.read_text(), "the start-up line")
    tusk.url = re.search(r"http://127\.0\.0\.1:\d+", file.read_text())[0]
    first = tusk.get("/log.php?what=before").text
    file.rename(moved)
    assert tusk.command("reopen-logs").returncode == 0
    assert tusk.get("/log.php?what=after").text == first
    wait_for(lambda: "told after" in file.read_text(), "the worker's line in the new file")
    [server] = tusk.server_pids()
    host = host_of(server)
    os.kill(int(first), signal.SIGKILL)
    wait_for(lambda: children(host) not in ([], [int(first)]), "another worker")
    assert tusk.get("/log.php?what=later").text != first
    wait_for(lambda: "told later" in file.read_text(), "its line in the new file")
    assert "told before" in moved.read_text() and "told after" not in moved.read_text()


def test_compression_is_counted(start_tusk, make_root):
    tusk = start(start_tusk, make_root)
    answer = tusk.get("/text.php", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip" and len(answer.text) == 90000
    tusk.wait_for_metric(1, "tusk_compressions_total", coding="gzip")
    metrics = tusk.metrics()
    assert metrics.value("tusk_compression_input_bytes_total", coding="gzip") == 90000
    assert 0 < metrics.value("tusk_compression_output_bytes_total", coding="gzip") < 9000


def test_all_logs_have_the_same_id_of_a_request(start_tusk, make_root):
    tusk = start(start_tusk, make_root, "--access-log", "--access-log-format", "json")
    tusk.get("/log.php?what=it")
    said = tusk.wait_for_log(r"told it request=\d+ request_id=([0-9a-f]{32})")[1]
    tusk.wait_for_access_log(rf"log\.php.*{said}")


def test_a_host_that_hangs_is_noticed_when_its_workers_are_used_up(start_tusk, make_root):
    """Nobody tells it anything then. After some seconds it is killed, and the requests that waited are answered."""
    tusk = start(start_tusk, make_root, workers=1, env={"WORKER_MAX_REQUESTS": "1"})
    with Frozen(host_of(tusk.pid)), httpx.Client(trust_env=False, timeout=60) as client:
        assert [client.get(f"{tusk.url}/pid.php").status_code for _ in range(3)] == [200] * 3
    tusk.wait_for_log("a worker process does not end: it is killed")
