"""Server: the process of a peer, from its start until it has certainly ended."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from measure import machine
from measure.errors import BenchError

START_PATIENCE_S = 20
STOP_PATIENCE_S = 10

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment() -> dict[str, str]:
    """Returns an environment without variables that could configure a peer by accident: tusk and
    PHP read many names."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR", "LD_LIBRARY_PATH")
            if name in os.environ}
    return kept | {"PHP_INI_SCAN_DIR": "", "LC_ALL": "C.UTF-8"}


def _end_with_us() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Server:
    def __init__(self, name: str, command: list[str], log: Path,
                 environment: dict[str, str] | None = None):
        self.name = name
        self.log = log
        with log.open("ab") as output:
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    env=clean_environment() | (environment or {}), preexec_fn=_end_with_us, start_new_session=True)
            except OSError as error:
                raise BenchError(f"{name} cannot be started: {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def pids(self) -> list[int]:
        return machine.process_tree(self.pid)

    def check_alive(self) -> None:
        status = self._process.poll()
        if status is not None:
            raise BenchError(f"{self.name} ended with status {status}", self.log)

    def wait_until_it_listens(self, address: tuple[str, int] | str) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        end = time.monotonic() + START_PATIENCE_S
        while True:
            self.check_alive()
            with socket.socket(family) as probe:
                if probe.connect_ex(address) == 0:
                    return
            if time.monotonic() > end:
                raise BenchError(f"{self.name} does not listen on {address}", self.log)
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it and the processes that it started, gracefully if possible."""
        pids = self.pids()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # Its children exit on their own, unless it had to be killed.
        for pid in pids[1:]:
            self._end_child(pid)

    def _end_child(self, pid: int) -> None:
        try:
            if os.getsid(pid) == self.pid:  # still ours, and not a new process with an old number
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
