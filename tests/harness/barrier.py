"""A point at which a script waits inside one C function until the test releases it, whatever
happens to its thread meanwhile: tests/php/nasty/cannot_be_ended.php."""

import ctypes
import mmap
import threading
from pathlib import Path

_PAGE = 4096
_PROCESS_SHARED = 1

# The script's arguments.
OPTIONS = ("-d", "ffi.enable=true")


class Barrier:
    """A barrier in a file, between a script and a test."""

    def __init__(self, path: Path):
        path.write_bytes(bytes(_PAGE))
        self.query = {"barrier": str(path)}
        self._libc = ctypes.CDLL(None)
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _PAGE)
        self._address = ctypes.c_char.from_buffer(self._memory)
        attributes = ctypes.create_string_buffer(64)
        assert self._libc.pthread_barrierattr_init(attributes) == 0
        assert self._libc.pthread_barrierattr_setpshared(attributes, _PROCESS_SHARED) == 0
        assert self._libc.pthread_barrier_init(ctypes.byref(self._address), attributes, 2) == 0

    def let_go(self) -> None:
        """Returns at once; the script continues as soon as it reaches the barrier."""
        wait = self._libc.pthread_barrier_wait
        threading.Thread(target=wait, args=(ctypes.byref(self._address),), daemon=True).start()
