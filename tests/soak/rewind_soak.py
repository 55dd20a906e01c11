"""A rewound pool under load for TUSK_SOAK_SECONDS (60), once with workers that stay and once with
workers that are replaced after MAX_REQUESTS requests and killed at random.

Each request changes what it can: every answer says that it found the boot and nothing else. After
the first fifth and at the end, with no request under way, the server, the PHP host and all workers
are looked at: descriptors and mappings are the same, and memory has not grown."""

import contextlib
import hashlib
import json
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from harness.code_site import soak_seconds
from harness.raw import ProtocolError, RawClient
from harness.server import sanitizer
from harness.wait import wait_for
from harness.worker_processes import HOST, children, hosts_of

WORKERS = 4
CLIENTS = 8
MAX_REQUESTS = 50
KILL_EVERY_S = 1.0
# The allocators' arenas still grow a little in the first minutes.
GROWTH = 8 * 1024 * 1024
# Mappings that a worker has after its first requests and not before: all may be new when they are looked at.
SETTLING = 2

pytestmark = [
    pytest.mark.timeout(soak_seconds() + 300),
    pytest.mark.skipif(not HOST.is_file(), reason=f"no {HOST}"),
    pytest.mark.skipif(bool(sanitizer()), reason="a sanitizer has the memory of the program"),
]

APP = """<?php
class Memory { public static array $seen = []; public static array $objects = []; }
$boot = array_map(fn ($n) => "boot $n", range(1, 5000));
$file = fopen(__FILE__, 'r');
$count = 0;
$known = count(get_declared_classes());
$handler = function () use (&$count, &$boot, $file, $known) {
  $found = [++$count, count(Memory::$seen), count(Memory::$objects), md5(implode($boot)), ftell($file),
    count(get_declared_classes()) - $known, ini_get('precision'), setlocale(LC_ALL, 0), getenv('LEFT'),
    date_default_timezone_get(), defined('LEFT'), isset($GLOBALS['left']), sprintf('%o', umask()), getcwd(),
    count(get_resources()), memory_get_usage() >> 16];
  Memory::$seen[] = $_GET['n'];
  $boot[] = $_GET['n'];
  fgets($file);
  switch ($_GET['do']) {
    case 'memory': $GLOBALS['left'] = range(1, 1000000); Memory::$objects = array_fill(0, 20000, new stdClass); break;
    case 'cycles': for ($i = 0; $i < 30000; $i++) { $o = new stdClass; $o->self = $o; Memory::$objects[] = $o; } break;
    case 'settings': ini_set('precision', 3); setlocale(LC_ALL, 'C.UTF-8'); putenv('LEFT=1'); umask(0); chdir('/');
      date_default_timezone_set('Asia/Tokyo'); define('LEFT', 1); mt_srand(1); break;
    case 'classes': for ($i = 0; $i < 20; $i++) { eval("class Left{$_GET['n']}_$i { public array \\$a = [1, 2]; }"); } break;
    case 'files': for ($i = 0; $i < 10; $i++) { $GLOBALS['left'][] = tmpfile(); }
      $GLOBALS['left'][] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0); break;
    case 'program': $found[] = trim(shell_exec('echo program')); break;
    case 'session': session_id('soak' . $_GET['n'] % 50); session_start(); $_SESSION['n'] = $_GET['n']; break;
    case 'upload': $found[] = md5_file($_FILES['f']['tmp_name']); break;
    case 'stream': for ($i = 0; $i < 16; $i++) { echo str_repeat('x', 65536); flush(); } return;
    case 'exit': echo json_encode($found); exit;
    case 'throw': throw new Exception('thrown');
    case 'fatal': undefined_function();
    case 'limit': ini_set('memory_limit', '16M'); str_repeat('x', 1 << 27);
  }
  echo json_encode($found);
};
while (tusk_handle_request($handler));
"""

CONFIGURATION = """
document_root = "ROOT"
workers = 1
[[pool]]
name = "app"
match = "/app.php"
script = "ROOT/app.php"
mode = "rewind"
workers = WORKERS
"""

