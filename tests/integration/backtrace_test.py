"""Tests that the PHP backtrace of every running script can be had, whatever it does, and that the
script does not notice."""

import fcntl
import hashlib
import json
import re
import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

SCRIPT = PHP_SCRIPTS / "backtrace.php"
CASES = re.findall(r"^function case_(\w+)", SCRIPT.read_text(), re.MULTILINE)
MAIN = "{main}"


def at(name: str, function: str) -> str:
    """Returns the frame of the line that is marked with `name`."""
    for number, line in enumerate(SCRIPT.read_text().splitlines(), 1):
        if line.endswith(f"// ?in={name}"):
            return f"{SCRIPT}:{number} {function}"
    raise AssertionError(f"no line is marked {name}")


def internal(function: str) -> str:
    return f"[internal] {function}()"


def waits(*frames: str) -> list:
    return [internal("flock"), at("waits", "waits()"), *frames]


# The frames of each case, innermost first, without {main}; the others are in all_frames().
FRAMES = {
    "flock": waits(at("flock", "case_flock()")),
    "sleep": [internal("sleep"), at("sleep", "case_sleep()")],
    "usleep": [internal("usleep"), at("usleep", "case_usleep()")],
    "nanosleep": [internal("time_nanosleep"), at("nanosleep", "case_nanosleep()")],
    "sqlite": [internal("PDO->exec"), at("sqlite", "case_sqlite()")],
    "http": [internal("file_get_contents"), at("http", "case_http()")],
    "curl": [internal("curl_exec"), at("curl", "case_curl()")],
    "select": [internal("stream_select"), at("select", "case_select()")],
    "process": [internal("proc_close"), at("process", "case_process()")],
    "busy": [at("busy", "case_busy()")],
    "computes": [internal("hash_pbkdf2"), at("computes", "case_computes()")],
    "generator": waits(at("inner", "inner()"), at("middle", "middle()"), at("outer", "outer()"),
                       at("generator", "case_generator()")),
    "destructor": waits(at("destructor", "Destroyed->__destruct()"), at("null", "case_destructor()")),
}
WAITS_IN = {"flock": "flock", "sleep": "clock_nanosleep", "usleep": "clock_nanosleep",
            "http": "ppoll", "process": "wait4"}


