"""Several pools of workers at run time: none delays another, they grow and shrink, and a resident
worker is replaced by a successor that serves already."""

import threading

import httpx

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

GATE = (PHP_SCRIPTS / "gate.php").read_bytes()


def pools(tusk) -> dict:
    return {pool["pool"]: pool for pool in tusk.admin("/ready").json()["pools"]}


def hold(tusk, directory, path: str, name: str):
    """Begins a request for a script that waits. Returns its connection and its gate."""
    gate, began = directory / name, directory / f"{name}-began"
    connection = tusk.raw().request("GET", f"{path}?until={gate}&began={began}")
    return connection, gate, began


def test_a_pool_that_is_busy_delays_no_other(start_tusk, make_root, tmp_path):
    """Two of four workers belong to /export/*. While both sleep and one request waits, further
    ones are answered 503, and other requests are served at once. All views name the pool."""
    root = make_root({"export/gate.php": GATE, "hello.php": "<?php echo 'Hello World!';"})
    file = tmp_path / "tusk.toml"
    file.write_text(
        "php_workers = 2\nslow_request = '100ms'\n"
        "[[pool]]\nname = 'export'\nmatch = ['/export/*']\nworkers = 2\nqueue = 1\n"
    )
    tusk = start_tusk(root, "--config", file, supervised=True)
    held = []
    for n in range(2):
        held.append(hold(tusk, tmp_path, "/export/gate.php", f"gate{n}"))
        wait_for(held[-1][2].exists, "the script to begin")
    held.append(hold(tusk, tmp_path, "/export/gate.php", "gate2"))
    tusk.wait_for_metric(1, "tusk_pool_queue_depth", pool="export")
    for _ in range(3):
        refused = tusk.get("/export/gate.php")
        assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
        assert tusk.get("/hello.php").text == "Hello World!"
    tusk.wait_for_log(r"answered 503: the queue is full times=\d+ last=export")
    tusk.wait_for_log(r"slow request is running .* worker=\d+ pool=export ")

    metrics = tusk.metrics()
    rejected = {"reason": "full"}
    assert metrics.value("tusk_pool_queue_rejected_total", pool="export", **rejected) == 3
    assert metrics.value("tusk_pool_queue_rejected_total", pool="default", **rejected) == 0
    assert metrics.value("tusk_queue_rejected_total", **rejected) == 3
    assert metrics.value("tusk_pool_workers", pool="export", state="busy") == 2
    assert metrics.value("tusk_pool_workers", pool="default", state="idle") == 2
    assert metrics.value("tusk_pool_queue_capacity", pool="export") == 1
    assert metrics.value("tusk_queue_depth") == 1
    assert metrics.value("tusk_pool_requests_total", pool="default") == 3
    assert metrics.value("tusk_pool_requests_total", pool="export") == 2
    ready = pools(tusk)
    assert ready["export"] == {
        "pool": "export", "status": "ready", "workers_ready": 2, "workers_total": 2,
    }  # fmt: skip
    workers = tusk.admin("/workers?format=json").json()["processes"][0]["workers"]
    assert [(w["worker"], w["pool"]) for w in workers] == [
        (0, "default"), (1, "default"), (2, "export"), (3, "export"),
    ]  # fmt: skip
    assert [w["request"] is not None for w in workers] == [False, False, True, True]
    table = tusk.command("workers", "--pool", "export").stdout
    assert "POOL" in table and "/export/gate.php" in table and "hello.php" not in table
    unknown = tusk.command("workers", "--pool", "web")
    assert unknown.returncode == 1
    assert "no pool 'web' has workers; there are: default, export" in unknown.stderr

    for _, gate, _ in held:
        gate.touch()
    assert [connection.response().status for connection, _, _ in held] == [200] * 3
    tusk.wait_for_metric(3, "tusk_pool_requests_total", pool="export")


def test_a_pool_grows_while_requests_wait_and_shrinks_again(start_tusk, make_root, tmp_path):
    """It has at most three workers, and one again in the end. A worker that is retired has
    answered its request."""
    file = tmp_path / "tusk.toml"
    file.write_text(
        "php_workers = 1\n"
        "[[pool]]\nname = 'export'\nmatch = ['/export/*']\nmin = 1\nmax = 3\ncooling = '1s'\n"
    )
    tusk = start_tusk(make_root({"export/gate.php": GATE}), "--config", file)
    held = [hold(tusk, tmp_path, "/export/gate.php", f"gate{n}") for n in range(4)]
    wait_for(lambda: sum(began.exists() for _, _, began in held) == 3, "three workers")
    tusk.wait_for_metric(1, "tusk_pool_queue_depth", pool="export")
    for _, gate, _ in held:
        gate.touch()
    assert [connection.response().status for connection, _, _ in held] == [200] * 4
    tusk.wait_for_metric(2, "tusk_pool_resizes_total", pool="export", change="shrunk")
    tusk.wait_for_metric(1, "tusk_pool_workers", pool="export", state="idle")
    metrics = tusk.metrics()
    assert metrics.value("tusk_pool_resizes_total", pool="export", change="grown") == 2
    assert metrics.value("tusk_pool_requests_total", pool="export") == 4
    assert tusk.get(f"/export/gate.php?until={held[0][1]}").status_code == 200


