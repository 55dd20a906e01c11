"""Tests the table of cases.py against the running server: each row whole, cut at every byte, byte
by byte, and within pipelines.

A cut only counts if the server has read the first part before the second arrives. These tests
therefore use a unix socket, for which the kernel reports how many of the sent bytes are still
unread (SIOCOUTQ, unix(7))."""

import array
import collections
import fcntl
import json
import socket
import termios
import time

import pytest

from harness.raw import RawClient
from harness.server import PHP_SCRIPTS
from harness.wait import PATIENCE_S, Deadline
from http1.cases import CASES, Case, request

GOOD = request(line=b"GET /echo.php?good HTTP/1.1")

# Rows that are long only to test a length are not cut at every byte: that would show nothing new.
LONGEST_TO_CUT = 400


class UnixClient(RawClient):
    """A plain connection that knows how much the server has read."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(str(path))
        self._buffer = b""

    def send_and_wait(self, part: bytes) -> bool:
        """Sends, and waits until the server has read it all. Returns False if the server has
        closed."""
        if not self.try_send(part):
            return False
        unread, deadline = array.array("i", [0]), Deadline()
        while True:
            fcntl.ioctl(self._socket, termios.TIOCOUTQ, unread)
            if unread[0] == 0:
                return True
            assert not deadline.passed(), "the server does not read"
            time.sleep(0)


@pytest.fixture(scope="module")
def path(start_module_tusk, tmp_path_factory):
    path = tmp_path_factory.mktemp("socket") / "tusk.sock"
    start_module_tusk(PHP_SCRIPTS, "--workers", 2, listen=[f"unix:{path}"])
    return path


@pytest.fixture(scope="module")
def tcp(start_module_tusk):
    return start_module_tusk(PHP_SCRIPTS, "--workers", 2)


def named(case: Case) -> str:
    return f"{case.section}: {case.name}"


all_cases = pytest.mark.parametrize("case", CASES, ids=named)
short_cases = pytest.mark.parametrize(
    "case", [case for case in CASES if len(case.request) <= LONGEST_TO_CUT], ids=named
)


def check(case: Case, connection: RawClient) -> None:
    """Reads the answer to the case and what follows it: the answer to GOOD, or the end."""
    response = connection.response("HEAD" if case.head else "GET")
    assert response.status == case.status, response.text
    for name, value in case.fields.items():
        assert response.header(name) == value
    if case.status == 200 and not case.head:
        seen = json.loads(response.body)
        for key, value in case.sees.items():
            part = seen
            for step in key.split("."):
                part = part.get(step)
            assert part == value, (key, seen)
    if case.goes_on:
        assert response.header("connection") in (None, "keep-alive")
        assert json.loads(connection.response().body)["query"] == "good"
    else:
        assert response.header("connection") == "close"
        connection.expect_closed()


def test_the_table_is_large_and_its_names_are_unique():
    """More than 200 rows, none of which hides another."""
    counted = collections.Counter(named(case) for case in CASES)
    assert len(CASES) > 400 and max(counted.values()) == 1, counted.most_common(3)
    assert sum(case.goes_on for case in CASES) > 100
    assert sum(not case.goes_on for case in CASES) > 250


@all_cases
def test_whole(tcp, case):
    """The request in one write, with a good request behind it."""
    with tcp.raw() as connection:
        connection.try_send(case.request + GOOD)
        check(case, connection)


@all_cases
def test_behind_and_before_others(tcp, case):
    """The request in the middle of a pipeline: earlier requests are answered in order in any
    case."""
    with tcp.raw() as connection:
        connection.try_send(GOOD * 3 + case.request + GOOD)
        for _ in range(3):
            assert json.loads(connection.response().body)["query"] == "good"
        check(case, connection)


@short_cases
def test_cut_at_every_byte(path, case):
    """The request in two parts, cut at every possible place: the answer is the same."""
    connection = UnixClient(path)
    for at in range(1, len(case.request)):
        connection.send_and_wait(case.request[:at])
        connection.try_send(case.request[at:] + GOOD)
        check(case, connection)
        if not case.goes_on:
            connection.close()
            connection = UnixClient(path)
    connection.close()


@short_cases
def test_byte_by_byte(path, case):
    """The request, one byte at a time."""
    with UnixClient(path) as connection:
        for at in range(len(case.request)):
            if not connection.send_and_wait(case.request[at : at + 1]):
                break
        connection.try_send(GOOD)
        check(case, connection)


def test_all_answered_rows_in_one_pipeline(tcp):
    """All rows that leave their connection open, one after the other, in one write."""
    rows = [case for case in CASES if case.goes_on]
    with tcp.raw() as connection:
        sender = b"".join(case.request for case in rows)
        connection.try_send(sender + GOOD)
        for case in rows:
            response = connection.response("HEAD" if case.head else "GET")
            assert response.status == case.status, (named(case), response.text)
        assert json.loads(connection.response().body)["query"] == "good"
