"""Tests of the harness: it must refuse every faulty answer, since a test with a careless reader
proves nothing."""

import socket
import threading

import pytest

from harness.prometheus import Metrics
from harness.raw import ProtocolError, RawClient
from harness.server import _TROUBLE
from harness.wait import wait_for

GOOD = """# HELP requests_total What it says.
# TYPE requests_total counter
requests_total{class="2xx",path="a\\"b,c}"} 5
requests_total{class="5xx",path=""} 0
# HELP wait_seconds Time.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.1"} 1
wait_seconds_bucket{le="+Inf"} 3
wait_seconds_sum 4.5
wait_seconds_count 3
"""


def test_metrics_are_read():
    """Labels with commas, quotes and braces; sums over some labels."""
    metrics = Metrics.parse(GOOD)
    assert metrics.value("requests_total", **{"class": "2xx", "path": 'a\\"b,c}'}) == 5
    assert metrics.total("requests_total") == 5 and metrics.value("wait_seconds_count") == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('class="5xx",path=""', 'class="2xx",path="a\\"b,c}"'),  # a series twice
        ("# TYPE requests_total counter\n", ""),
        ("# HELP requests_total What it says.\n", ""),
        ("# TYPE wait", "# TYPE requests_total counter\n# TYPE wait"),
        ('requests_total{class="5xx"', 'requests total{class="5xx"'),
        ("} 0\n", "}\n"),
        ("} 0\n", "} -1\n"),
        ('"5xx",path', '"5xx",class="4xx",path'),
        ('="5xx"', "=5xx"),
        ("} 0\n", "} zero\n"),
        ('le="+Inf"', 'le="9"'),
        ('le="+Inf"} 3', 'le="+Inf"} 0'),
        ("wait_seconds_count 3", "wait_seconds_count 4"),
        ("wait_seconds_sum 4.5\n", ""),
        ("wait_seconds_count 3\n", "wait_seconds_count 3\nrequests_total 1\n"),
        ("wait_seconds_count 3\n", "wait_seconds_count 3"),
    ],
)
def test_bad_metrics_are_refused(old, new):
    """Each mistake would make a scraper stumble."""
    assert old in GOOD
    with pytest.raises((AssertionError, KeyError, ValueError)):
        Metrics.parse(GOOD.replace(old, new, 1))


def answer_with(data: bytes):
    """Returns a client of a server that sends only these bytes, whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    return RawClient("127.0.0.1", listener.getsockname()[1])


def test_responses_are_read():
    """Lengths, chunks, interim responses, and the order of several."""
    with answer_with(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
    ) as client:
        assert client.get("/").text == "abc"
        second = client.response()
        assert (second.status, second.text) == (404, "def")
        client.expect_closed()


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nX",
        b"HTTP/2 200 OK\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nBad Line\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX : 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_broken_responses_are_refused(data):
    """The reader tolerates no response that is cut off, doubled or contradictory."""
    with answer_with(data) as client, pytest.raises((ProtocolError, AssertionError)):
        client.get("/")


def test_bytes_after_the_end_are_noticed():
    """expect_closed() fails if the server sends more before it closes."""
    with answer_with(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    ) as client:
        client.get("/")
        with pytest.raises(AssertionError):
            client.expect_closed()


@pytest.mark.parametrize(
    "line",
    [
        "==1==ERROR: AddressSanitizer: heap-use-after-free",
        "a.cc:1:2: runtime error: signed integer overflow",
        "WARNING: ThreadSanitizer: data race (pid=1)",
        "==1==ERROR: LeakSanitizer: detected memory leaks",
        "terminate called without an active exception",
    ],
)
def test_a_sanitizers_report_is_trouble(line):
    """Any sanitizer report on stderr fails the test."""
    assert _TROUBLE.search(f"2026 info fine\n{line}\n") and not _TROUBLE.search(
        "2026 error PHP Fatal error: x"
    )


def test_waiting_ends():
    """If the condition never holds, the error says what was waited for; otherwise the value is
    returned."""
    assert wait_for(lambda: "value", "nothing") == "value"
    with pytest.raises(AssertionError, match="the impossible"):
        wait_for(lambda: False, "the impossible", seconds=0.02)
