"""Watches that counters never become less."""

import re

from harness.background import Background


def counters(metrics) -> dict:
    """Every series that must never become less."""

    def counts(name):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        return metrics.types.get(name) == "counter" or metrics.types.get(family) == "histogram"

    return {key: value for key, value in metrics.samples.items() if counts(key[0])}


class Scraper(Background):
    """Scrapes all the time and keeps what became less."""

    def __init__(self, tusk):
        super().__init__()
        self.fallen = []
        self.scrapes = 0
        self._tusk = tusk

    def _run(self, _number: int):
        before = {}
        while not self._stop.is_set():
            try:
                now = counters(self._tusk.metrics())
            except (AssertionError, OSError, ConnectionError):
                continue
            except Exception as error:  # a process that was killed while it answered
                assert type(error).__module__.startswith(("httpx", "httpcore")), error
                continue
            self.fallen += [(key, before[key], now.get(key)) for key in before if now.get(key, -1) < before[key]]
            before = now
            self.scrapes += 1
