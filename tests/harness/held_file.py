"""A file system that does not respond, for one file: a program that opens the file waits, as on
an NFS mount whose server is gone. The kernel asks our listener (fanotify) for permission, and
the listener never answers."""

import ctypes
import os
import select
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_CLASS_CONTENT, _CLOEXEC = 0x04, 0x01
_MARK_ADD, _OPEN_PERM = 0x01, 0x10000
_AT_FDCWD = -100


class HeldFile:
    def __init__(self, path: Path):
        self._listener = _libc.fanotify_init(_CLASS_CONTENT | _CLOEXEC, os.O_RDONLY)
        if self._listener < 0:
            raise OSError(ctypes.get_errno(), "fanotify_init")
        mask = ctypes.c_uint64(_OPEN_PERM)
        name = os.fsencode(path)
        if _libc.fanotify_mark(self._listener, _MARK_ADD, mask, _AT_FDCWD, name) != 0:
            number = ctypes.get_errno()
            os.close(self._listener)
            raise OSError(number, "fanotify_mark")

    @classmethod
    def possible(cls, directory: Path) -> bool:
        """Needs root, and a kernel with fanotify's permission events."""
        probe = directory / "held-probe"
        probe.touch()
        try:
            cls(probe).let_go()
        except OSError:
            return False
        return True

    def somebody_waits(self) -> bool:
        ready = select.poll()  # descriptors may have high numbers
        ready.register(self._listener, select.POLLIN)
        return bool(ready.poll(0))

    def let_go(self) -> None:
        if self._listener >= 0:
            os.close(self._listener)
            self._listener = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.let_go()
