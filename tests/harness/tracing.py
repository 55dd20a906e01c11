"""ptrace(2) for tests: threads of another process that are stopped, or changed."""

import ctypes
import os
from pathlib import Path

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
    """A process whose threads are all stopped, as under a debugger: its parent is not told. To be
    used by one thread."""

    def __init__(self, pid: int):
        self._threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]

    def __enter__(self):
        for tid in self._threads:
            attach(tid)
        return self

    def __exit__(self, *_):
        for tid in self._threads:
            ptrace(DETACH, tid)
