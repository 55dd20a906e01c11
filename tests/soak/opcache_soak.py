"""OPcache is restarted at random while all workers run scripts, for TUSK_SOAK_SECONDS (60) in
each test. `make soak` runs this; `make soak PRESET=asan` uses sanitizers."""

import random
import shutil
import time

import pytest

from harness.code_site import CodeSite, Crowd, age, soak_seconds
from harness.raw import RawClient
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

pytestmark = pytest.mark.timeout(soak_seconds() + 300)

WORKERS = 4
TINY = (
    *("-d", "opcache.memory_consumption=8", "-d", "opcache.interned_strings_buffer=1"),
    *("-d", "opcache.max_wasted_percentage=1"),
)
JIT = (
    *("-d", "opcache.jit=tracing", "-d", "opcache.jit_buffer_size=64M"),
    *("-d", "opcache.jit_hot_func=2", "-d", "opcache.jit_hot_loop=2"),
)


RESETS = ("reset", "invalidate", "compile", "status", "wait")
OVERFLOWS = ("invalidate", "compile", "status")


@pytest.mark.parametrize(
    "options, padding, actions",
    [((), 100, RESETS), (JIT, 100, RESETS), (TINY, 60_000, OVERFLOWS)],
    ids=["resets", "resets_with_jit", "out_of_memory"],
)
def test_restarts_at_full_load(start_tusk, tmp_path, options, padding, actions):
    """Every answer is right and every reset takes place. Afterwards each worker works, none was
    replaced, and the process has no more threads or descriptors than before."""
    root = tmp_path / "root"
    root.mkdir()
    for name in ("opcache/control.php", "gate.php", "hello.php"):
        age(shutil.copy(PHP_SCRIPTS / name, root))
    site = CodeSite(root, scripts=60, padding_bytes=padding)
    tusk = start_tusk(
        root, "--workers", WORKERS, "--opcache-restart-timeout", "1h", *options, "--log-level", "info"
    )
    for n in range(site.scripts):
        site.check(tusk.raw(), n, "warm")
    before = _resources(tusk)
    dice = random.Random(7)
    resets = 0

    def ask(connection: RawClient, client: int, sequence: int) -> None:
        site.check(connection, (client * 17 + sequence) % site.scripts, f"{client}-{sequence}")

    end = time.monotonic() + soak_seconds()
    with Crowd(tusk.port, ask, clients=2 * WORKERS) as crowd:
        while time.monotonic() < end:
            crowd.check()
            n = dice.randrange(site.scripts)
            action = dice.choice(actions)
            if action == "wait":
                goal = crowd.answered() + dice.randrange(1, 6 * site.scripts)
                wait_for(lambda: crowd.check() and crowd.answered() >= goal, "more answers")
                continue
            response = tusk.get(f"/control.php?do={action}&file=lib/{n}.php")
            assert response.status_code == 200, response.text
            resets += action == "reset" and response.text == "true"
        print(f"{crowd.answered()} answers, {resets} resets accepted")

    assert tusk.get("/hello.php").text == "Hello World!"
    statistics = tusk.get("/control.php?do=status").json()["opcache_statistics"]
    restarts = sum(statistics[f"{why}_restarts"] for why in ("manual", "oom", "hash"))
    print(f"{restarts} restarts, {statistics['oom_restarts']} of them out of memory")
    assert statistics["manual_restarts"] == resets
    assert restarts > 0
    metrics = tusk.metrics()
    assert metrics.total("tusk_opcache_restarts_total") == restarts
    assert metrics.value("tusk_opcache_restarts_put_off_total") == 0
    assert metrics.value("tusk_worker_restarts_total") == 0
    assert metrics.value("tusk_php_fatal_errors_total") == 0
    _each_worker_works(tusk, tmp_path)
    wait_for(lambda: _resources(tusk) == before, f"threads and descriptors to be {before} again")


def _each_worker_works(tusk, directory) -> None:
    gates = [tusk.hold_worker(directory, f"gate{n}") for n in range(WORKERS)]
    for connection, gate in gates:
        gate.touch()
        assert connection.response().text == "through the gate\n"


def _resources(tusk) -> dict:
    metrics = tusk.metrics()
    for line in open(f"/proc/{tusk.pid}/status", encoding="ascii"):
        if line.startswith("Threads:"):
            threads = int(line.split()[1])
    connections = metrics.value("tusk_active_connections")
    return {"threads": threads, "descriptors": metrics.value("process_open_fds") - connections}