KINDS = {
    "": 20, "memory": 4, "cycles": 3, "settings": 8, "classes": 6, "files": 6, "program": 2, "session": 6, "upload": 5,
    "stream": 2, "exit": 5, "throw": 3, "fatal": 3, "limit": 3, "leave": 2,
}  # fmt: skip
FAILS = ("throw", "fatal", "limit")


class Crowd:
    """Clients that check each answer. `wrong` has what was not as it should be, `lost` is the number of
    requests that were answered 502 or broken off, which only killed workers explain."""

    def __init__(self, port: int, right: list):
        self._port, self._right = port, right
        self.counts, self.wrong, self.lost = Counter(), [], 0
        self._number, self._lock = 0, threading.Lock()

    def ask(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self._client, args=(end,)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, end: float) -> None:
        with self._lock:
            self._number += 100_000
            number = self._number
        dice, connection = random.Random(number), None
        while time.monotonic() < end and len(self.wrong) < 10:
            number += 1
            kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
            try:
                connection = connection or RawClient("127.0.0.1", self._port)
                trouble = self._ask(connection, kind, number)
            except (OSError, ProtocolError, AssertionError, EOFError) as error:
                trouble = repr(error)
            with self._lock:
                self.counts[kind] += 1
                if trouble in ("502", "broken off"):
                    self.lost += 1
                elif trouble:
                    self.wrong.append(f"{kind}: {trouble[:500]}")
            if trouble or kind == "leave" or dice.random() < 0.02:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def _ask(self, connection, kind: str, number: int) -> str:
        """Returns what is wrong with the answer, or nothing."""
        target, body, lines, more = f"/app.php?do={kind}&n={number}", b"", [], []
        if kind == "leave":
            connection.request("GET", target.replace("leave", "stream")).head()
            return ""
        if kind == "upload":
            content = os.urandom(1000) * (number % 3 * 400 + 1)
            head = b'--B\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
            body = head + content + b"\r\n--B--\r\n"
            lines, more = ["Content-Type: multipart/form-data; boundary=B"], [hashlib.md5(content).hexdigest()]
        if kind == "program":
            more = ["program"]
        connection.request("POST" if body else "GET", target, *lines, body=body)
        try:
            response = connection.response()
        except (OSError, ProtocolError, AssertionError, EOFError) as error:
            if kind == "stream":  # its head had been sent
                return "broken off"
            raise error
        if response.status == 502:
            return "502"
        if kind in FAILS:
            return "" if response.status == 500 else f"status {response.status}"
        if kind == "stream":
            return "" if len(response.body) == 1 << 20 else f"{len(response.body)} bytes"
        right = response.status == 200 and json.loads(response.text) == self._right + more
        return "" if right else f"{response.status} {response.text} and not {self._right + more}"


class Killer:
    """Kills a worker of the host every KILL_EVERY_S, and counts."""

    def __init__(self, host: int):
        self._host, self._end, self.kills = host, threading.Event(), 0
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._end.wait(KILL_EVERY_S):
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(children(self._host)), signal.SIGKILL)
                self.kills += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def look_at(pid: int) -> dict:
    process = Path(f"/proc/{pid}")
    status = (process / "status").read_text()
    kinds = Counter()
    for name in os.listdir(process / "fd"):
        with contextlib.suppress(FileNotFoundError):
            kinds[re.sub(r"\d+", "N", os.readlink(process / "fd" / name))] += 1
    return {
        "descriptors": sum(kinds.values()),
        "mappings": len((process / "maps").read_text().splitlines()),
        "memory": int(status.partition("VmRSS:")[2].split()[0]) * 1024,
    }


