"""Everything harmful that a script or a client can do to a server, at once and at full load, for
TUSK_ABUSE_SECONDS (5; `make abuse`: 60). Afterwards each worker must answer correctly."""

import os
import random
import shutil
import threading
import time

import pytest

from harness.background import Background
from harness.code_site import CodeSite, Crowd, age
from harness.raw import ProtocolError, RawClient
from harness.server import PHP_SCRIPTS, needs_signals
from harness.wait import wait_for

SECONDS = float(os.environ.get("TUSK_ABUSE_SECONDS", "5"))
WORKERS = 4
ABUSERS = 8
# Requests that each worker must answer correctly at the end.
HEALTHY_REQUESTS = 1000

pytestmark = [needs_signals, pytest.mark.timeout(SECONDS + 600)]

HOWS = ("exit", "throw", "error", "fatal", "memory", "recursion")
WHERES = (
    *("script", "include", "eval", "autoload", "destructor", "destructor_at_once"),
    *("destructor_of_garbage", "shutdown", "shutdown_in_shutdown", "output_callback"),
    *("nested_output", "header_callback", "error_handler", "exception_handler", "finally"),
    *("generator", "generator_left_open", "fiber", "fiber_left_open", "sort", "callback", "map"),
    *("string", "property", "method", "serialize", "iterator", "stream_wrapper", "session"),
    "finished",
)
HANGS = ("loop", "sleep", "usleep", "socket", "curl", "pipe", "flock", "generator", "destructor")
EXITS = ("number", "text", "plain", "status", "return")
# Scripts of tests/php/nasty; the others there last for seconds.
NASTY = (
    *("compile_error", "error_handler_throws", "exception", "exception_handler_throws", "fatal"),
    *("exception_in_destructor", "exception_in_shutdown", "exit_in_destructor", "exit_in_include"),
    *("exit_in_shutdown", "fatal_after_flush", "fatal_after_output", "fatal_buffer", "memory"),
    *("fatal_in_shutdown", "generator", "large_allocation", "nested_buffer", "parse_error"),
    *("recursion", "recursion_in_c", "recursion_in_data", "session_handler_throws", "warnings"),
    *("throwing_buffer", "user_error"),
)


