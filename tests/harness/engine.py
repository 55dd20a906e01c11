"""The engine of the servers under test (docs/engines.md): threads, or processes.

A server whose test names no engine has the one of the variable ENGINE, or else what its PHP allows.
Three markers say that a test is true of one engine only; conftest.py leaves it out under the other, and
two say that it needs a later version of PHP, or a PHP that is not Debian's."""

import contextlib
import functools
import os

import pytest

from harness.php_build import is_debians, is_older_than
from harness.server import TUSK, run_tusk
from harness.worker_processes import HOST, children, host_of, hosts_of


@functools.cache
def is_thread_safe() -> bool:
    """Whether the PHP of the server under test can run in threads."""
    return not TUSK.is_file() or "NTS" not in run_tusk("version").stdout


@functools.cache
def default_engine() -> str:
    """The engine of servers whose test names none."""
    named = os.environ.get("ENGINE") or "auto"
    if named != "auto":
        return named
    return "threads" if is_thread_safe() else "processes"


needs_host = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

# For tests that run once with each engine, which they name themselves.
ENGINES = [
    pytest.param("threads", marks=pytest.mark.needs_threads),
    pytest.param("processes", marks=needs_host),
]


def php_processes(server_pid: int) -> list:
    """The processes in which scripts run: the server process itself, or its worker processes."""
    if default_engine() == "threads":
        return [server_pid]
    host_of(server_pid)
    return [worker for host in hosts_of(server_pid) for worker in children(host)]


def open_files(server_pid: int) -> list:
    """What the descriptors of the server and of its worker processes lead to."""
    found = []
    for pid in {server_pid, *php_processes(server_pid)}:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                found.append(os.readlink(entry.path))
    return found


def reason_to_skip(item: pytest.Item) -> str | None:
    """Why the test does not belong to this run's engine, or None if it does."""
    if item.get_closest_marker("needs_threads") and not is_thread_safe():
        return "this PHP is not thread-safe"
    if (mark := item.get_closest_marker("built_php")) and is_debians():
        return f"of a PHP that has its extensions inside: {mark.args[0]}"
    if (mark := item.get_closest_marker("since_php")) and is_older_than(mark.args[0]):
        return f"of PHP {mark.args[0]} and later: {mark.args[1]}"
    for engine in ("threads", "processes"):
        mark = item.get_closest_marker(engine)
        if mark and default_engine() != engine:
            return f"of engine = {engine}: {mark.args[0]}"
    return None
