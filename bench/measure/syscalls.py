"""System calls per request, counted by strace.

strace makes each call many times slower, and therefore the server too: queues are fuller, and
there are fewer waits and wake-ups than at full speed. Counts of calls that every request makes
are right; counts of batched calls are too low."""

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from measure import load
from measure.context import Context
from measure.errors import BenchError
from measure.scenario import Scenario
from measure.server import clean_environment
from measure.table import align
from peers.libphp_alone import LibphpAlone
from peers.peer import Peer, ServerPeer

ATTACH_PATIENCE_S = 10
# Two runs of libphp_alone, so that the cost of its start cancels out.
FEW_REQUESTS, MANY_REQUESTS = 100, 3100
# Calls rarer than this are counted in the total only.
SHOWN_PER_REQUEST = 0.005


def _strace() -> str:
    program = shutil.which("strace")
    if program is None:
        raise BenchError("strace is not installed (Debian package strace)")
    return program


def _read_summary(path: Path) -> dict[str, int]:
    """Reads strace's table: % time, seconds, usecs/call, calls, [errors,] name."""
    counts = {}
    for line in path.read_text().splitlines():
        found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
        if found and found.group(2) != "total":
            counts[found.group(2)] = int(found.group(1))
    if not counts:
        raise BenchError("strace counted nothing; may it trace processes here?", path)
    return counts


def _is_traced(pid: int) -> bool:
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        if re.search(r"^TracerPid:\t0$", status, re.MULTILINE):
            return False
    return True


def _wait_until_traced(pids: list[int], tracer: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + ATTACH_PATIENCE_S
    while not all(_is_traced(pid) for pid in pids):
        if tracer.poll() is not None or time.monotonic() > end:
            raise BenchError("strace cannot attach to the server", log)
        time.sleep(0.02)


def _of_server(peer: ServerPeer, scenario: Scenario, context: Context) -> dict[str, float]:
    summary = context.work_dir / f"strace-{peer.key}.txt"
    log = context.work_dir / f"strace-{peer.key}.log"
    with peer.serve_warm(scenario, context) as (running, _), log.open("ab") as output:
        pids = running.pids()
        command = [_strace(), "-f", "-c", "-o", str(summary)]
        tracer = subprocess.Popen([*command, *(f"-p{pid}" for pid in pids)], stdout=output,
                                  stderr=output, start_new_session=True)
        try:
            _wait_until_traced(pids, tracer, log)
            result = load.run_wrk(running.port, scenario, context.connections, context.seconds)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(ATTACH_PATIENCE_S)
        running.check_alive()
    return {name: count / result.requests for name, count in _read_summary(summary).items()}


def _of_libphp(peer: LibphpAlone, scenario: Scenario, context: Context) -> dict[str, float]:
    script = str(context.document_root / scenario.file)
    counts = []
    for requests in (FEW_REQUESTS, MANY_REQUESTS):
        summary = context.work_dir / f"strace-{peer.key}-{requests}.txt"
        command = [_strace(), "-f", "-c", "-o", str(summary),
                   *peer.command(context, "--requests", str(requests), script)]
        subprocess.run(command, env=clean_environment(), stdout=subprocess.DEVNULL, check=True)
        counts.append(_read_summary(summary))
    few, many = counts
    return {name: (count - few.get(name, 0)) / (MANY_REQUESTS - FEW_REQUESTS)
            for name, count in many.items()}


def count(peers: list[Peer], scenario: Scenario, context: Context) -> dict[str, dict[str, float]]:
    """Returns, for each peer's key, how often a request makes each system call."""
    counted = {}
    for peer in peers:
        if isinstance(peer, LibphpAlone):
            counted[peer.key] = _of_libphp(peer, scenario, context)
        elif isinstance(peer, ServerPeer):
            counted[peer.key] = _of_server(peer, scenario, context)
    return counted


def render(peers: list[Peer], counted: dict[str, dict[str, float]]) -> str:
    columns = [counted[peer.key] for peer in peers]
    names = {name for column in columns for name, value in column.items()
             if value >= SHOWN_PER_REQUEST}
    order = sorted(names, key=lambda name: -max(column.get(name, 0) for column in columns))
    lines = [["system calls per request", *(peer.title for peer in peers)]]
    lines += [[name, *(f"{column[name]:.2f}" if column.get(name, 0) >= SHOWN_PER_REQUEST else "-"
                       for column in columns)] for name in order]
    lines.append(["all", *(f"{sum(column.values()):.2f}" for column in columns)])
    return align(lines)