@pytest.fixture
def site(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name in ("hello", "hang", "output", "stain", "state", "work", "request"):
        age(shutil.copy(PHP_SCRIPTS / f"{name}.php", root))
    age(shutil.copy(PHP_SCRIPTS / "opcache/control.php", root))
    for folder in ("nasty", "abuse"):
        shutil.copytree(PHP_SCRIPTS / folder, root / folder)
        for path in (root / folder).iterdir():
            age(path)
    return CodeSite(root, scripts=20)


class Abusers(Background):
    """Threads that each make one abusive request after the other, until the block ends. Every
    answer must be valid HTTP; failures are collected in `failures`."""

    def __init__(self, port: int, directory):
        super().__init__(ABUSERS)
        self.done = {}
        self.failures = []
        self._port = port
        self._directory = directory

    def check(self) -> bool:
        assert not self.failures, "\n".join(self.failures[:5])
        return True

    def _run(self, number: int) -> None:
        dice = random.Random(number)
        ways = [self._leave] * 8 + [self._nasty, self._exit, self._stain, self._go, self._reset] * 2
        ways += [self._half_a_body, self._read_a_little, self._invalidate]
        if number == 0:
            # Only one at a time, and rarely: a script that hangs occupies a worker until its time
            # is over, and OPcache's restarts wait for it.
            ways += [self._hang, self._hang_on_the_way_out, self._leave_what_hangs]
        while not self._stop.is_set():
            way = dice.choice(ways)
            try:
                with RawClient("127.0.0.1", self._port) as connection:
                    way(connection, dice)
            except (AssertionError, OSError, ProtocolError) as error:
                self.failures.append(f"{way.__name__}: {error!r}")
                return
            self.done[way.__name__] = self.done.get(way.__name__, 0) + 1

    @staticmethod
    def _answer(connection: RawClient, target: str, *statuses: int) -> None:
        status = connection.get(target).status
        assert status in statuses, f"{target}: {status}"

    def _leave(self, connection, dice) -> None:
        query = f"how={dice.choice(HOWS)}&where={dice.choice(WHERES)}"
        self._answer(connection, f"/abuse/leave.php?{query}", 200, 500, 504)

    def _nasty(self, connection, dice) -> None:
        name = dice.choice(NASTY)
        connection.request("GET", f"/nasty/{name}.php")
        if name == "fatal_after_flush" and dice.random() < 0.5:
            connection.reset()
        else:
            assert connection.response().status in (200, 500, 504), name

    def _exit(self, connection, dice) -> None:
        self._answer(connection, f"/nasty/exits.php?how={dice.choice(EXITS)}", 200, 403)

    def _stain(self, connection, dice) -> None:
        self._answer(connection, "/stain.php", 203)

    def _hang(self, connection, dice) -> None:
        lock = self._directory / f"lock{threading.get_ident()}"
        self._answer(connection, f"/hang.php?in={dice.choice(HANGS)}&file={lock}", 504)

    def _hang_on_the_way_out(self, connection, dice) -> None:
        where = dice.choice(WHERES)
        self._answer(connection, f"/abuse/leave.php?how=hang&where={where}", 200, 500, 504)

    def _leave_what_hangs(self, connection, dice) -> None:
        connection.request("GET", "/hang.php?in=sleep&begin=x")
        assert connection.head().status == 200
        connection.reset()

    def _go(self, connection, dice) -> None:
        """A client that leaves at some moment of its request."""
        target = dice.choice(("/output.php?mib=20&flush=1", "/output.php?mib=20", "/work.php?n=1"))
        connection.request("GET", target)
        if dice.random() < 0.7:
            time.sleep(dice.random() * 0.03)
        connection.reset()

    def _read_a_little(self, connection, dice) -> None:
        connection.request("GET", "/output.php?mib=30")
        connection.read_exactly(dice.randrange(1, 200_000))
        connection.reset()

    def _half_a_body(self, connection, dice) -> None:
        connection.send("POST /request.php HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc")
        connection.reset()

    def _reset(self, connection, dice) -> None:
        self._answer(connection, "/control.php?do=reset", 200)

    def _invalidate(self, connection, dice) -> None:
        self._answer(connection, f"/control.php?do=invalidate&file=lib/{dice.randrange(20)}.php", 200)


@pytest.mark.parametrize("executor", ["ext", "php"])
def test_abuse_at_full_load(start_tusk, site, tmp_path, executor):
    """Meanwhile every byte of the answers to ordinary requests is right, and the server stays
    up; afterwards every worker answers correctly a thousand times."""
    sessions = tmp_path / "sessions"
    sessions.mkdir()
    tusk = start_tusk(
        site.root,
        *("--executor", executor, "--workers", WORKERS, "--request-timeout", "5s"),
        *("--opcache-restart-timeout", "1h", "-d", f"session.save_path={sessions}"),
        *("-d", "log_errors=0", "-d", "max_execution_time=12"),
    )
    fresh = tusk.get("/state.php").text

    def ask(connection: RawClient, client: int, sequence: int) -> None:
        site.check(connection, (client * 7 + sequence) % site.scripts, f"{client}-{sequence}")

    end = time.monotonic() + SECONDS
    with Crowd(tusk.port, ask, clients=2) as crowd, Abusers(tusk.port, tmp_path) as abusers:
        # Every kind of abuse has happened, however slow the machine is.
        wait_for(
            lambda: crowd.check() and abusers.check() and time.monotonic() > end
            and len(abusers.done) == 12 and crowd.answered() > 100,
            "everything to happen",
            SECONDS + 200,
        )  # fmt: skip
    abusers.check()
    print(f"\n{executor}: {crowd.answered()} right answers beside {abusers.done}")
    metrics = tusk.metrics()
    print({name: metrics.total(f"tusk_{name}_total")
           for name in ("opcache_restarts", "opcache_restarts_put_off", "worker_restarts")})  # fmt: skip
    _each_worker_is_healthy(tusk, site, tmp_path, fresh)


def _each_worker_is_healthy(tusk, site: CodeSite, directory, fresh: str) -> None:
    # Everything that the abusers began has ended, including a restart that they requested.
    wait_for(
        lambda: tusk.get("/hello.php").text == "Hello World!"
        and tusk.metrics().value("tusk_opcache_restart_pending") == 0
        and tusk.metrics().value("tusk_workers", state="idle") == WORKERS,
        "the server to be at rest",
    )
    assert tusk.metrics().value("tusk_workers", state="lost") == 0
    gates = [directory / f"gate{n}" for n in range(WORKERS)]
    for n, gate in enumerate(gates):
        _hold(tusk, gate, held=n + 1)
    for n, gate in enumerate(gates):
        # Each worker in turn is the only one that is free.
        gate.touch()
        tusk.wait_for_metric(WORKERS - 1, "tusk_workers", state="busy")
        with tusk.raw() as connection:
            assert connection.get("/state.php").text == fresh
            for i in range(HEALTHY_REQUESTS):
                site.check(connection, i % site.scripts, f"{n}-{i}")
        gates[n] = directory / f"gate{n}-again"
        _hold(tusk, gates[n], held=WORKERS)
    for gate in gates:
        gate.touch()
    tusk.wait_for_metric(WORKERS, "tusk_workers", state="idle")


def _hold(tusk, gate, held: int) -> None:
    with tusk.raw() as connection:
        assert connection.get(f"/abuse/hold.php?until={gate}").text == "held"
    tusk.wait_for_metric(held, "tusk_workers", state="busy")
