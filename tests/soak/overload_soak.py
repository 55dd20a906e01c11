"""Overload: for TUSK_SOAK_SECONDS (60) ten times as many requests arrive as the workers can run.

What is refused is refused at once, what is served has not waited longer than the queue's time
limit, memory does not grow, and one second later everything is served again."""

import asyncio
import time
from collections import defaultdict
from pathlib import Path

import pytest

from harness.code_site import soak_seconds

WORKERS = 4
SCRIPT_S = 0.050
CAPACITY = WORKERS / SCRIPT_S  # requests a second
QUEUE_TIMEOUT_S = 0.5
GROWTH = 16 * 1024 * 1024
REQUEST = b"GET /work.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

pytestmark = pytest.mark.timeout(soak_seconds() + 120)


@pytest.mark.parametrize("queue_capacity", [16, 1000], ids=["full_queue", "long_queue"])
def test_ten_times_the_capacity(start_tusk, tmp_path, queue_capacity):
    """A short queue is full, and refuses when a request comes. A long one refuses what would wait
    longer than the time limit, as fast as the workers are."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "work.php").write_text(f"<?php usleep({int(SCRIPT_S * 1e6)}); echo 'done';")
    tusk = start_tusk(
        root,
        *("--workers", WORKERS, "--queue-capacity", queue_capacity),
        *("--queue-timeout", f"{int(QUEUE_TIMEOUT_S * 1000)}ms"),
        supervised=True,
    )
    (server,) = tusk.server_pids()
    asyncio.run(_arrive(tusk.port, CAPACITY * 10, 3))  # what grows once has grown
    before = _memory(server)
    took = asyncio.run(_arrive(tusk.port, CAPACITY * 10, soak_seconds()))
    after = _memory(server)
    time.sleep(1)
    recovered = asyncio.run(_arrive(tusk.port, CAPACITY / 2, 2))

    print()
    for status in sorted(took, key=str):
        print(f"{status}: {_describe(took[status])}")
    print(f"memory {before >> 10} KiB before, {after >> 10} KiB after")
    print(f"recovered: {({status: len(times) for status, times in recovered.items()})}")

    assert set(took) == {200, 503}
    served = len(took[200])
    assert served > CAPACITY * soak_seconds() * 0.8
    assert _percentile(took[503], 90) < 0.010
    assert _percentile(took[200], 99) < QUEUE_TIMEOUT_S + SCRIPT_S + 0.2
    assert after - before < GROWTH
    assert set(recovered) == {200}
    assert tusk.server_pids() == [server]


async def _arrive(port: int, rate: float, seconds: float) -> dict:
    """Sends requests at this rate, whatever becomes of the earlier ones. Returns the times that
    answers took, in seconds, by status; an exception's name where there was no answer."""
    took = defaultdict(list)
    asked = set()
    begin = time.monotonic()
    count = 0
    while (now := time.monotonic()) < begin + seconds:
        while count < (now - begin) * rate:
            count += 1
            asked.add(task := asyncio.create_task(_ask(port, took)))
            task.add_done_callback(asked.discard)
        await asyncio.sleep(0.002)
    if asked:
        await asyncio.wait(asked)
    return took


async def _ask(port: int, took: dict) -> None:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        begin = time.monotonic()
        writer.write(REQUEST)
        answer = await reader.read()
        took[int(answer[9:12])].append(time.monotonic() - begin)
        writer.close()
    except (OSError, ValueError) as trouble:
        took[type(trouble).__name__].append(0.0)


def _percentile(times: list, percent: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * percent / 100))]


def _describe(times: list) -> str:
    values = ", ".join(f"p{p} {_percentile(times, p) * 1000:.1f} ms" for p in (50, 90, 99, 100))
    return f"{len(times)} answers, {values}"


def _memory(pid: int) -> int:
    """The proportional share of the process's memory, in bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no Pss line")
