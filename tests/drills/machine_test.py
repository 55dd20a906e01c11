"""Faults of the machine, beside an innocent client: files that cannot be opened, and orphans
that no process waits for."""

import os
import shutil
import signal
import statistics
import subprocess
import time
from pathlib import Path

import pytest

from drills.attack import Bystander, Memory
from harness.certificates import Authority
from harness.held_file import HeldFile
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

# How long a fault lasts. A request that it blocks waits until it is over, which no scheduler of a
# busy machine makes of a request that it does not block.
SECONDS = 5
BLOCKED_S = 0.8 * SECONDS


def check(bystander: Bystander) -> None:
    bystander.check()
    slow = statistics.quantiles(bystander.seconds, n=100)[98]
    slowest = max(bystander.seconds)
    print(
        f"\nbystander: {len(bystander.seconds)} requests, p99 {slow * 1000:.1f} ms,"
        f" {slowest * 1000:.1f} ms at most"
    )
    assert slowest < BLOCKED_S, f"one request took {slowest:.3f} s"


def test_files_that_are_never_opened(start_tusk, tmp_path):
    """A FIFO replaces a certificate, then a file system does not respond for its key, then both
    are restored: none of this blocks the loop."""
    if not HeldFile.possible(tmp_path):
        pytest.skip("needs root and fanotify to block access to a file")
    used = Authority(tmp_path).issue("localhost")
    tusk = start_tusk(
        PHP_SCRIPTS, *used.flags(), "--workers", 2,
        listen=("http://127.0.0.1:0", "https://127.0.0.1:0"),
    )  # fmt: skip
    plain = tusk.start_line.partition("http://")[2].split()[0].rstrip(",;")
    memory = Memory(tusk.pid)
    kept = used.chain.with_suffix(".kept")
    fresh = used.key.with_suffix(".fresh")
    shutil.copy(used.key, fresh)
    with HeldFile(fresh) as held, Bystander(f"http://{plain}") as bystander:
        used.chain.rename(kept)
        os.mkfifo(used.chain)
        tusk.wait_for_log("is not a regular file")
        kept.replace(used.chain)
        fresh.replace(used.key)
        wait_for(held.somebody_waits, "the server to open the key")
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            assert tusk.admin("/health").status_code == 200
            memory.look()
        held.let_go()
        tusk.wait_for_log("new certificates are in use")
    check(bystander)
    memory.check("certificates that are held up", 20)


def may_be_process_1() -> bool:
    probe = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(probe, capture_output=True).returncode == 0


def zombies(server: int) -> int:
    count = 0
    for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
        try:
            count += Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            continue
    return count


@pytest.mark.skipif(
    not may_be_process_1(), reason="needs permission to create a process namespace (unshare --pid)"
)
def test_orphans_by_the_thousand(start_tusk, make_root):
    """tusk is process 1: each request leaves ten programs behind. When they have ended, their
    processes and the kernel's memory for them are gone."""
    root = make_root(
        {
            "hello.php": "<?php echo 'Hello World!';",
            "orphans.php": "<?php exec('for i in 1 2 3 4 5 6 7 8 9 10; do true & done');",
        }
    )
    tusk = start_tusk(
        root, "--workers", 2,
        wrapper=("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"),
    )  # fmt: skip
    server = int(Path(f"/proc/{tusk.pid}/task/{tusk.pid}/children").read_text())
    memory = Memory(server)
    most = left = 0
    try:
        with Bystander(tusk.url) as bystander:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                assert tusk.get("/orphans.php").status_code == 200
                left += 10
                most = max(most, zombies(server))
                memory.look()
        print(f"\n{left} programs left behind, {most} zombies at most")
        check(bystander)
        wait_for(lambda: zombies(server) == 0, "all of them to be gone")
        memory.check("orphans", 20)
    finally:
        os.kill(server, signal.SIGTERM)  # unshare itself ignores the signal
    assert tusk.wait_for_exit() == 0
