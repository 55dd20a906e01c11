"""BenchError: an error that a person can act upon, with the logs that explain it."""

from pathlib import Path

SHOWN_LINES = 25


class BenchError(Exception):
    def __init__(self, message: str, *logs: Path):
        super().__init__(message)
        self.logs = logs

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(tail(log) for log in self.logs)])


def tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError as error:
        return f"  ({log}: {error.strerror})"
    if not lines:
        return f"  ({log} is empty)"
    return "\n".join([f"  the end of {log}:", *(f"    {line}" for line in lines[-SHOWN_LINES:])])
