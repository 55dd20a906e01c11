"""A server whose clocks jump: a library that is loaded before libc adds to what its processes read. The kernel's own
waits, which end at a time of the real clock, are not changed, as after a jump between the reading and the wait."""

import mmap
import struct
import subprocess
from pathlib import Path

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile long long* seconds;  /* to add to: the wall clock, the monotonic clock */

__attribute__((constructor)) static void begin(void) {
  char program[PATH_MAX] = {0};
  (void)!readlink("/proc/self/exe", program, sizeof program - 1);
  const char* const name = strrchr(program, '/');
  if (name == NULL || strcmp(name + 1, getenv("SHIFTED_PROGRAM")) != 0) return;
  void* const at = mmap(NULL, 16, PROT_READ, MAP_SHARED, open(getenv("SHIFTED_CLOCK"), O_RDONLY), 0);
  if (at != MAP_FAILED) seconds = at;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*next)(clockid_t, struct timespec*);
  if (next == NULL) next = dlsym(RTLD_NEXT, "clock_gettime");
  const int result = next(clock, now);
  if (seconds == NULL) return result;
  if (clock == CLOCK_REALTIME) now->tv_sec += seconds[0];
  if (clock == CLOCK_MONOTONIC) now->tv_sec += seconds[1];
  return result;
}
"""


class ShiftedClock:
    """`env` is for the server, whose processes of that program have the clocks."""

    def __init__(self, directory: Path, program: str):
        source, library, values = (directory / f"clock.{ending}" for ending in ("c", "so", "values"))
        source.write_text(_SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        values.write_bytes(bytes(16))
        self._values = values
        self.env = {"LD_PRELOAD": library, "SHIFTED_PROGRAM": program, "SHIFTED_CLOCK": values}

    def jump(self, wall: int = 0, monotonic: int = 0) -> None:
        """By how many seconds the clocks are ahead from now on."""
        with open(self._values, "r+b") as file, mmap.mmap(file.fileno(), 16) as memory:
            memory[:] = struct.pack("qq", wall, monotonic)
