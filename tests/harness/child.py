"""Child processes that end with the tests, however the tests end."""

import ctypes
import signal

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """For subprocess.Popen(preexec_fn=...): the kernel ends the child when the test runner is
    gone (killed by a time limit, for example), so that no server is left behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
