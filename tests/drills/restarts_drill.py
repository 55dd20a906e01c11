"""Crashes and reloads under load. `make drill-restarts` runs them, for TUSK_DRILL_SECONDS each (60)."""

import bisect
import os
import re
import shutil
import signal
import statistics
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from drills.attack import allow_descriptors
from drills.steady_load import BIG_BYTES, PIECES, SLOW_S, SteadyLoad
from harness.server import PHP_SCRIPTS, runs_server
from harness.wait import wait_for

SECONDS = float(os.environ.get("TUSK_DRILL_SECONDS", "60"))
# From a crash until requests must succeed.
RECOVERY_S = 1.0

EVENTS = f"""<?php
header('Content-Type: text/event-stream');
for ($n = 0; $n < {PIECES}; $n++) {{
    echo "data: $n\\n\\n";
    flush();
    usleep({int(SLOW_S / PIECES * 1e6)});
}}
"""


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name in ("work.php", "give_up.php", "hello.php"):
        shutil.copy(PHP_SCRIPTS / name, root)
    (root / "events.php").write_text(EVENTS)
    (root / "big.bin").write_bytes(os.urandom(BIG_BYTES))
    return root


@pytest.fixture
def start(start_tusk, root):
    allow_descriptors(4096)

    def start(*args, **options):
        return start_tusk(
            root, "--workers", 32, "-d", "ffi.enable=true", *args, supervised=True, **options
        )

    return start


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def zombies(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return sum(") Z " in Path(f"/proc/{child}/stat").read_text() for child in children)


def children(parent: int) -> list:
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(child) for child in text.split()]


def server_pids(supervisor: int) -> list:
    return [pid for pid in children(supervisor) if runs_server(pid)]


def check_supervisor(supervisor: int, before: int, processes: int = 1) -> None:
    wait_for(lambda: len(server_pids(supervisor)) == processes, "one generation only")
    wait_for(lambda: zombies(supervisor) == 0, "no zombie")
    wait_for(lambda: descriptors(supervisor) <= before, "as few descriptors as before")


LOADS = {
    "16 kept": {"kept": 12, "fresh": 4, "pause": 0.05},
    "256 kept": {"kept": 240, "fresh": 16, "pause": 0.5},
    "16 http2": {"http2": 16, "pause": 0.2},
    "256 http2": {"http2": 256, "streams": 2, "pause": 1.0},
}


def crash(tusk, number: int, pid: int) -> None:
    """SIGKILL to a server process, or a write to a wild address by a script, in turns."""
    if number % 2 == 0:
        os.kill(pid, signal.SIGKILL)
        return
    try:
        httpx.get(f"{tusk.url}/give_up.php?do=wild", trust_env=False, timeout=10)
    except httpx.TransportError:
        return
    raise AssertionError("the crash was answered")


AS_PROCESS_1 = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--")


@pytest.mark.parametrize(
    "load, wrapper",
    [*((load, ()) for load in LOADS), ("16 kept", AS_PROCESS_1)],
    ids=[*LOADS, "16 kept as process 1"],
)
def test_crashes_cost_only_the_requests_in_flight(start, load, wrapper):
    """Every 2 s a server process crashes. A request fails only if it or its connection was there at a
    crash, and 99 in 100 of those that begin a second after a crash, and are not cut off by the next
    one, are answered."""
    tusk = start(wrapper=wrapper)
    supervisor = children(tusk.pid)[0] if wrapper else tusk.pid
    before = descriptors(supervisor)
    crashes = []
    with SteadyLoad(tusk.port, **LOADS[load]) as clients:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            time.sleep(2)
            pids = wait_for(lambda: server_pids(supervisor), "a process")
            begun = time.monotonic()
            crash(tusk, len(crashes), pids[0])
            wait_for(lambda: pids[0] not in server_pids(supervisor), "the process to be gone")
            crashes.append((begun, time.monotonic()))
        time.sleep(2)
        attempts = clients.finish()
    judge_crashes(attempts, crashes)
    busy = [int(number) for number in re.findall(r"busy_workers=(\d+)", tusk.log())]
    print(f"{sum(busy)} requests ran at the crashes, says the log")
    print(f"{clients.unannounced} idle connections closed")
    check_supervisor(supervisor, before)
    os.kill(supervisor, signal.SIGTERM)
    assert tusk.wait_for_exit() == 0


def judge_crashes(attempts: list, crashes: list) -> None:
    starts = [begun for begun, _ in crashes]
    ends = [ended for _, ended in crashes]
    without_reason, later, later_failed, later_in_flight, waits = [], 0, 0, 0, []
    for attempt in attempts:
        last = bisect.bisect(ends, attempt.begun) - 1
        # A client sees a little later that its connection has ended, and may have sent a request on
        # it meanwhile.
        since = attempt.on_connection_since()
        crossed = any(since <= end and attempt.ended >= start for start, end in crashes)
        if attempt.failure and not crossed:
            without_reason.append(attempt)
        if last >= 0 and attempt.begun - ends[last] >= RECOVERY_S:
            later += 1
            later_failed += bool(attempt.failure)
            later_in_flight += bool(attempt.failure and crossed)
        elif last >= 0 and not attempt.failure:
            waits.append(attempt.ended - attempt.begun)
    failed = [attempt for attempt in attempts if attempt.failure]
    print(
        f"\n{len(attempts)} requests, {len(crashes)} crashes, {len(failed)} failed"
        f" ({len(failed) / len(crashes):.1f} a crash), {len(without_reason)} without reason;"
        f" begun a second after a crash: {later}, {later_failed} failed"
        f" ({later_in_flight} at the next crash);"
        f" answered within that second: {len(waits)},"
        f" p50 {statistics.median(waits) * 1000:.0f} ms, slowest {max(waits) * 1000:.0f} ms"
    )
    for attempt in without_reason[:10]:
        print(attempt, attempt.begun - starts[bisect.bisect(starts, attempt.begun) - 1])
    assert without_reason == []
    later -= later_in_flight
    assert later > 100 and (later - later_failed + later_in_flight) / later >= 0.99


@pytest.mark.parametrize("load", LOADS)
def test_reloads_cost_nothing(start, load):
    """SIGHUP every second, with uploads, downloads and event streams under way: no failure. An idle
    connection of HTTP/1 may be closed (RFC 9112 section 9.5); the load then opens another."""
    tusk = start()
    tusk.signal(signal.SIGHUP)
    tusk.wait_for_log("a generation has drained")
    before = descriptors(tusk.pid)
    with SteadyLoad(tusk.port, slow=4, **LOADS[load]) as clients:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            time.sleep(1)
            tusk.signal(signal.SIGHUP)
        attempts = clients.finish()
    failures = clients.failures()
    kinds = {a.kind: sum(b.kind == a.kind for b in attempts) for a in attempts}
    reloads = tusk.log().count("reloaded: a new generation serves")
    slowest = sorted(a.ended - a.begun for a in attempts if a.kind in ("kept", "fresh", "http2"))
    print(f"\n{kinds}, {reloads} reloads, {len(failures)} failed, {clients.unannounced} idle"
          f" connections closed, p99 {slowest[-len(slowest) // 100] * 1000:.0f} ms,"
          f" slowest {slowest[-1] * 1000:.0f} ms")
    for (kind, failure), count in Counter((a.kind, a.failure) for a in failures).most_common(10):
        print(f"{count} {kind}: {failure}")
    assert failures == [] and reloads > SECONDS / 4
    check_supervisor(tusk.pid, before)
