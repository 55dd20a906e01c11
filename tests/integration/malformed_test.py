"""Requests that are too large or never completed. Each is answered in one way only, and the
connection is closed. tests/http1/cases.py is the table of malformed requests."""

import time

import pytest

from harness.server import PHP_SCRIPTS


def get(*lines: bytes, line: bytes = b"GET /hello.php HTTP/1.1", host: bytes = b"Host: a") -> bytes:
    return b"\r\n".join([line, *([host] if host else []), *lines, b"", b""])


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return get(*lines, line=b"POST /request.php HTTP/1.1") + body


def test_refusals_are_counted_and_the_server_is_well(tusk):
    """/metrics counts them by status; the next good request is answered."""
    before = tusk.metrics().value("tusk_parse_errors_total", status="400")
    for bad in (
        b"\x00\x01\r\n\r\n",
        get(b"Host: b"),
        post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    ):
        with tusk.raw() as connection:
            connection.send(bad).response()
    assert tusk.metrics().value("tusk_parse_errors_total", status="400") == before + 3
    assert tusk.get("/hello.php").text == "Hello World!"


def test_the_answer_arrives_although_the_client_still_sends(tusk):
    """A client that is still sending megabytes gets the 400, not a broken connection."""
    for _ in range(10):
        with tusk.raw() as connection:
            connection.try_send(b"BAD REQUEST LINE\r\n\r\n" + b"x" * 1_000_000)
            assert connection.response().status == 400


# --- too large ---


def test_a_header_that_is_too_long(tusk):
    """One long field, many fields, and an endless one: 431 and close, before any script runs."""
    for request in (
        get(b"X-Long: " + b"x" * 40_000),
        get(*(b"X-%d: 1" % n for n in range(101))),
        get(*(b"X-%d: %s" % (n, b"x" * 1000) for n in range(60))),
        b"GET /hello.php HTTP/1.1\r\nHost: a\r\nX-Endless: " + b"x" * 100_000,
        b"GET /hello.php HTTP/1.1\r\nHost: a\r\n" + b"x" * 100_000,
    ):
        with tusk.raw() as connection:
            connection.try_send(request)
            response = connection.response()
            assert response.status == 431 and response.header("connection") == "close"
            connection.expect_closed()


def test_a_header_within_the_limits(tusk):
    """A hundred fields, and one of 20 kB, are no problem."""
    with tusk.raw() as connection:
        connection.send(get(*(b"X-%d: 1" % n for n in range(95))))
        assert connection.response().status == 200
        connection.send(get(b"Cookie: a=" + b"x" * 20_000))
        assert connection.response().status == 200


def test_a_target_that_is_too_long(tusk):
    """8000 bytes are accepted (RFC 9112 §3); forty thousand are answered 414 (or 431), and the
    connection closes."""
    with tusk.raw() as connection:
        assert connection.get("/request.php?" + "x" * 7900).status == 200
        connection.try_send(get(line=b"GET /hello.php?" + b"x" * 40_000 + b" HTTP/1.1"))
        assert connection.response().status in (414, 431)
        connection.expect_closed()


def test_the_limits_are_options(start_tusk):
    """request_header_bytes and request_header_count, smaller and larger than by default."""
    small = start_tusk(PHP_SCRIPTS, "--request-header-bytes", "1K", "--request-header-count", 10)
    with small.raw() as connection:
        connection.try_send(get(b"X-Long: " + b"x" * 1000))
        assert connection.response().status == 431
    with small.raw() as connection:
        connection.send(get(*(b"X-%d: 1" % n for n in range(11))))
        assert connection.response().status == 431
    large = start_tusk(
        PHP_SCRIPTS, "--request-header-bytes", "512K", "--request-header-count", 1000
    )
    with large.raw() as connection:
        connection.send(get(b"X-Long: " + b"x" * 400_000, *(b"X-%d: 1" % n for n in range(900))))
        assert connection.response().text == "Hello World!"


@pytest.mark.parametrize("length", [128 * 2**20 + 1, 10**12, 2**63 - 1, 2**64 - 1])
@pytest.mark.parametrize("expect", [True, False])
def test_an_absurd_length_is_413_before_the_body_is_read(tusk, length, expect):
    """It is refused by the header alone, without 100 Continue and without a script; then the
    connection closes."""
    with tusk.raw() as connection:
        lines = [b"Content-Length: %d" % length] + [b"Expect: 100-continue"] * expect
        connection.send(post(*lines))
        response = connection.head()
        assert response.status == 413 and response.header("connection") == "close"
        assert b"413" in connection.read_to_end()
    assert tusk.get("/hello.php").text == "Hello World!"


