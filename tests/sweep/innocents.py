"""Visitors beside the sweep."""

import threading
import time

from harness.raw import ProtocolError, RawClient
from harness.wait import PATIENCE_S
from sweep.sandbox import Sandbox


class Innocents:
    """Visitors who request the same page again and again, and check every byte of it."""

    def __init__(self, sandbox: Sandbox, clients: int = 1):
        self._sandbox = sandbox
        self._stop = threading.Event()
        self.answered, self.slowest_s, self.late = 0, 0.0, 0
        self.wrong = []  # (when, what)
        first = RawClient("127.0.0.1", sandbox.server.port).get("/innocent.php")
        assert first.status == 200, sandbox.log_tail()
        self.expected = first.text
        self._threads = [threading.Thread(target=self._visit, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _visit(self) -> None:
        connection = None
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                connection = connection or RawClient("127.0.0.1", self._sandbox.server.port)
                answer = connection.get("/innocent.php")
            except (OSError, ProtocolError, AssertionError) as error:
                connection = None
                if self._sandbox.ended(0.5) is not None or self._stop.is_set():
                    return
                self.wrong.append((time.monotonic(), f"no answer: {error!r}"))
                continue
            took = time.monotonic() - began
            self.answered += 1
            self.slowest_s = max(self.slowest_s, took)
            if answer.status == 504:
                self.late += 1  # a busy machine: the request ran for too long
            elif answer.status != 200:
                self.wrong.append((time.monotonic(), f"status {answer.status}"))
            elif answer.text != self.expected:
                self.wrong.append((time.monotonic(), self._difference(answer.text)))
            self._stop.wait(0.004)

    def wait_for_another(self) -> None:
        """Waits until a request that begins after this call is answered, or something is wrong."""
        enough = self.answered + 1 + len(self._threads)
        end = time.monotonic() + PATIENCE_S
        while self.answered < enough and not self.wrong and time.monotonic() < end:
            time.sleep(0.005)

    def _difference(self, text: str) -> str:
        pair = zip(self.expected.splitlines(), text.splitlines(), strict=False)
        lines = [f"{a.strip()} became {b.strip()}" for a, b in pair if a != b]
        return "; ".join(lines[:4])[:400] or f"cut to {len(text)} bytes"

    def finish(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
