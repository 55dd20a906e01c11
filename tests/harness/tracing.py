"""ptrace(2) for tests: threads of another process that are stopped, or changed."""

import contextlib
import ctypes
import os
import threading
from pathlib import Path

import pytest

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long

ATTACH, DETACH, GET_REGISTERS, SET_REGISTERS = 16, 17, 0x4204, 0x4205
_ANY_THREAD = 0x40000000


def ptrace(request: int, tid: int, address=None, data=None) -> None:
    if _libc.ptrace(request, tid, address, data) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def attach(tid: int) -> None:
    """The thread has stopped when this returns. PermissionError: that is not allowed here."""
    ptrace(ATTACH, tid)
    os.waitpid(tid, _ANY_THREAD)


class Frozen:
    """A process whose threads are all stopped, as under a debugger: its parent is not told, and so
    does not continue it. To be used by one thread."""

    def __init__(self, pid: int):
        self._threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
        self._stop = threading.Event()
        self._reaper = threading.Thread(target=self._reap, daemon=True)

    def _reap(self):
        """Its parent hears that it has been killed only after its tracer."""
        left = set(self._threads)
        while left and not self._stop.wait(0.01):
            for tid in list(left):
                try:
                    done, status = os.waitpid(tid, _ANY_THREAD | os.WNOHANG)
                except ChildProcessError:
                    left.discard(tid)
                    continue
                if done and (os.WIFSIGNALED(status) or os.WIFEXITED(status)):
                    left.discard(tid)

    def __enter__(self):
        for tid in self._threads:
            try:
                attach(tid)
            except PermissionError:
                pytest.skip("other processes may not be traced here")
        self._reaper.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._reaper.join()
        for tid in self._threads:
            try:
                ptrace(DETACH, tid)
            except ProcessLookupError:  # it was killed
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(tid, _ANY_THREAD)
