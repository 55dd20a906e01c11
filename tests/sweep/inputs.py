"""Inputs that are known to harm a server with one shared process: the scripts of
tests/php/hostile/, how each is requested, and the check that nothing was left behind."""

import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.raw import ProtocolError, RawClient


@dataclass
class Input:
    script: str
    kind: str
    ask: Callable | None = None  # (side) → what it looks like; else GET, `times` times
    times: int = 3
    at_once: int = 1
    query: str = ""  # {port}: of a peer that says nothing
    check: tuple = ()  # (path, the text that it must answer)

    def title(self) -> str:
        """Returns the script's own description."""
        scripts = Path(__file__).resolve().parents[1] / "php/hostile"
        first = (scripts / f"{self.script}.php").read_text().splitlines()[0]
        return first.removeprefix("<?php // ").rstrip(".")


def read_answer(port: int, target: str, patience_s: float = 12) -> str:
    """Returns status and text, or why there is none."""
    try:
        with RawClient("127.0.0.1", port) as connection:
            connection._socket.settimeout(patience_s)
            answer = connection.get(target)
            text = answer.body[:400].decode("utf-8", "replace")
            text = "" if "<html" in text else re.sub(r"<[^>]*>?", " ", text)  # the server's own
            return f"{answer.status} {' '.join(text.split())[:40]}".strip()
    except (OSError, ProtocolError):
        return "no answer"
    except AssertionError:
        return f"nothing in {patience_s:g} s"


class Background:
    """A request that runs while others are made."""

    def __init__(self, port: int, target: str):
        self.answer = None
        self._thread = threading.Thread(target=self._ask, args=(port, target), daemon=True)
        self._thread.start()

    def _ask(self, port: int, target: str) -> None:
        self.answer = read_answer(port, target, 25)

    def finish(self) -> str:
        self._thread.join(30)
        return self.answer or "no answer"


def _wait(file: Path) -> bool:
    end = time.monotonic() + 5
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.01)
    return file.exists()


def reset_while_reading(side) -> str:
    for _ in range(5):
        try:
            connection = RawClient("127.0.0.1", side.port)
            connection.request("GET", "/curl_output.php")
            connection.read_exactly(1000)
            connection.reset()
        except (OSError, ProtocolError, AssertionError):
            return "no answer"
    return ""


def _write_beside_a_lock(side, query: str, get: bool) -> str:
    held, file = side.scratch / "held", side.root / "held.sqlite3x"
    script = Background(side.port, f"/lock_held.php{query}")
    if not _wait(held):
        return script.finish()
    if get:
        read_answer(side.port, "/held.sqlite3x")
    try:
        with sqlite3.connect(file, timeout=0) as database:
            database.execute("INSERT INTO t VALUES (2)")
        seen = "ANOTHER PROCESS WROTE"
    except sqlite3.OperationalError:
        seen = "locked"
    held.unlink()
    return f"{seen}, {script.finish()}"


def lock_and_get(side) -> str:
    return _write_beside_a_lock(side, "", True)


def lock_and_read(side) -> str:
    return _write_beside_a_lock(side, "?read=1", False)


def select_beside_idle_clients(side) -> str:
    with ExitStack() as stack:
        for _ in range(1100):
            client = socket.create_connection(("127.0.0.1", side.port))
            stack.callback(client.close)
        return read_answer(side.port, "/select.php")


def read_others_state(side) -> str:
    before = read_answer(side.port, "/shared_state.php")
    setting = Background(side.port, "/shared_state.php?set=1")
    _wait(side.scratch / "set")
    during = {read_answer(side.port, "/shared_state.php") for _ in range(8)}
    (side.scratch / "set").unlink(missing_ok=True)
    setting.finish()
    after = {read_answer(side.port, "/shared_state.php") for _ in range(12)}
    seen = [name for name, answers in (("while", during), ("after", after)) if answers != {before}]
    return f"seen by others {' and '.join(seen)} it runs" if seen else "its own"


def fork_beside_a_lock(side) -> str:
    holder = Background(side.port, "/fork_keeps.php?lock=1")
    _wait(side.scratch / "locked")
    read_answer(side.port, "/fork_keeps.php")
    (side.scratch / "locked").unlink(missing_ok=True)
    holder.finish()
    answer = read_answer(side.port, "/fork_keeps.php?look=1")
    return "" if "free" in answer else f"another's lock stays: {answer}"


def restart_beside_a_stream(side) -> str:
    stream = Background(side.port, "/opcache_straggler.php")
    _wait(side.scratch / "streaming")
    read_answer(side.port, "/opcache_straggler.php?reset=1")
    began, answer = time.monotonic(), ""
    while time.monotonic() - began < 9:
        answer = read_answer(side.port, "/opcache_straggler.php?look=1")
        if "200 cached" in answer:
            break
        time.sleep(0.2)
    took = time.monotonic() - began
    (side.scratch / "streaming").unlink(missing_ok=True)
    stream.finish()
    return "" if "200 cached" in answer else f"uncached for {took:.0f} s and more"


def truncate_the_log(side) -> str:
    read_answer(side.port, "/truncate_log.php")
    return "" if side.log_size() else "the log is empty"


INPUTS = [
    Input("mutex_getenv", "1"),
    Input("mutex_putenv", "1"),
    Input("mutex_phpinfo", "1"),
    Input("mutex_font", "1"),
    Input("curl_output", "2", ask=reset_while_reading),
    Input("curl_callback", "2"),
    Input("entity_loader", "2"),
    Input("sqlite_function", "2", check=("/sqlite_write.php", "free")),
    *(
        Input(f"deep_{name}", "3", times=2)
        for name in (
            *("objects", "closures", "exceptions", "generators", "queues", "comparison", "fiber"),
            *("unserialize", "html", "clone", "tidy", "transliterator", "xslt"),
        )
    ),
    Input("abort_gmp_pow", "3"),
    Input("abort_gmp_fact", "3"),
    Input("lock_held", "4", ask=lock_and_get),
    Input("lock_held", "4", ask=lock_and_read),
    Input("select", "5", ask=select_beside_idle_clients),
    Input("services", "6", times=2, at_once=4),
    Input("shared_state", "7", ask=read_others_state),
    Input("fork_keeps", "8", ask=fork_beside_a_lock),
    Input("sqlite_heap", "9", check=("/sqlite_write.php", "free")),
    Input("opcache_straggler", "10", ask=restart_beside_a_stream),
    Input("putenv_memory", "11", times=1),
    Input("file_size", "12"),
    Input("bind_port", "13", times=2),
    Input("deep_html5", "15", times=1),
    Input("truncate_log", "16", ask=truncate_the_log),
    Input("kill_thread", "16"),
    Input("setsid", "16"),
    Input("status", "16"),
    Input("fragment", "A"),
    Input("font_cache", "B", times=60, at_once=4),
    Input("date_pattern", "C", times=2),
    Input("closed_stream", "D"),
    Input("break_rules", "D", times=1),
    Input("soap_fault", "D", times=2),
    Input("endless_pbkdf2", "D", times=1),
    Input("endless_iconv", "D", times=1),
    Input("endless_regex", "D", times=1),
    Input("connect_pdo", "E", times=2, query="?port={port}"),
    Input("connect_mysqli", "E", times=2, query="?port={port}"),
    Input("connect_tls", "F", times=2, query="?port={port}"),
    Input("sqlite_busy", "F", times=1),
    Input("popen_full", "F", times=1),
    Input("time_zone", "18"),
]
