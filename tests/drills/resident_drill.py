"""What a failure in a resident script costs the others. `make drill-resident` makes each kind of failure
happen again and again under a steady load, for TUSK_DRILL_SECONDS (4) each, and prints what was lost.

The only request that may fail is the one that does the harm; at a crash of the process also those that it
was answering."""

import os
import signal
import socket
import statistics
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from drills.attack import allow_descriptors
from drills.steady_load import SteadyLoad
from harness.server import needs_signals
from harness.wait import wait_for

SECONDS = float(os.environ.get("TUSK_DRILL_SECONDS", "4"))
LOAD = {"kept": 12, "fresh": 4, "http2": 2, "streams": 3, "pause": 0.05}
WORKERS = 4

# The application: it needs some milliseconds for its boot and waits in each request, as for a database.
# It has the name and the answer that SteadyLoad asks for.
APPLICATION = r"""<?php
require __DIR__ . '/part.php';
$booted = part();
usleep(20_000);
file_put_contents(getenv('DRILL_DIRECTORY') . '/boots', 'x', FILE_APPEND);

class Leaves { public function __destruct() { throw new Exception('in a destructor'); } }

$handler = function () use ($booted) {
    header("X-Part: $booted");
    switch ($_GET['do'] ?? '') {
        case 'fatal': eval('function part() {}'); return;
        case 'exit': exit('before its end');
        case 'loop': for (;;);
        case 'sleep': sleep(60); return;
        case 'memory': for ($s = 'x';; $s .= $s);
        case 'destructor': new Leaves(); return;
        case 'segv': FFI::cast('int *', 0x414141414141)[0] = 1; return;
        case 'stream':
            for ($n = 0;; $n++) { echo str_repeat("$n", 4000); flush(); usleep(2000); }
    }
    usleep(5_000);
    echo $_SERVER['REQUEST_METHOD'], ' ', $_GET['n'] ?? '', ' ', strlen(file_get_contents('php://input'));
};
while (tusk_handle_request($handler)) gc_collect_cycles();
"""


def part(value: int) -> str:
    return f"<?php function part() {{ return {value}; }}"


BROKEN = "<?php function part() { throw new Exception('no database'); }"


class Drill:
    """A supervised server whose script is resident, in which `harm` is done while others ask."""

    def __init__(self, start_tusk, directory: Path, *options):
        self.directory = directory
        self.root = directory / "root"
        self.root.mkdir()
        self.write(part(0))
        (self.root / "work.php").write_text(APPLICATION)
        self.tusk = start_tusk(
            self.root,
            *("--resident", self.root / "work.php", "--resident-workers", WORKERS, "--workers", 1),
            *("-d", "ffi.enable=true", "-d", "memory_limit=32M"),
            *options,
            supervised=True,
            cwd=self.root,
            env={"DRILL_DIRECTORY": directory},
        )
        self.harm_done = 0
        self.as_expected = Counter()
        self.crashes = []  # their begin and end

    def write(self, text: str) -> None:
        beside = self.directory / "part"
        beside.write_text(text)
        beside.rename(self.root / "part.php")

    def boots(self) -> int:
        return (self.directory / "boots").stat().st_size

    def hostile(self, do: str, status: int, text: str = "") -> None:
        """A request that harms itself, and what it must come to."""
        answer = httpx.get(f"{self.tusk.url}/work.php?do={do}", trust_env=False, timeout=60)
        assert (answer.status_code, text in answer.text) == (status, True), answer.text[:500]
        self.as_expected[str(status)] += 1

    def wait_for_part(self, value: int) -> None:
        wait_for(
            lambda: httpx.get(f"{self.tusk.url}/work.php", trust_env=False).headers.get("x-part") == f"{value}",
            "the new code",
        )

    def run(self, harm) -> list:
        """Returns the attempts of the clients."""
        with SteadyLoad(self.tusk.port, **LOAD) as clients:
            wait_for(lambda: len(clients.attempts) > 20, "the load")
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                harm(self)
                self.harm_done += 1
                time.sleep(0.05)
            return clients.finish()


# --- what harms: each is done again and again ---


def fatal_error(drill):
    drill.hostile("fatal", 500)


def exits(drill):
    drill.hostile("exit", 200, "before its end")


def endless_loop(drill):
    drill.hostile("loop", 504)


def sleeps(drill):
    drill.hostile("sleep", 504)


def exhausts_memory(drill):
    drill.hostile("memory", 500)


def throws_in_destructor(drill):
    drill.hostile("destructor", 500)


