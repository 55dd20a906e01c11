"""What a fault of a worker process costs the others. `make drill-processes` makes each kind of fault happen
again and again under a steady load, for TUSK_DRILL_SECONDS (4) each, for plain, resident and rewound scripts,
and prints what was lost.

The only request that may fail is the one that does the harm, or that the killed worker was answering. Nothing
else fails, the places of workers are filled, and no process is left behind."""

import contextlib
import os
import random
import signal
import socket
import statistics
import time
from collections import Counter

import httpx
import pytest

from drills.attack import allow_descriptors
from drills.steady_load import SteadyLoad
from harness.server import needs_signals
from harness.tracing import Frozen
from harness.wait import wait_for
from harness.worker_processes import HOST, children, runs

pytestmark = pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}")

SECONDS = float(os.environ.get("TUSK_DRILL_SECONDS", "4"))
LOAD = {"kept": 12, "fresh": 4, "http2": 2, "streams": 3, "pause": 0.05}
WORKERS = 4

# What each mode runs; SteadyLoad asks for work.php and knows the answer.
HANDLER = r"""
function c(string $prototype) { static $known = []; return $known[$prototype] ??= FFI::cdef($prototype); }

function scribble(): void {
    // Random bytes all over the memory that the worker shares with the server, while it answers.
    preg_match('/^([0-9a-f]+)-([0-9a-f]+) rw-s .*memfd:tusk-worker/m', file_get_contents('/proc/self/maps'), $found);
    $size = hexdec($found[2]) - hexdec($found[1]);
    for ($end = hrtime(true) + 30_000_000; hrtime(true) < $end;) {
        $at = random_int(0, 1) ? random_int(0, 1700) : random_int(0, $size - 64);
        // Not by adding to a pointer: PHP 8.4's FFI does that only once in a loop.
        FFI::memcpy(FFI::cast('void *', hexdec($found[1]) + $at), random_bytes(64), 64);
    }
}

function handle(): void {
    switch ($_GET['do'] ?? '') {
        case 'segv': FFI::cast('int *', FFI::cast('void *', 0x414141414141))[0] = 1; return;
        case 'abort': c('void abort(void);')->abort(); return;
        case '_exit': c('void _exit(int);')->_exit(3); return;
        case 'kill': c('int raise(int);')->raise(9); return;
        case 'loop': for (;;);
        case 'sleep': sleep(60); return;
        case 'blocked': c('int pause(void);')->pause(); sleep(60); return;
        case 'memory': for ($s = 'x';; $s .= $s);
        case 'stack':
            ini_set('memory_limit', '512M');
            $o = null;
            for ($n = 0; $n < 4_000_000; $n++) { $new = new stdClass; $new->next = $o; $o = $new; }
            unset($o, $new);
            return;
        case 'divs':
            (new DOMDocument)->loadHTML(str_repeat('<div>', (int) file_get_contents('php://input')), LIBXML_PARSEHUGE | LIBXML_NOERROR);
            echo 'parsed';
            return;
        case 'tidy': tidy_parse_string(str_repeat('<b>', (int) file_get_contents('php://input'))); echo 'parsed'; return;
        case 'scribble': scribble(); echo 'scribbled'; return;
        case 'stream': for ($n = 0;; $n++) { echo str_repeat("$n", 4000); flush(); usleep(2000); }
    }
    usleep(5_000);
    echo $_SERVER['REQUEST_METHOD'], ' ', $_GET['n'] ?? '', ' ', strlen(file_get_contents('php://input'));
}
"""
SCRIPTS = {
    "plain": "<?php" + HANDLER + "handle();",
    "resident": "<?php" + HANDLER + "while (tusk_handle_request(handle(...)));",
    "rewind": "<?php" + HANDLER + "while (tusk_handle_request(handle(...)));",
}


class Drill:
    def __init__(self, start_tusk, directory, mode):
        root = directory / "root"
        root.mkdir()
        (root / "work.php").write_text(SCRIPTS[mode])
        options = ["--workers", WORKERS]
        if mode != "plain":
            options = ["--workers", 1, "--resident", root / "work.php", "--resident-workers", WORKERS,
                       "--resident-mode", mode]
        self.tusk = start_tusk(
            root, "--engine", "processes", *options, "--request-timeout", "1s", "-d", "ffi.enable=true",
            "-d", "memory_limit=32M", "-d", "max_execution_time=0",
            "-d", "error_reporting=8191",  # FFI's calls are deprecated: millions of lines
            supervised=True,
            env={"LOST_WORKERS_PER_CLIENT": "1000000"})
        [self.server] = self.tusk.server_pids()
        self.all_workers = WORKERS if mode == "plain" else WORKERS + 1  # one of the default pool
        self.times, self.outcomes = 0, Counter()
        self.victims = []  # when something outside of a request's own doing ended a worker

    def ask(self, do, body=b""):
        try:
            answer = httpx.post(f"{self.tusk.url}/work.php?do={do}", content=body, trust_env=False, timeout=60)
            self.outcomes[str(answer.status_code)] += 1
            return answer
        except httpx.TransportError:
            self.outcomes["cut"] += 1
            return None

    def workers(self):
        found = []
        for host in children(self.server):
            with contextlib.suppress(FileNotFoundError):  # it has just ended
                found += children(host)
        return found

    def run(self, harm):
        with SteadyLoad(self.tusk.port, **LOAD) as clients:
            wait_for(lambda: len(clients.attempts) > 20, "the load")
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                harm(self)
                self.times += 1
                time.sleep(0.05)
            return clients.finish()


