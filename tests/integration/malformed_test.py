"""Bad input: what is no HTTP, what is too much, what never comes. Each is answered in one way only
and the connection is closed, so that no two readers can disagree about where a request ends."""

import time

import pytest

from harness.server import PHP_SCRIPTS

OK = b"GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n"


def get(*lines: bytes, line: bytes = b"GET /hello.php HTTP/1.1", host: bytes = b"Host: a") -> bytes:
    return b"\r\n".join([line, *([host] if host else []), *lines, b"", b""])


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return get(*lines, line=b"POST /request.php HTTP/1.1") + body


MALFORMED = {
    # the request line
    "garbage": b"\x00\x01\x02\x03\r\n\r\n",
    "words": b"hello there, server\r\n\r\n",
    "no version": b"GET /hello.php\r\nHost: a\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "empty target": b"GET  HTTP/1.1\r\nHost: a\r\n\r\n",
    "two targets": get(line=b"GET /a /b HTTP/1.1"),
    "space in the target": get(line=b"GET /hello .php HTTP/1.1"),
    "tab for a space": get(line=b"GET\t/hello.php\tHTTP/1.1"),
    "control byte in the target": get(line=b"GET /hel\x01lo.php HTTP/1.1"),
    "NUL in the target": get(line=b"GET /hel\x00lo.php HTTP/1.1"),
    "DEL in the target": get(line=b"GET /hel\x7flo.php HTTP/1.1"),
    "fragment in the target": get(line=b"GET /hello.php#part HTTP/1.1"),
    "relative target": get(line=b"GET hello.php HTTP/1.1"),
    "target of another scheme": get(line=b"GET ftp://a/hello.php HTTP/1.1"),
    "target with user information": get(line=b"GET http://u:p@a/hello.php HTTP/1.1"),
    "target without a host": get(line=b"GET http:///hello.php HTTP/1.1"),
    "asterisk with GET": get(line=b"GET * HTTP/1.1"),
    "CONNECT": get(line=b"CONNECT example.org:443 HTTP/1.1"),
    "method with a bad byte": get(line=b"GE(T /hello.php HTTP/1.1"),
    "lower-case protocol": get(line=b"GET /hello.php http/1.1"),
    "another protocol": get(line=b"GET /hello.php FTP/1.1"),
    "version 1": get(line=b"GET /hello.php HTTP/1"),
    "version 1.10": get(line=b"GET /hello.php HTTP/1.10"),
    "version 2.0": get(line=b"GET /hello.php HTTP/2.0"),
    "version 0.9": b"GET /hello.php HTTP/0.9\r\n\r\n",
    "TLS": bytes.fromhex("1603010200010001fc0303") + bytes(64) + b"\r\n\r\n",
    "bad escape": get(line=b"GET /%zz HTTP/1.1"),
    "cut escape": get(line=b"GET /%2 HTTP/1.1"),
    # fields
    "no Host": get(host=b""),
    "two Hosts": get(b"Host: b"),
    "two equal Hosts": get(b"Host: a"),
    "bad Host": get(host=b"Host: a b"),
    "Host with a path": get(host=b"Host: a/b"),
    "Host with user information": get(host=b"Host: u@a"),
    "Host with a bad port": get(host=b"Host: a:99999"),
    "list of Hosts": get(host=b"Host: a, b"),
    "space before the colon": get(b"X-A : 1"),
    "space in a name": get(b"X A: 1"),
    "no colon": get(b"X-A"),
    "no name": get(b": 1"),
    "NUL in a name": get(b"X\x00A: 1"),
    "NUL in a value": get(b"X-A: 1\x002"),
    "CR in a value": get(b"X-A: 1\rX-B: 2"),
    "control byte in a value": get(b"X-A: 1\x012"),
    "folded field": get(b"X-A: 1", b" continued"),
    "folded first field": b"GET /hello.php HTTP/1.1\r\n X-A: 1\r\nHost: a\r\n\r\n",
    "byte over 127 in a name": get("X-\u00e4: 1".encode()),
    # framing
    "length and chunks": post(
        b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "chunks and length": post(
        b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"
    ),
    "two lengths": post(b"Content-Length: 5", b"Content-Length: 6", body=b"abcdef"),
    "two lengths in a line": post(b"Content-Length: 5, 6", body=b"abcdef"),
    "negative length": post(b"Content-Length: -1"),
    "length with a plus": post(b"Content-Length: +5", body=b"abcde"),
    "hexadecimal length": post(b"Content-Length: 0x5", body=b"abcde"),
    "empty length": post(b"Content-Length:"),
    "length with a space": post(b"Content-Length: 1 1", body=b"abcde"),
    "length that is a word": post(b"Content-Length: five", body=b"abcde"),
    "length with a fraction": post(b"Content-Length: 5.0", body=b"abcde"),
    "length past 64 bits": post(b"Content-Length: 18446744073709551616"),
    "length past all bits": post(b"Content-Length: " + b"9" * 100),
    "unknown coding": post(b"Transfer-Encoding: gzip"),
    "chunked not last": post(b"Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n"),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "chunked in two lines": post(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"
    ),
    "misspelt chunked": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunked with a bad byte": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "chunks in HTTP/1.0": b"POST /request.php HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size that is none": post(b"Transfer-Encoding: chunked", body=b"zz\r\nabc\r\n0\r\n\r\n"),
    "negative chunk size": post(b"Transfer-Encoding: chunked", body=b"-3\r\nabc\r\n0\r\n\r\n"),
    "chunk size with 0x": post(b"Transfer-Encoding: chunked", body=b"0x3\r\nabc\r\n0\r\n\r\n"),
    "chunk size with a space": post(b"Transfer-Encoding: chunked", body=b" 3\r\nabc\r\n0\r\n\r\n"),
    "chunk size past 64 bits": post(
        b"Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\nabc"
    ),
    "empty chunk size": post(b"Transfer-Encoding: chunked", body=b"\r\nabc\r\n0\r\n\r\n"),
    "chunk longer than its size": post(
        b"Transfer-Encoding: chunked", body=b"3\r\nabcdef\r\n0\r\n\r\n"
    ),
    "chunk ended by LF": post(b"Transfer-Encoding: chunked", body=b"3\r\nabc\n0\r\n\r\n"),
    "chunk size ended by LF": post(b"Transfer-Encoding: chunked", body=b"3\nabc\r\n0\r\n\r\n"),
    "chunk extension with CR": post(
        b"Transfer-Encoding: chunked", body=b"3;a\rb\r\nabc\r\n0\r\n\r\n"
    ),
    "trailer that is none": post(
        b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\nno colon\r\n\r\n"
    ),
}

# Said by RFC 9110 or 9112 to be something else than 400, or a choice.
STATUS = {
    "version 2.0": {400, 505},
    "version 0.9": {400, 505},
    "version 1.10": {400, 505},
    "version 1": {400, 505},
    "another protocol": {400, 505},
    "CONNECT": {400, 405, 501},
    "length past 64 bits": {400, 413},
    "length past all bits": {400, 413},
    "chunk size past 64 bits": {400, 413},
    "unknown coding": {400, 501},
    "chunked not last": {400, 501},
    "chunked twice": {400, 501},
    "chunked in two lines": {400, 501},
    "misspelt chunked": {400, 501},
    "chunked with a bad byte": {400, 501},
}
CONNECTION_GOES_ON = {"bad escape", "cut escape"}  # well-formed HTTP, for a path that cannot be


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_400_and_close(tusk, name):
    """One answer, with Connection: close; then the end, although a good request stands behind it:
    what cannot be understood is not guessed at."""
    with tusk.raw() as connection:
        connection.send(MALFORMED[name] + OK)
        response = connection.response()
        assert response.status in STATUS.get(name, {400}), response.text
        if name in CONNECTION_GOES_ON:
            assert connection.response().text == "Hello World!"
            return
        assert response.header("connection") == "close"
        connection.expect_closed()


def test_refusals_are_counted_and_the_server_is_well(tusk):
    """/metrics has them by status; the next good request is answered."""
    before = tusk.metrics().value("tusk_parse_errors_total", status="400")
    for name in ("garbage", "two Hosts", "length and chunks"):
        with tusk.raw() as connection:
            connection.send(MALFORMED[name]).response()
    assert tusk.metrics().value("tusk_parse_errors_total", status="400") == before + 3
    assert tusk.get("/hello.php").text == "Hello World!"


def test_the_answer_arrives_although_the_client_still_sends(tusk):
    """A client that is busy sending its megabytes gets the 400, not a broken connection."""
    for _ in range(10):
        with tusk.raw() as connection:
            connection.try_send(b"BAD REQUEST LINE\r\n\r\n" + b"x" * 1_000_000)
            assert connection.response().status == 400


# --- too much ---


def test_a_header_that_is_too_long(tusk):
    """One long field, many fields, and one that never ends: 431 and close, before any script."""
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
    """8000 bytes are fine (RFC 9112 §3); forty thousand are 414 (or 431), and close."""
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
    """Refused by the header alone, no 100 Continue, no script; then close."""
    with tusk.raw() as connection:
        lines = [b"Content-Length: %d" % length] + [b"Expect: 100-continue"] * expect
        connection.send(post(*lines))
        response = connection.head()
        assert response.status == 413 and response.header("connection") == "close"
        assert b"413" in connection.read_to_end()
    assert tusk.get("/hello.php").text == "Hello World!"


def test_a_chunked_body_is_413_when_it_grows_too_large(start_tusk):
    """It announces no length, so it is counted; what is under the limit passes."""
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
    """A megabyte of chunk extensions, of one-byte chunks' framing, of trailers: refused, or borne
    without harm; the server answers others meanwhile."""
    for body in (
        b"1;" + b"x" * 1_000_000 + b"\r\na\r\n0\r\n\r\n",
        b"0\r\n" + b"X-T: 1\r\n" * 50_000 + b"\r\n",
        b"1;ext=abcdefghijklmnopqrstuvwxyz\r\na\r\n" * 50_000 + b"0\r\n\r\n",
    ):
        with tusk.raw() as connection:
            connection.try_send(post(b"Transfer-Encoding: chunked", body=body))
            assert connection.response().status in (200, 400, 413, 431)
        assert tusk.get("/hello.php").text == "Hello World!"


# --- what never comes ---


@pytest.fixture(scope="module")
def impatient(start_module_tusk):
    """A server that waits for nothing for long."""
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
    """Each byte in time does not help: the header as a whole has its limit (slowloris)."""
    with impatient.raw() as connection:
        connection.send("GET /hello.php HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        while connection.has_nothing_to_read():
            connection.try_send(b"x")
            time.sleep(0.01)
        assert connection.response().status == 408


def test_a_body_that_never_comes_is_408(impatient):
    """Header complete, body half there: 408 and close, and no worker was held."""
    with impatient.raw() as connection:
        response = connection.send(post(b"Content-Length: 100", body=b"half")).response()
        assert response.status == 408 and response.header("connection") == "close"
        connection.expect_closed()


def test_silence_is_closed_without_a_word(impatient):
    """A connection that never said anything, and one that rests after an answer."""
    with impatient.raw() as connection:
        connection.expect_closed()
    with impatient.raw() as connection:
        assert connection.get("/hello.php").status == 200
        connection.expect_closed()


def test_a_client_that_takes_nothing_is_given_up(impatient):
    """It asked for a lot and reads none of it: after the write timeout it is gone, and its script
    with it."""
    with impatient.raw() as connection:
        connection.set_receive_buffer(4096)
        connection.request("GET", "/output.php?mib=100")
        impatient.wait_for_metric(lambda n: n >= 1, "tusk_responses_aborted_total")
        impatient.wait_for_metric(0, "tusk_workers", state="busy")
    assert impatient.get("/hello.php").text == "Hello World!"
