"""All inputs that are known to harm a server with one shared process (tests/php/hostile/), again
and again for TUSK_SOAK_SECONDS (60), beside innocent visitors of four real applications. None of
their pages may be wrong, refused or lost, and nothing may be left behind.

An input that occupies a worker for ever costs a thread each time, by design: these inputs are
part of the mix, are counted, and their cost is reported."""

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import threading
import time
from collections import Counter

import pytest

from harness.background import Background
from harness.code_site import Crowd, soak_seconds
from harness.raw import ProtocolError
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for
from soak.innocents import Applications, Pages
from sweep.inputs import INPUTS, Input, read_answer

WORKERS = 8
VISITORS = 4
ATTACKERS = 3
# The php.ini that the inputs need; some of them try the limits of a request.
DIRECTIVES = ("memory_limit=128M", "max_execution_time=30", "log_errors=0", "display_errors=0")

# Each costs a worker for as long as a long function runs. Each attacker requests it once.
ENDLESS = re.compile(r"endless_|deep_html5|deep_tidy")
# A library writes to memory where it must not: only a separate process could contain that
# (docs/hardening.md, "What only a process can contain").
CORRUPTING = re.compile(r"fragment|date_pattern|closed_stream|break_rules|soap_fault")

pytestmark = pytest.mark.timeout(soak_seconds() + 1800)


class Side:
    """The properties of the server that the inputs need."""

    def __init__(self, tusk, root, scratch):
        self.tusk, self.root, self.scratch = tusk, root, scratch
        self.port = tusk.port

    def log_size(self) -> int:
        return self.tusk.stderr_file.stat().st_size


class Attackers(Background):
    """Threads that each make one hostile request after the other, until the block ends."""

    def __init__(self, side: Side, silent_port: int, inputs: list):
        super().__init__(ATTACKERS)
        self.done = Counter()
        self._side, self._silent_port = side, silent_port
        self._inputs = inputs
        # Inputs that use the same file are requested one at a time.
        self._turns = {one.script: threading.Lock() for one in inputs}

    def _run(self, number: int) -> None:
        dice = random.Random(number)
        every = [one for one in self._inputs if not ENDLESS.match(one.script)]
        first = [one for n, one in enumerate(self._inputs) if n % ATTACKERS == number]
        while not self._stop.is_set():
            one = first.pop() if first else dice.choice(every)
            with self._turns[one.script]:
                self._ask(one)
            self.done[one.script] += 1

    def _ask(self, one: Input) -> None:
        if one.ask is not None:
            one.ask(self._side)
            return
        read_answer(self._side.port, f"/{one.script}.php{one.query}".format(port=self._silent_port))


@pytest.fixture
def silent_port():
    """A peer that accepts and sends nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        held = []

        def accept() -> None:
            try:
                while True:
                    held.append(listener.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        for connection in held:
            connection.close()


def descriptors(tusk) -> Counter:
    """Returns open descriptors by kind, without numbers."""
    kinds = Counter()
    for name in os.listdir(f"/proc/{tusk.pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            kinds[re.sub(r"\d+", "N", os.readlink(f"/proc/{tusk.pid}/fd/{name}"))] += 1
    return kinds


def at_rest(tusk) -> dict:
    """What the server holds when it handles no request. A lost worker is a thread and its stack."""
    tusk.client.close()
    tusk._client = None
    wait_for(
        lambda: tusk.metrics().value("tusk_workers", state="idle") == WORKERS, "rest", seconds=120
    )
    with open(f"/proc/{tusk.pid}/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    return {
        "descriptors": min((descriptors(tusk) for _ in range(20)), key=Counter.total),
        "rss_mib": int(status["VmRSS"].split()[0]) // 1024,
        "threads": int(status["Threads"]),
        "lost": int(tusk.metrics().value("tusk_workers", state="lost")),
    }


def test_innocents_beside_everything_hostile(start_tusk, tmp_path, silent_port):
    """No innocent page is wrong or lost, and nothing is left behind."""
    root, scratch = tmp_path / "root", tmp_path / "tmp"
    scratch.mkdir()
    applications = Applications(root)
    for script in (PHP_SCRIPTS / "hostile").iterdir():
        shutil.copy(script, root)
    (root / "hello.php").write_text("<?php echo 'hello';")
    directives = [f"-d{one}" for one in (*DIRECTIVES, f"sys_temp_dir={scratch}")]
    directives.append(f"-dinclude_path={applications.include_path}")
    tusk = start_tusk(
        root,
        *("--workers", WORKERS, "--request-timeout", "5s", "--max-lost-workers", 1000),
        *directives,
        env={"TMPDIR": scratch},
    )
    pages = Pages(tusk.port, applications.pages)
    side = Side(tusk, root, scratch)
    inputs = [one for one in INPUTS if not CORRUPTING.match(one.script)]

    def visit(connection, visitor: int, sequence: int) -> None:
        pages.check(connection, visitor * 5 + sequence)

    def soak(seconds: float) -> tuple:
        end = time.monotonic() + seconds
        with Crowd(tusk.port, visit, VISITORS) as crowd, Attackers(side, silent_port, inputs) as by:
            wait_for(
                lambda: crowd.check() and time.monotonic() > end,
                "the time to be over",
                seconds + 60,
            )
            crowd.check()
        return crowd.answered(), by.done

    warm, _ = soak(max(30.0, soak_seconds() / 10))  # every input once: caches are full
    before = at_rest(tusk)
    answered, done = soak(soak_seconds())
    after = at_rest(tusk)
    print(f"\n{warm + answered} right pages beside {sum(done.values())} attacks: {dict(done)}")
    print(f"before: {before}\nafter:  {after}")
    lost = after["lost"] - before["lost"]
    more = after["descriptors"] - before["descriptors"]
    print(f"{lost} workers lost meanwhile; descriptors that came: {dict(more)}")
    # A lost worker keeps the descriptors of its script; their sockets are shut down.
    assert more.total() <= 8 + 2 * lost
    assert sanitizer() or after["rss_mib"] < before["rss_mib"] + 64 + 160 * lost
    # 1: a script is still inside a function that cannot be interrupted.
    tusk.signal(signal.SIGTERM)
    assert tusk.wait_for_exit(60) in ((0, 1) if after["lost"] else (0,))
