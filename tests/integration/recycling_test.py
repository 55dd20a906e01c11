"""Server processes that are replaced because of their memory, age, lost workers or OPcache
restarts, and PHP workers that are restarted because of their memory."""

import json
import re

import httpx
import pytest

from harness import barrier
from harness.barrier import Barrier
from harness.load import Load
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

STARTS, SERVES = "replaces a server process", "replaced a server process"
DRAINED = "a replaced server process has drained"


@pytest.fixture
def start_supervised(start_tusk):
    def start(root=PHP_SCRIPTS, *args, **options):
        return start_tusk(root, *args, supervised=True, **options)

    return start


def status_of(tusk) -> dict:
    return json.loads(tusk.command("status", "--json").stdout)


def replaced(tusk, before: list) -> None:
    wait_for(lambda: len(tusk.server_pids()) == len(before) and not set(tusk.server_pids()) & set(before),
             "other server processes")  # fmt: skip


def get(tusk, path: str) -> str:
    return httpx.get(tusk.url + path, trust_env=False, timeout=30).text


def test_processes_reach_their_age_one_after_the_other(start_supervised):
    """Under load no request fails; what the log, the metrics and `tusk status` say of it."""
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 2, "--processes", 2, "--process-max-age", "1s")
    before = tusk.server_pids()
    with Load(tusk.port, keep=6, fresh=2) as load:
        replaced(tusk, before)
        wait_for(lambda: tusk.log().count(DRAINED) >= 2, "both to have drained")
        load.no_more_connections(then=lambda: tusk.process.terminate())
        outcome = load.finish()
    assert outcome.failures == [] and outcome.answered > 20
    assert tusk.wait_for_exit() == 0
    steps = re.findall(f"{STARTS}|{SERVES}|{DRAINED}", tusk.log())
    # On a slow machine their successors reach the age as well.
    assert steps[:6] == [STARTS, SERVES, DRAINED] * 2
    assert re.search(rf"{STARTS}.* pid={before[0]} reason=age measured_seconds=\d+ limit_seconds=1 ", tusk.log())


def test_much_memory_and_a_limit_that_is_too_low(start_supervised, make_root, tmp_path):
    """A request that runs is finished by the process that is replaced. A limit that each process
    reaches at once does not replace them again and again, and can be raised in place."""
    root = make_root({
        "big.php": "<?php $x = str_repeat('x', 300 << 20); touch($_GET['began']);"
                   "while (!file_exists($_GET['until'])) { usleep(2000); clearstatcache(); } echo strlen($x);",
    })  # fmt: skip
    config = tmp_path / "tusk.toml"
    config.write_text('process_memory_limit = "250MiB"\n')
    tusk = start_supervised(root, "--config", config, "--workers", 1, "-d", "memory_limit=1G")
    before = tusk.server_pids()
    running = tusk.raw().request("GET", f"/big.php?began={tmp_path}/began&until={tmp_path}/until")
    tusk.wait_for_log(rf"{SERVES}.* pid={before[0]} .*reason=memory")
    assert status_of(tusk)["generations"][0]["processes"][0]["phase"] == "draining"
    (tmp_path / "until").touch()
    assert running.response().text == str(300 << 20)
    replaced(tusk, before)
    tusk.wait_for_log(DRAINED)
    assert tusk.metrics().value("tusk_recycled_processes_total", reason="memory") == 1
    assert tusk.metrics().value("tusk_process_exits_total", reason="drained") == 1
    assert "replaced server processes: 1 memory" in tusk.command("status").stdout

    before, since = tusk.server_pids(), tusk.log_size()
    config.write_text('process_memory_limit = "1MiB"\n')
    assert "process_memory_limit" in tusk.command("reload").stdout
    assert tusk.server_pids() == before
    # The process before asked soon after its start, and so does this one.
    tusk.wait_for_log(r"raise the limit; until then it is replaced less often.*reason=memory.* limit=1048576", since)
    [process] = status_of(tusk)["generations"][0]["processes"]
    assert process["recycling"] == "memory" and tusk.server_pids() == before
    assert "to be replaced: memory" in tusk.command("status").stdout
    config.write_text("")
    assert "process_memory_limit" in tusk.command("reload").stdout
    assert "to be replaced" not in tusk.command("status").stdout
    assert tusk.server_pids() == before


@pytest.mark.threads("a worker process whose script cannot be ended is killed, and none stays lost")
def test_a_lost_worker(start_supervised, tmp_path):
    tusk = start_supervised(PHP_SCRIPTS, "--workers", 1, "--request-timeout", "300ms",
                            "--process-max-lost-workers", 1, *barrier.OPTIONS)  # fmt: skip
    before = tusk.server_pids()
    held = Barrier(tmp_path / "barrier")
    lost = tusk.get("/nasty/cannot_be_ended.php", params=held.query)
    assert lost.status_code == 504
    tusk.wait_for_log(rf"{SERVES}.* pid={before[0]} .*reason=lost_workers")
    assert get(tusk, "/hello.php") == "Hello World!"
    held.let_go()
    replaced(tusk, before)
    tusk.wait_for_log(DRAINED)
    wait_for(tusk.is_ready, "the successor to be ready")
    assert tusk.metrics().value("tusk_workers", state="lost") == 0


def test_a_restart_of_opcache(start_supervised, make_root):
    """The successor warms up before it takes over."""
    root = make_root({
        "reset.php": "<?php opcache_reset();",
        "hello.php": "Hello World!",
        "warm.php": "<?php file_put_contents(__DIR__ . '/warmed', 'x', FILE_APPEND);",
    })  # fmt: skip
    tusk = start_supervised(root, "--workers", 1, "--process-max-opcache-restarts", 1, "--warm-up", "/warm.php")
    assert (root / "warmed").read_text() == "x"
    before = tusk.server_pids()
    get(tusk, "/reset.php")
    get(tusk, "/hello.php")
    tusk.wait_for_log(rf"{SERVES}.* pid={before[0]} .*reason=opcache_restarts")
    assert (root / "warmed").read_text() == "xx"
    replaced(tusk, before)
    assert get(tusk, "/hello.php") == "Hello World!"


def test_without_a_supervisor_a_limit_is_a_warning(start_tusk):
    tusk = start_tusk(PHP_SCRIPTS, "--process-max-age", "1h")
    assert tusk.log().count("process_* limits have no effect") == 1


def test_a_worker_starts_anew_when_it_keeps_much_memory(start_tusk, make_root):
    """WORKER_MEMORY_LIMIT: what PHP's allocator keeps after a script that needed much; of a worker
    process, what it does not share."""
    root = make_root({
        "big.php": "<?php for ($i = 0; $i < 200; ++$i) $all[] = str_repeat('x', 1 << 20);",
        "hello.php": "Hello World!",
    })  # fmt: skip
    tusk = start_tusk(root, "--workers", 1, "--worker-memory-limit", "16MiB", "--log-level", "debug",
                      "-d", "memory_limit=1G")  # fmt: skip
    for _ in range(3):
        assert tusk.get("/hello.php").text == "Hello World!"
    assert tusk.metrics().value("tusk_recycled_workers_total", reason="memory") == 0
    assert tusk.get("/big.php").status_code == 200
    tusk.wait_for_log("replacing a worker: it keeps much memory")
    assert tusk.get("/hello.php").text == "Hello World!"
    tusk.wait_for_metric(1, "tusk_worker_restarts_total")
    assert tusk.metrics().value("tusk_recycled_workers_total", reason="memory") == 1
