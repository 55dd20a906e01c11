"""Waiting for conditions. No test sleeps for a fixed time, and no test's outcome depends on how
long something took: a deadline here only decides when a wait counts as a hang."""

import os
import time

# How long something may take that should happen at once. TUSK_TEST_PATIENCE raises it, for a
# sanitizer build on a busy machine; a test that passes does not become slower.
PATIENCE_S = float(os.environ.get("TUSK_TEST_PATIENCE", "30"))


class Deadline:
    """The moment at which a wait is given up."""

    def __init__(self, seconds: float = PATIENCE_S):
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def passed(self) -> bool:
        return self.left() == 0.0


def wait_for(condition, what: str, seconds: float = PATIENCE_S, poll_s: float = 0.005):
    """Calls `condition` until it returns something true, and returns that."""
    deadline = Deadline(seconds)
    while True:
        result = condition()
        if result:
            return result
        if deadline.passed():
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(min(poll_s, deadline.left()))
