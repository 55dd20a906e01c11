"""Threads that run beside a test."""

import threading


class Background:
    """Runs _run(number) on `count` threads while the block lasts. _run() ends soon after `_stop`
    is set."""

    def __init__(self, count: int = 1):
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True)
            for number in range(count)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        raise NotImplementedError