def test_a_resident_pool_grows_and_shrinks_without_a_failed_request(
    start_tusk, make_root, tmp_path
):
    """Workers that are added boot the script first, and those that are retired end it after their
    request. Clients ask all the time, and each of their requests is answered with 200."""
    file = tmp_path / "tusk.toml"
    file.write_text(
        "php_workers = 1\n"
        "[[pool]]\nname = 'app'\nscript = 'root/app.php'\nmin = 1\nmax = 3\ncooling = '1s'\n"
    )
    loop = "<?php while (tusk_handle_request(function () { include __DIR__ . '/gate.inc'; }));"
    tusk = start_tusk(make_root({"app.php": loop, "gate.inc": GATE}), "--config", file)
    (tmp_path / "open").touch()
    statuses = []
    done = threading.Event()

    def ask():
        while not done.is_set():
            answer = httpx.get(f"{tusk.url}/app.php?until={tmp_path}/open", timeout=60, trust_env=False)
            statuses.append(answer.status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        held = [hold(tusk, tmp_path, "/app.php", f"gate{n}") for n in range(3)]
        wait_for(lambda: sum(began.exists() for _, _, began in held) == 3, "three workers")
        tusk.wait_for_metric(1, "tusk_pool_queue_depth", pool="app")
        for _, gate, _ in held:
            gate.touch()
        assert [connection.response().status for connection, _, _ in held] == [200] * 3
        tusk.wait_for_metric(2, "tusk_pool_resizes_total", pool="app", change="shrunk")
        wait_for(lambda: pools(tusk)["app"]["workers_ready"] == 1, "one worker")
    finally:
        done.set()
        asking.join()
    assert set(statuses) == {200}
    metrics = tusk.metrics()
    assert metrics.value("tusk_pool_resizes_total", pool="app", change="grown") == 2
    assert metrics.value("tusk_pool_boots_total", pool="app") == 3
    assert metrics.value("tusk_pool_boot_failures_total", pool="app") == 0
    assert metrics.value("tusk_pool_requests_total", pool="app") == len(statuses) + 3
    assert metrics.total("tusk_pool_queue_rejected_total", pool="app") == 0


RESIDENT = """<?php
$boot = (int) @file_get_contents($_SERVER['DIRECTORY'] . '/boots') + 1;
file_put_contents($_SERVER['DIRECTORY'] . '/boots', $boot);
while ($boot > 1 && !file_exists($_SERVER['DIRECTORY'] . '/gate')) {
    usleep(2000);
    clearstatcache();
}
while (tusk_handle_request(function () use ($boot) { echo "boot $boot"; }));
"""


def test_a_resident_worker_serves_until_its_successor_does(start_tusk, make_root, tmp_path):
    """The only worker of a pool has served as many requests as it may, and goes on while its
    successor boots: no request waits for the boot, and none is refused."""
    file = tmp_path / "tusk.toml"
    file.write_text(
        "php_workers = 1\n"
        "[[pool]]\nname = 'app'\nscript = 'root/app.php'\nworkers = 1\nmax_requests = 2\n"
    )
    root = make_root({"app.php": RESIDENT})
    tusk = start_tusk(root, "--config", file, env={"DIRECTORY": tmp_path})
    assert [tusk.get("/app.php").text for _ in range(2)] == ["boot 1"] * 2
    wait_for(lambda: (tmp_path / "boots").read_text() == "2", "the successor to boot")
    tusk.wait_for_metric(1, "tusk_pool_workers", pool="app", state="booting")
    assert [tusk.get("/app.php").text for _ in range(5)] == ["boot 1"] * 5
    assert pools(tusk)["app"]["status"] == "ready"
    (tmp_path / "gate").touch()
    wait_for(lambda: tusk.get("/app.php").text != "boot 1", "the successor to serve")
    labels = {"pool": "app", "reason": "requests"}
    tusk.wait_for_metric(lambda n: n >= 1, "tusk_pool_recycled_workers_total", **labels)
    metrics = tusk.metrics()
    assert metrics.value("tusk_pool_boots_total", pool="app") >= 2
    assert metrics.total("tusk_pool_queue_rejected_total", pool="app") == 0


def test_a_pool_has_a_time_limit_of_its_own(start_tusk, make_root, tmp_path):
    """A slow endpoint may take longer than others, and a quick one must not."""
    script = "<?php sleep($_GET['s']); echo 'done';"
    root = make_root({"export/a.php": script, "quick/a.php": script, "a.php": script})
    file = tmp_path / "tusk.toml"
    file.write_text(
        "request_timeout = '1s'\nphp_workers = 1\n"
        "[[pool]]\nname = 'export'\nmatch = '/export/**'\nrequest_timeout = '1h'\n"
        "[[pool]]\nname = 'quick'\nmatch = '/quick/**'\nrequest_timeout = '200ms'\n"
    )
    tusk = start_tusk(root, "--config", file)
    assert tusk.get("/export/a.php?s=2").text == "done"
    assert tusk.get("/a.php?s=60").status_code == 504
    assert tusk.get("/quick/a.php?s=60").status_code == 504
    for limit in ("1000", "200"):
        tusk.wait_for_log(f"Request timeout of {limit} ms exceeded")
