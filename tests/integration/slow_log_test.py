"""The slow log: a script that takes long, or much memory, is logged while it runs and when it ends."""

import fcntl
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

SCRIPT = PHP_SCRIPTS / "slow.php"
RUNNING, ENDED = "slow request is running", "slow request has ended"
SUPPRESSED = "slow requests are not all logged"
LINES_PER_SECOND = 10
MIB = 1 << 20


class Slow:
    """A server with a slow log, and scripts that wait until let_go()."""

    def __init__(self, server, directory, threads: ThreadPoolExecutor):
        self.server = server
        self.lock = directory / "lock"
        self.lock.touch()
        self._file = open(self.lock)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._threads = threads

    def ask(self, **query):
        query["lock"] = self.lock
        return self._threads.submit(httpx.get, f"{self.server.url}/slow.php", params=query,
                                    timeout=60, trust_env=False)

    def let_go(self):
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def lines(self, message: str) -> list:
        found = [json.loads(line) for line in self.server.log().splitlines() if line[:1] == "{"]
        return [line for line in found if line["message"] == message]

    def wait_for_lines(self, message: str, count: int) -> list:
        return wait_for(lambda: len(self.lines(message)) >= count and self.lines(message),
                        f"{count} lines {message!r}")


@pytest.fixture
def slow(start_tusk, tmp_path):
    def start(*options, workers: int = 2) -> Slow:
        server = start_tusk(PHP_SCRIPTS, "--workers", workers, "--log-format", "json", *options)
        started.append(Slow(server, tmp_path, threads))
        return started[-1]

    started = []
    with ThreadPoolExecutor(40) as threads:
        yield start
        for each in started:
            each.let_go()


def test_a_slow_request_is_logged_while_it_runs_and_when_it_ends(slow):
    """With its place, its times and its status, but without its query. Event streams are left out."""
    log = slow("--slow-request", "200ms")
    stream = log.ask(stream=1)
    wait_for(lambda: "flock" in log.server.admin("/backtraces").text, "the stream to begin")
    answer = log.ask(status=202, secret="SECRET")
    [running] = log.wait_for_lines(RUNNING, 1)
    log.let_go()
    assert (answer.result().status_code, answer.result().text) == (202, "done")
    assert stream.result().text == "done"
    [ended] = log.wait_for_lines(ENDED, 1)
    place = SCRIPT.read_text()[: SCRIPT.read_text().index("the line in the slow log")].count("\n") + 1
    assert running["backtrace"].splitlines()[:2] == [
        "#0 [internal] flock()", f"#1 {SCRIPT}:{place} waits()"]
    assert running["waits_in"] == "flock"
    for line in running, ended:
        assert line["level"] == "warn" and line["reason"] == "time"
        assert (line["method"], line["path"], line["script"]) == ("GET", "/slow.php", str(SCRIPT))
        assert line["host"] in log.server.url
        assert line["php_seconds"] >= 0.2 and line["queue_seconds"] >= 0
        assert line["client_seconds"] == 0
    assert ended["status"] == 202
    assert ended["request"] == running["request"]
    assert ended["request_id"] == running["request_id"] and len(ended["request_id"]) == 32
    assert ended["memory_peak_bytes"] >= running["memory_bytes"] > 0
    assert "SECRET" not in log.server.log()
    assert log.server.get("/hello.php").status_code == 200
    assert len(log.lines(RUNNING)) == len(log.lines(ENDED)) == 1


def test_memory_is_a_reason_too(slow):
    """slow_memory alone: a script that takes long is not logged."""
    log = slow("--slow-memory", "64MiB")
    little, much = log.ask(), log.ask(bytes=80 * MIB)
    [running] = log.wait_for_lines(RUNNING, 1)
    log.let_go()
    assert little.result().text == much.result().text == "done"
    [ended] = log.wait_for_lines(ENDED, 1)
    assert running["reason"] == ended["reason"] == "memory"
    assert 80 * MIB < running["memory_bytes"] <= ended["memory_peak_bytes"] < 100 * MIB


def test_many_slow_requests_do_not_flood_the_log(slow):
    """So many lines a second; then the log says how many are missing."""
    log = slow("--slow-request", "1ms", workers=30)
    answers = [log.ask() for _ in range(30)]

    def logged_or_counted() -> int:
        running, ended = len(log.lines(RUNNING)), len(log.lines(ENDED))
        return running + ended + sum(line["lines"] for line in log.lines(SUPPRESSED))

    wait_for(lambda: len(log.lines(RUNNING)) >= LINES_PER_SECOND, "the lines of a second")
    wait_for(lambda: logged_or_counted() == 30, "all to be logged or counted")
    log.let_go()
    assert {answer.result().text for answer in answers} == {"done"}
    wait_for(lambda: logged_or_counted() == 60, "all ends to be logged or counted")