def harm_of(do, *expected, body=b""):
    def harm(drill):
        answer = drill.ask(do, body)
        outcome = str(answer.status_code) if answer is not None else "cut"
        assert outcome in expected, f"{outcome}: {answer and answer.text[:300]}"

    return harm


def kills_one(number):
    def harm(drill):
        victims = drill.workers()
        if not victims:
            return
        begun = time.monotonic()
        os.kill(random.choice(victims), number)
        time.sleep(0.05)
        drill.victims.append((begun, time.monotonic()))
        drill.outcomes["killed"] += 1

    return harm


def kills_the_host(drill):
    begun = time.monotonic()
    hosts = wait_for(lambda: children(drill.server), "a host")
    os.kill(random.choice(hosts), signal.SIGKILL)
    drill.outcomes["killed"] += 1
    # Not while the script of a rewound pool boots: a boot that fails is answered 503 for a moment.
    wait_for(lambda: len(drill.workers()) == drill.all_workers and drill.tusk.is_ready(), "other workers")
    time.sleep(0.2)
    drill.victims.append((begun, time.monotonic()))


def stops_one(drill):
    """It does not run, and is not dead: its request ends by its time limit, and others go on."""
    victims = drill.workers()
    if not victims:
        return
    begun = time.monotonic()
    victim = random.choice(victims)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), Frozen(victim):
        time.sleep(1)
    drill.victims.append((begun, time.monotonic()))
    drill.outcomes["stopped"] += 1


def leaves(drill):
    with socket.create_connection(("127.0.0.1", drill.tusk.port), timeout=60) as client:
        client.sendall(b"GET /work.php?do=stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in client.recv(4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    drill.outcomes["left"] += 1


FAULTS = {
    "kill -9 of a worker": kills_one(signal.SIGKILL),
    "SIGSEGV of a worker": kills_one(signal.SIGSEGV),
    "kill -9 of the host": kills_the_host,
    "a worker does not run for a second": stops_one,
    "a write to a wild address": harm_of("segv", "502"),
    "abort()": harm_of("abort", "502"),
    "_exit() in C": harm_of("_exit", "502"),
    "a script kills itself": harm_of("kill", "502"),
    "endless loop": harm_of("loop", "504"),
    "sleep": harm_of("sleep", "504"),
    "a call that no signal ends": harm_of("blocked", "504"),
    "memory bomb": harm_of("memory", "500"),
    "deep destructors": harm_of("stack", "200", "500", "502", "504"),
    "posted divs": harm_of("divs", "200", "500", "502", "504", body=b"200000"),
    "posted tidy": harm_of("tidy", "200", "500", "502", "504", body=b"200000"),
    "garbage in the shared memory": harm_of("scribble", "200", "500", "502", "504", "cut"),
    "client leaves amid the response": leaves,
}


def crossed(attempt, times) -> bool:
    return any(attempt.begun <= end and attempt.ended >= begin for begin, end in times)


@pytest.fixture(scope="module")
def table():
    form = "{:9} {:34} {:>6} {:>8} {:>6} {:>9} {:>6} {:>7} {:>8}  {}"
    print("\n" + form.format("script", "fault", "times", "requests", "200", "in flight", "OTHERS", "p50 ms",
                             "slowest", "the fault itself"))
    return lambda *cells: print("\n" + form.format(*cells))


@needs_signals
@pytest.mark.parametrize("mode", SCRIPTS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_costs_one_request(start_tusk, tmp_path, table, name, mode):
    allow_descriptors(4096)
    drill = Drill(start_tusk, tmp_path, mode)
    attempts = drill.run(FAULTS[name])
    failed = [attempt for attempt in attempts if attempt.failure]
    others = [attempt for attempt in failed if not crossed(attempt, drill.victims)]
    waits = [attempt.ended - attempt.begun for attempt in attempts if not attempt.failure]
    table(mode, name, drill.times, len(attempts), len(waits), len(failed) - len(others), len(others),
          f"{statistics.median(waits) * 1e3:.0f}", f"{max(waits) * 1e3:.0f}",
          " ".join(f"{outcome} x {count}" for outcome, count in drill.outcomes.items()))
    assert not others, Counter(f"{attempt.kind}: {attempt.failure}" for attempt in others)
    # A worker has one request at a time; a host has those of all.
    each = WORKERS if FAULTS[name] is kills_the_host else 1
    assert len(failed) <= len(drill.victims) * each, Counter(attempt.failure for attempt in failed)
    assert drill.tusk.server_pids() == [drill.server]
    wait_for(lambda: len(drill.workers()) == drill.all_workers, "all places to be filled")
    everybody = [*children(drill.server), *drill.workers()]
    drill.tusk.signal(signal.SIGTERM)
    drill.tusk.wait_for_exit()
    wait_for(lambda: not any(map(runs, everybody)), "no process to be left behind")
