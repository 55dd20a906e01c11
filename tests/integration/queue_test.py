"""The bounded queue in front of the PHP workers."""

import fcntl
import re
import time

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for


def test_a_full_queue_answers_503_at_once(start_tusk, tmp_path):
    """One worker, a queue of one, a slow script. The first request runs, the second waits, and
    each further one is answered 503 with Retry-After: 1 while the script still runs; /metrics
    counts them. The two accepted requests are answered in the end."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--queue-capacity", 1)
    running, gate = tusk.hold_worker(tmp_path)
    waiting = tusk.raw().request("GET", "/hello.php")
    tusk.wait_for_metric(1, "tusk_queue_depth")
    for n in range(1, 21):
        with tusk.raw() as connection:
            response = connection.get("/hello.php")
            assert response.status == 503 and response.header("retry-after") == "1"
            assert connection.get("/nothing").status == 404, "the connection must still be usable"
        assert tusk.metrics().value("tusk_queue_rejected_total", reason="full") == n
    metrics = tusk.metrics()
    assert metrics.value("tusk_queue_capacity") == 1 and metrics.value("tusk_queue_depth") == 1
    assert metrics.value("tusk_workers", state="busy") == 1
    assert metrics.total("tusk_requests_total", **{"class": "5xx"}) == 20
    assert not gate.exists(), "the script must still be running"
    gate.touch()
    assert running.response().text == "through the gate\n"
    assert waiting.response().text == "Hello World!"
    tusk.wait_for_metric(0, "tusk_queue_depth")
    assert re.search(r"warn +answered 503: the queue is full times=1\n", tusk.log())


def test_requests_of_clients_that_have_left_keep_nobody_out(start_tusk, tmp_path):
    """A full queue drops what nobody waits for, although no worker is free."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--queue-capacity", 3, "--access-log")
    running, gate = tusk.hold_worker(tmp_path)
    first = tusk.raw().request("GET", "/hello.php")
    tusk.wait_for_metric(1, "tusk_queue_depth")
    for depth in (2, 3):
        left = tusk.raw().request("GET", "/hello.php")
        tusk.wait_for_metric(depth, "tusk_queue_depth")
        left.reset()
    tusk.wait_for_access_log(r'(?s)" 499 .*" 499 ')
    waiting = [tusk.raw().request("GET", "/hello.php") for _ in range(2)]
    tusk.wait_for_metric(3, "tusk_queue_depth")
    with tusk.raw() as connection:
        assert connection.get("/hello.php").status == 503, "three wait"
    gate.touch()
    assert running.response().status == 200
    for connection in (first, *waiting):
        assert connection.response().text == "Hello World!"
    tusk.wait_for_metric(0, "tusk_queue_depth")


def test_a_request_waits_no_longer_than_the_queue_timeout(start_tusk, tmp_path):
    """A request that no worker takes in time is also answered 503, counted separately, and never
    run."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--queue-timeout", "200ms")
    running, gate = tusk.hold_worker(tmp_path)
    never = tmp_path / "never"
    with tusk.raw() as connection:
        response = connection.get(f"/gate.php?until={gate}&began={never}")
    assert response.status == 503 and response.header("retry-after") == "1"
    assert tusk.metrics().value("tusk_queue_rejected_total", reason="timeout") == 1
    gate.touch()
    assert running.response().text == "through the gate\n", "running requests have no queue timeout"
    assert tusk.get("/hello.php").text == "Hello World!"
    assert not never.exists()


def test_static_files_and_errors_need_no_worker(start_tusk, make_root, tmp_path):
    """Although every worker is busy and the queue is full, a file is served."""
    root = make_root({"a.txt": "static", "gate.php": (PHP_SCRIPTS / "gate.php").read_bytes()})
    tusk = start_tusk(root, "--workers", 1, "--queue-capacity", 1)
    running, gate = tusk.hold_worker(tmp_path)
    waiting = tusk.raw().request("GET", f"/gate.php?until={gate}")
    tusk.wait_for_metric(1, "tusk_queue_depth")
    assert tusk.get("/a.txt").text == "static"
    assert tusk.get("/nothing").status_code == 404
    assert tusk.admin("/health").status_code == 200
    gate.touch()
    assert running.response().status == waiting.response().status == 200


def test_the_default_capacity(start_tusk):
    """A hundred requests per worker."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 3)
    assert tusk.metrics().value("tusk_queue_capacity") == 300