def at_rest(tusk, host: int) -> dict:
    """The server, the host and the workers when no request is under way and every worker has put its memory back."""
    tusk.wait_for_metric(0, "tusk_active_connections")
    wait_for(lambda: len(children(host)) == WORKERS, "all workers")

    def settled():
        pids = {"server": tusk.pid, "host": host} | {f"worker {pid}": pid for pid in sorted(children(host))}
        with contextlib.suppress(OSError):  # a worker is replaced
            seen = {name: look_at(pid) for name, pid in pids.items()}
            time.sleep(0.2)
            return seen if seen == {name: look_at(pid) for name, pid in pids.items()} else None

    return wait_for(settled, "the server, its host and its workers to rest")


def workers_of(seen: dict) -> dict:
    return {name: each for name, each in seen.items() if name.startswith("worker")}


def check(before: dict, after: dict, workers_stay: bool) -> None:
    for name in ("server", "host"):
        # The connection that fetched the metrics may still be open.
        assert abs(after[name]["descriptors"] - before[name]["descriptors"]) <= 1, name
        assert after[name]["memory"] <= before[name]["memory"] + GROWTH, name
    assert after["host"]["mappings"] == before["host"]["mappings"]
    early, late = workers_of(before), workers_of(after)
    assert not workers_stay or early.keys() == late.keys()
    for what, more in {"descriptors": 0, "mappings": 0 if workers_stay else SETTLING}.items():
        assert max(each[what] for each in late.values()) <= max(each[what] for each in early.values()) + more, what
    most = max(each["memory"] for each in early.values())
    for name, each in late.items():
        assert each["memory"] <= most + GROWTH, name


@pytest.mark.parametrize("workers_stay", [True, False], ids=["workers_stay", "workers_are_replaced"])
def test_a_rewound_pool_stays_as_it_was(start_tusk, make_root, tmp_path, workers_stay):
    root = make_root({"app.php": APP})
    text = CONFIGURATION.replace("ROOT", str(root)).replace("WORKERS", str(WORKERS))
    if not workers_stay:
        text += f"max_requests = {MAX_REQUESTS}\n"
    (tmp_path / "tusk.toml").write_text(text)
    (tmp_path / "sessions").mkdir()
    tusk = start_tusk(None, "--config", tmp_path / "tusk.toml", "-d", f"session.save_path={tmp_path}/sessions",
                      "-d", "session.use_strict_mode=0", "-d", "display_errors=0", "-d", "log_errors=0")  # fmt: skip
    crowd = Crowd(tusk.port, tusk.get("/app.php?do=&n=1").json())
    # The default pool may have a host of its own, with one worker.
    host = wait_for(lambda: [pid for pid in hosts_of(tusk.pid) if len(children(pid)) == WORKERS], "the host")[0]
    tusk.client.close()
    tusk._client = None
    first = {*children(host)}
    with contextlib.nullcontext() if workers_stay else Killer(host) as killer:
        crowd.ask(soak_seconds() / 5)
    before = at_rest(tusk, host)
    restarts = tusk.metrics().value("tusk_worker_restarts_total")
    kills = 0 if workers_stay else killer.kills
    with contextlib.nullcontext() if workers_stay else Killer(host) as killer:
        crowd.ask(soak_seconds() * 4 / 5)
    after = at_rest(tusk, host)
    restarts = tusk.metrics().value("tusk_worker_restarts_total") - restarts
    kills += 0 if workers_stay else killer.kills
    asked = sum(crowd.counts.values())
    print(f"\n{asked} requests, {crowd.lost} lost by {kills} kills")
    print(f"{restarts:g} workers replaced in the last four fifths")
    for name in ("server", "host"):
        print(f"{name}: {before[name]} → {after[name]}")
    print(f"workers: {[*workers_of(before).values()]} → {[*workers_of(after).values()]}")
    assert not crowd.wrong, "\n".join(crowd.wrong)
    assert {kind for kind, number in crowd.counts.items() if number} == {*KINDS}
    assert crowd.lost <= kills
    if workers_stay:
        assert {*children(host)} == first and restarts == 0
    else:
        assert not {*children(host)} & first
        assert restarts > killer.kills, "some are replaced after their requests, too"
    check(before, after, workers_stay)