def leaves_amid_response(drill):
    """The client closes with a reset while the script goes on writing."""
    with socket.create_connection(("127.0.0.1", drill.tusk.port), timeout=60) as client:
        client.sendall(b"GET /work.php?do=stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in client.recv(4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    drill.as_expected["left"] += 1


def crash(drill, how) -> None:
    time.sleep(0.5)  # in which the process before it has come up
    [pid] = wait_for(lambda: drill.tusk.server_pids(), "a process")
    begun = time.monotonic()
    how(pid)
    wait_for(lambda: pid not in drill.tusk.server_pids(), "the process to be gone")
    drill.crashes.append((begun, time.monotonic()))
    wait_for(drill.tusk.is_ready, "the successor")


def killed(drill):
    crash(drill, lambda pid: os.kill(pid, signal.SIGSEGV))


def writes_wild(drill):
    def write(_):
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{drill.tusk.url}/work.php?do=segv", trust_env=False, timeout=60)
        drill.as_expected["cut"] += 1

    crash(drill, write)


def does_not_boot(drill):
    """The script breaks, and a reload finds it so; it is mended, and a reload brings it."""
    drill.write(BROKEN)
    answer = drill.tusk.command("reload", "--new-generation")
    assert answer.returncode != 0 and "does not boot" in answer.stderr + drill.tusk.log()
    drill.as_expected["refused"] += 1
    reloaded(drill)


def fails_on_disk(drill):
    """The script on disk is broken when a worker must boot anew. The others serve."""
    drill.write(BROKEN)
    drill.hostile("fatal", 500)
    drill.write(part(0))
    time.sleep(0.3)


def reloaded(drill):
    value = drill.harm_done + 1
    drill.write(part(value))
    answer = drill.tusk.command("reload", "--new-generation")
    assert answer.returncode == 0, answer.stderr
    drill.wait_for_part(value)
    drill.as_expected["changed"] += 1


def watched(drill):
    value = drill.harm_done + 1
    drill.write(part(value))
    drill.wait_for_part(value)
    drill.as_expected["changed"] += 1


HARMS = {
    "crash: SIGSEGV to the process": killed,
    "crash: a script writes to a wild address": writes_wild,
    "fatal error": fatal_error,
    "exit": exits,
    "endless loop, until its time limit": endless_loop,
    "sleep, until its time limit": sleeps,
    "memory exhaustion": exhausts_memory,
    "exception in a destructor": throws_in_destructor,
    "client leaves amid the response": leaves_amid_response,
    "boot failure, at a reload": does_not_boot,
    "boot failure, of one worker": fails_on_disk,
    "change of the script, `tusk reload`": reloaded,
    "change of the script, --watch": watched,
}

OPTIONS = {
    endless_loop: ("--request-timeout", "2s"),
    sleeps: ("--request-timeout", "2s"),
    fails_on_disk: ("-d", "opcache.revalidate_freq=0"),
    watched: ("--watch", "**/*.php"),
}


def crossed(attempt, crashes: list) -> bool:
    """Whether the request, or the connection that it was sent on, was there at a crash."""
    return any(attempt.on_connection_since() <= end and attempt.ended >= start for start, end in crashes)


@pytest.fixture(scope="module")
def table():
    """Prints a row for each failure."""
    form = "{:42} {:>6} {:>8} {:>6} {:>9} {:>6} {:>6} {:>7} {:>8}  {}"
    print("\n" + form.format("failure", "times", "requests", "200", "in flight", "OTHERS", "boots",
                             "p50 ms", "slowest", "the failure itself"))
    return lambda *cells: print("\n" + form.format(*cells))


@needs_signals
@pytest.mark.parametrize("name", HARMS)
def test_a_failure_costs_only_its_request(start_tusk, tmp_path, table, name):
    allow_descriptors(4096)
    harm = HARMS[name]
    drill = Drill(start_tusk, tmp_path, *OPTIONS.get(harm, ()))
    pids, boots = drill.tusk.server_pids(), drill.boots()
    attempts = drill.run(harm)
    failed = [attempt for attempt in attempts if attempt.failure]
    others = [attempt for attempt in failed if not crossed(attempt, drill.crashes)]
    waits = [attempt.ended - attempt.begun for attempt in attempts if not attempt.failure]
    table(name, drill.harm_done, len(attempts), len(waits), len(failed) - len(others), len(others),
          drill.boots() - boots, f"{statistics.median(waits) * 1e3:.0f}", f"{max(waits) * 1e3:.0f}",
          ", ".join(f"{count}x {what}" for what, count in drill.as_expected.items()))
    for (kind, failure), count in Counter((a.kind, a.failure) for a in others).most_common(10):
        print(f"  {count} {kind}: {failure}")
    assert others == []
    assert drill.harm_done > 0
    new_processes = (killed, writes_wild, does_not_boot, reloaded)
    if harm not in new_processes:
        assert drill.tusk.server_pids() == pids, "the process stays"
    metrics = drill.tusk.metrics()
    assert metrics.value("tusk_workers", state="lost") == 0
    drill.tusk.wait_for_metric(0, "tusk_pool_workers", pool="resident", state="booting")
