"""Tests every call that waits under each time limit: the script ends at its limit, the worker
keeps serving, and everything that the call had opened is closed. tests/php/blocking.php has the
calls."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest

from harness.engine import open_files
from harness.server import PHP_SCRIPTS, needs_signals
from harness.silent_server import SilentServers
from harness.wait import wait_for

pytestmark = needs_signals

WORKERS = 20  # most of the calls wait
CALLS = re.findall(r"^    '(\w+)' => ", (PHP_SCRIPTS / "blocking.php").read_text(), re.MULTILINE)
PERSISTENT = ["pfsockopen", "mysqli_persistent", "pdo_mysql_persistent", "pg_pconnect"]


@dataclass
class Answer:
    status: int
    text: str


class Table:
    """A server with one limit, and the result of each call."""

    def __init__(self, server, servers: SilentServers, directory, limit: str, certificate):
        self.server = server
        self._query = {f"ports[{name}]": port for name, port in servers.ports.items()}
        self._query |= {"certificate": certificate} | ({"limit": 1} if limit == "script" else {})
        self._directory = directory
        self._calls = 0
        self.status = 500 if limit == "script" else 504

    def ask(self, call: str, **more) -> Answer:
        self._calls += 1
        query = self._query | {"in": call, "file": self._directory / f"f{self._calls}x"} | more
        with httpx.Client(base_url=self.server.url, timeout=60, trust_env=False) as client:
            answer = client.get("/blocking.php", params=query)
        return Answer(answer.status_code, answer.text)

    def ask_all(self, calls, **more) -> dict:
        with ThreadPoolExecutor(WORKERS) as threads:
            return dict(zip(calls, threads.map(lambda call: self.ask(call, **more), calls)))

    def wait_for_descriptors(self, before: list) -> None:
        """Waits until there are no more than before; the server may not have noticed yet that
        clients closed."""
        def more() -> list:
            now = self.descriptors()
            return sorted(set(now) - set(before)) if len(now) > len(before) else []

        try:
            wait_for(lambda: not more(), "descriptors to be closed", seconds=5)
        except AssertionError as error:
            raise AssertionError(f"{error}: {more()}") from None

    def descriptors(self) -> list:
        """Returns what they lead to, once no request is left."""
        self.server.wait_for_metric(0, "tusk_workers", state="busy")
        return open_files(self.server.pid)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certificate")
    key, both = directory / "key.pem", directory / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
         "-out", both, "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True,
    )
    both.write_text(both.read_text() + key.read_text())
    return both


@pytest.fixture(scope="module")
def silent_servers(certificate):
    servers = SilentServers(certificate)
    yield servers
    servers.close()


@pytest.fixture(scope="module", params=["script", "request"])
def table(request, start_module_tusk, silent_servers, certificate, tmp_path_factory):
    directory = tmp_path_factory.mktemp("calls")
    server = start_module_tusk(
        PHP_SCRIPTS,
        *("--workers", WORKERS, "-d", "max_execution_time=0"),
        *("--request-timeout", "1s" if request.param == "request" else "1m"),
        *("-d", f"session.save_path={directory}", "-d", "sendmail_path=exec sleep 60"),
    )
    return Table(server, silent_servers, directory, request.param, certificate)


@pytest.fixture(scope="module")
def answers(table) -> dict:
    return table.ask_all(CALLS)


@pytest.mark.parametrize("call", CALLS)
def test_a_waiting_call_ends_at_the_limit(table, answers, call):
    answer = answers[call]
    assert answer.status == table.status and "came back" not in answer.text
    if table.status == 500:
        assert "[Maximum execution time of 1 second exceeded]" in answer.text
    # If a script does not end at its limit, its worker is lost 5 s later.
    assert not re.search(rf"a worker is lost[^\n]*\bin={call}\b", table.server.log())


def test_nothing_stays_open(table, answers):
    """After the first round no more descriptors are open; for one of the limits, user code runs
    in the middle of the interrupted function."""
    more = {"handler": 1} if table.status == 504 else {}
    before = table.descriptors()
    table.ask_all([call for call in CALLS if call not in PERSISTENT], **more)
    table.wait_for_descriptors(before)


@pytest.mark.parametrize("call", PERSISTENT)
def test_a_persistent_connection_that_was_cut_is_opened_again(start_tusk, silent_servers, tmp_path,
                                                          certificate, call):
    """It stays one descriptor of the worker, and does not become one more with each request."""
    server = start_tusk(PHP_SCRIPTS, "--workers", 1, "--request-timeout", "500ms")
    table = Table(server, silent_servers, tmp_path, "request", certificate)
    assert table.ask(call).status == 504
    first = table.descriptors()
    for _ in range(3):
        assert table.ask(call).status == 504
    table.wait_for_descriptors(first)


def test_no_worker_is_lost(table, answers):
    assert table.server.metrics().value("tusk_workers", state="lost") == 0
    for _ in range(2 * WORKERS):
        assert table.server.get("/hello.php").text == "Hello World!"
    assert not re.search("a worker is lost", table.server.log())