def test_a_queue_is_worked_off_in_order_and_its_wait_is_measured(start_tusk, tmp_path):
    """Twenty requests wait; they are answered in the order in which they came, and the histogram
    of waits contains all of them."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--access-log")
    running, gate = tusk.hold_worker(tmp_path)
    waiting = []
    for n in range(20):
        waiting.append(tusk.raw().request("GET", f"/request.php?n={n}"))
        tusk.wait_for_metric(n + 1, "tusk_queue_depth")
    gate.touch()
    assert running.response().status == 200
    assert [w.response().status for w in waiting] == [200] * 20
    tusk.wait_for_access_log(r"n=19 ")
    order = re.findall(r"/request\.php\?n=([0-9]+) ", tusk.access_log())
    assert order == [str(n) for n in range(20)]
    assert tusk.metrics().value("tusk_queue_wait_seconds_count") == 21


def test_slow_uploads_hold_no_worker(start_tusk):
    """Twenty clients are in the middle of their uploads: the only worker is idle, and serves
    others."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    uploads = [
        tusk.raw().send("POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
        for _ in range(20)
    ]
    tusk.wait_for_metric(20, "tusk_active_connections")
    assert tusk.metrics().value("tusk_workers", state="idle") == 1
    assert tusk.get("/hello.php").text == "Hello World!"
    assert [u.send("def").response().status for u in uploads] == [200] * 20


def test_workers_that_all_hang_are_noticed(start_tusk, make_root, tmp_path):
    """They wait for a lock that is never released, and nothing ends them: while other requests
    wait for a worker, /ready answers 503 with the reason, and the log says once what each worker
    is doing. When the lock is released, everything goes on."""
    root = make_root(
        {
            "lock.php": "<?php flock(fopen($_GET['file'], 'r'), LOCK_SH); echo 'through';",
            "hello.php": "<?php echo 'Hello World!';",
        }
    )
    tusk = start_tusk(
        root, "--workers", 2, "--request-timeout", 0, "--stall-timeout", "300ms",
        "-d", "max_execution_time=0",
    )  # fmt: skip
    file = tmp_path / "lock"
    with open(file, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        hanging = [tusk.raw().request("GET", f"/lock.php?file={file}&n={n}") for n in range(2)]
        tusk.wait_for_metric(2, "tusk_workers", state="busy")
        assert tusk.admin("/ready").status_code == 200, "no request waits"
        assert tusk.metrics().value("tusk_queue_stalled_seconds") == 0
        waiting = tusk.raw().request("GET", "/hello.php")
        ready = wait_for(
            lambda: (r := tusk.admin("/ready")).status_code == 503 and r, "/ready to notice"
        ).json()
        assert ready["status"] == "stalled" and ready["requests_waiting"] == 1
        assert ready["seconds"] >= 1 and ready["workers_ready"] == 2
        assert ready["reason"] == "requests wait, and no worker takes any"
        assert tusk.metrics().value("tusk_queue_stalled_seconds") >= 1
        assert tusk.admin("/health").status_code == 200
        for n in range(2):
            tusk.wait_for_log(f"error +what a worker is doing .*uri=.*n={n}.* script=.*lock.php")
    assert [h.response().text for h in hanging] == ["through"] * 2
    assert waiting.response().text == "Hello World!"
    wait_for(tusk.is_ready, "/ready to answer 200 again")
    tusk.wait_for_log("workers take requests again")
    assert tusk.log().count("requests wait, and no worker takes any") == 1
    assert tusk.log().count("what a worker is doing") == 2
    assert tusk.metrics().value("tusk_queue_stalled_seconds") == 0


def test_busy_workers_are_not_a_stall(start_tusk, tmp_path):
    """It is no stall while no request waits for them."""
    settings = ("--workers", 1, "--request-timeout", 0, "--stall-timeout", "500ms")
    tusk = start_tusk(PHP_SCRIPTS, *settings)
    running, gate = tusk.hold_worker(tmp_path, "long")
    began = time.monotonic()

    def ready_for_a_while():
        assert tusk.is_ready()
        return time.monotonic() - began > 1.5  # three times the time after which it would be one

    wait_for(ready_for_a_while, "the time of a stall to pass")
    gate.touch()
    assert running.response().status == 200
    assert "no worker takes any" not in tusk.log()