class Quiet:
    """An HTTP server that answers when it is told to."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.answers = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        self.answers.wait()
        with connection:
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nlate")
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)


class Held:
    """Everything that the cases wait for, until let_go()."""

    def __init__(self, directory):
        self.lock = directory / "lock"
        self.lock.touch()
        self._lock_file = open(self.lock)
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        self.database = directory / "database"
        self._connection = sqlite3.connect(self.database, isolation_level=None)
        self._connection.execute("CREATE TABLE t (n)")
        self._connection.execute("BEGIN EXCLUSIVE")
        self.quiet = Quiet()
        self.go = directory / "go"
        self.file = directory / "a\n#9 forged.php"
        self.file.write_text("<?php return waits('hostile');")
        self.is_over = False

    def query(self, case: str) -> dict:
        return {"in": case, "lock": self.lock, "database": self.database, "port": self.quiet.port,
                "go": self.go, "file": self.file}

    def let_go(self):
        self.is_over = True
        fcntl.flock(self._lock_file, fcntl.LOCK_UN)
        self._connection.execute("COMMIT")
        self.quiet.answers.set()
        self.go.touch()


def ask(server, held, case: str) -> str:
    with httpx.Client(base_url=server.url, timeout=120, trust_env=False) as client:
        answer = client.get("/backtrace.php", params=held.query(case))
    assert answer.status_code == 200, answer.text
    return answer.text


def backtraces(server) -> list:
    response = server.admin("/backtraces")
    assert response.status_code == 200
    return response.json()["workers"]


def frames(worker: dict) -> list:
    return [line.partition(" ")[2] for line in worker["backtrace"]]


def all_frames(php: tuple) -> dict:
    """The frames of each case, innermost first, as far as they are certain."""
    def closure(function: str, line: str) -> str:
        if php < (8, 4):
            return "{closure}()"
        lines = SCRIPT.read_text().splitlines()
        number = next(number for number, text in enumerate(lines, 1) if line in text)
        return f"{{closure:{function}():{number}}}()"

    main = at("main", MAIN)
    expected = {case: [*innermost, main] for case, innermost in FRAMES.items()}
    expected["fiber"] = waits(at("fiber", closure("case_fiber", "new Fiber")),
                              internal("Fiber->resume"), at("resume", "case_fiber()"), main)
    expected["output"] = waits(at("output", closure("case_output", "ob_start")),
                               internal("ob_end_flush"), at("flush", "case_output()"), main)
    expected["shutdown"] = waits(at("shutdown", closure("case_shutdown", "register_shutdown")))
    expected["deep"] = waits(*[at("deep", "deeper()")] * 62)
    return expected


def php_version(server) -> tuple:
    [labels] = [dict(labels) for name, labels in server.metrics().samples if name == "tusk_info"]
    return tuple(map(int, labels["php_version"].split(".")[:2]))


class Seen:
    """The workers whose backtraces are those of the cases."""

    def __init__(self, server):
        self._server = server
        self._expected = all_frames(php_version(server))
        self.workers = {}

    def look(self) -> bool:
        """True: all cases were seen."""
        self.last = backtraces(self._server)
        for worker in self.last:
            found = next((case for case, expected in self._expected.items()
                          if frames(worker)[: len(expected)] == expected), None)
            if "class@anonymous" in str(worker):
                found = "hostile"
            if found:
                self.workers[found] = worker
        return len(self.workers) == len(CASES)

    def wait(self):
        try:
            wait_for(self.look, "all cases to be seen")
        except AssertionError as error:
            missing = set(CASES) - set(self.workers)
            raise AssertionError(f"{error}; not {missing}, but {json.dumps(self.last, indent=1)}") from None


def ask_until_seen(server, held, case: str, seen: Seen) -> set:
    """Those that end by themselves are asked again until somebody has looked in time."""
    answers = {ask(server, held, case)}
    while case not in seen.workers and not held.is_over:
        answers.add(ask(server, held, case))
    return answers


def test_each_script_shows_its_line_and_ends_as_if_nobody_had_looked(start_tusk, tmp_path):
    """Calls that wait, loops, long computations, generators, fibers, callbacks, destructors."""
    held = Held(tmp_path)
    # On a slow machine the cases take longer than its default.
    server = start_tusk(PHP_SCRIPTS, "--workers", len(CASES), "-d", "max_execution_time=0")
    seen = Seen(server)
    with ThreadPoolExecutor(len(CASES)) as threads:
        results = {case: threads.submit(ask_until_seen, server, held, case, seen) for case in CASES}
        try:
            seen.wait()
        finally:
            held.let_go()
        answers = {case: result.result() for case, result in results.items()}
    for case, call in WAITS_IN.items():
        assert seen.workers[case]["waits_in"] == call
    busy, computes = seen.workers["busy"], seen.workers["computes"]
    assert "waits_in" not in busy and "waits_in" not in computes
    assert computes["approximate"] is True
    assert seen.workers["deep"]["backtrace"][64:] == ["… further frames"]
    check_hostile(seen.workers["hostile"])
    assert answers == {case: {answer} for case, answer in {
        "flock": "flock got it\n", "sleep": "0 slept\n", "usleep": "slept\n",
        "nanosleep": "true slept\n", "sqlite": "1\n", "http": "late\n", "curl": "late\n",
        "select": "1 ready\n", "process": "status 0\n", "busy": "right\n",
        "computes": hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 3_000_000).hex() + "\n",
        "generator": "generator got it\n", "fiber": "fiber got it\n",
        "output": "buffered, output got it\n", "destructor": "destructor got it\n",
        "shutdown": "\nshutdown got it", "deep": "deep got it\n", "hostile": "hostile got it\n",
    }.items()}
    assert backtraces(server) == []


def check_hostile(worker: dict):
    """What is not text is escaped, and long names are cut."""
    file, function, call = frames(worker)[2:5]
    assert file.endswith(r"/a\n#9 forged.php:1 {include}")
    assert re.search(r" \\x..(\\x..)?\\xFF(very)+\w*\(\)$", function, re.IGNORECASE), function
    assert len(function) < 400
    assert call == at("hostile", "class@anonymous->__call()")
    assert all(c.isprintable() for line in worker["backtrace"] for c in line)


def test_hundreds_of_backtraces_change_no_result(start_tusk):
    """A recursion with a checksum runs while it is looked at, under load."""
    workers = 10
    server = start_tusk(PHP_SCRIPTS, "--workers", workers)
    wanted = server.get("/checksum.php").text
    looks = 0
    done = threading.Event()

    def compute():
        with httpx.Client(base_url=server.url, timeout=120, trust_env=False) as client:
            while not done.is_set():
                assert client.get("/checksum.php").text == wanted

    with ThreadPoolExecutor(workers) as threads:
        results = [threads.submit(compute) for _ in range(workers)]
        try:
            while looks < 300:
                looks += sum(len(worker["backtrace"]) > 1 for worker in backtraces(server))
                assert not any(result.done() for result in results), results
        finally:
            done.set()
        for result in results:
            result.result()