def test_a_chunked_body_is_413_when_it_grows_too_large(start_tusk):
    """It announces no length, so it is counted; a body below the limit passes."""
    tusk = start_tusk(PHP_SCRIPTS, "--request-body-bytes", "1M", "--body-memory-bytes", "16K")
    with tusk.raw() as connection:
        connection.send(
            post(
                b"Transfer-Encoding: chunked", body=b"100000\r\n" + b"x" * 2**20 + b"\r\n0\r\n\r\n"
            )
        )
        assert connection.response().status == 200
        connection.send(post(b"Transfer-Encoding: chunked"))
        for _ in range(40):
            if not connection.try_send(b"10000\r\n" + b"x" * 65536 + b"\r\n"):
                break
        response = connection.response()
        assert response.status == 413 and response.header("connection") == "close"
    with tusk.raw() as connection:
        assert (
            connection.request("POST", "/request.php", body=b"x" * 2**20).response().status == 200
        )
    with tusk.raw() as connection:
        connection.send(post(b"Content-Length: %d" % (2**20 + 1)))
        assert connection.response().status == 413


def test_chunks_of_nothing_but_overhead(tusk):
    """A megabyte of chunk extensions, of one-byte chunks' framing, or of trailers is refused or
    accepted without harm; other clients are answered meanwhile."""
    for body in (
        b"1;" + b"x" * 1_000_000 + b"\r\na\r\n0\r\n\r\n",
        b"0\r\n" + b"X-T: 1\r\n" * 50_000 + b"\r\n",
        b"1;ext=abcdefghijklmnopqrstuvwxyz\r\na\r\n" * 50_000 + b"0\r\n\r\n",
    ):
        with tusk.raw() as connection:
            connection.try_send(post(b"Transfer-Encoding: chunked", body=body))
            assert connection.response().status in (200, 400, 413, 431)
        assert tusk.get("/hello.php").text == "Hello World!"


# --- never completed ---


@pytest.fixture(scope="module")
def impatient(start_module_tusk):
    """A server with short timeouts."""
    return start_module_tusk(
        PHP_SCRIPTS,
        "--header-timeout",
        "300ms",
        "--body-timeout",
        "300ms",
        "--idle-timeout",
        "300ms",
        "--write-timeout",
        "300ms",
    )


def test_a_header_that_never_ends_is_408(impatient):
    """Half a request, then silence: 408 and close."""
    with impatient.raw() as connection:
        response = connection.send("GET /hello.php HTTP/1.1\r\nHost: a\r\nX-").response()
        assert response.status == 408 and response.header("connection") == "close"
        connection.expect_closed()


def test_a_header_that_trickles_is_408_too(impatient):
    """Regular bytes do not help: the header as a whole has a limit (slowloris)."""
    with impatient.raw() as connection:
        connection.send("GET /hello.php HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        while connection.has_nothing_to_read():
            connection.try_send(b"x")
            time.sleep(0.01)
        assert connection.response().status == 408


def test_a_body_that_never_comes_is_408(impatient):
    """The header is complete, half of the body has arrived: 408 and close, and no worker was
    held."""
    with impatient.raw() as connection:
        response = connection.send(post(b"Content-Length: 100", body=b"half")).response()
        assert response.status == 408 and response.header("connection") == "close"
        connection.expect_closed()


def test_a_silent_connection_is_closed_without_an_answer(impatient):
    """A connection that never sent anything, and one that is idle after an answer."""
    with impatient.raw() as connection:
        connection.expect_closed()
    with impatient.raw() as connection:
        assert connection.get("/hello.php").status == 200
        connection.expect_closed()


def test_a_client_that_reads_nothing_is_closed(impatient):
    """It requested a lot and reads none of it: after the write timeout the connection is gone,
    and so is its script."""
    with impatient.raw() as connection:
        connection.set_receive_buffer(4096)
        connection.request("GET", "/output.php?mib=100")
        impatient.wait_for_metric(lambda n: n >= 1, "tusk_responses_aborted_total")
        impatient.wait_for_metric(0, "tusk_workers", state="busy")
    assert impatient.get("/hello.php").text == "Hello World!"
