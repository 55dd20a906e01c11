"""HTTP/1.x on the wire: framing, connection reuse, pipelining, bodies in both directions."""

import email.utils
import hashlib
import json
import time

import pytest

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for


def test_hello(tusk):
    """The simplest script: status, body, type, length and date are right."""
    response = tusk.get("/hello.php")
    assert response.status_code == 200 and response.content == b"Hello World!"
    assert response.headers["content-type"] == "text/html; charset=UTF-8"
    assert response.headers["content-length"] == "12"
    assert response.http_version == "HTTP/1.1" and response.reason_phrase == "OK"
    date = email.utils.parsedate_to_datetime(response.headers["date"]).timestamp()
    assert abs(date - time.time()) < 3600 and response.headers["date"].endswith(" GMT")


@pytest.mark.parametrize(
    "path", ["/hello.php", "/output.php?mib=3", "/nothing-here", "/request.php?a=1"]
)
def test_head_is_get_without_a_body(tusk, path):
    """HEAD gets the header of GET and no body, and the connection goes on."""
    with tusk.raw() as connection:
        get = connection.get(path)
        head = connection.request("HEAD", path).response("HEAD")
        again = connection.get("/hello.php")
    assert head.status == get.status and again.text == "Hello World!"
    assert head.header("content-type") == get.header("content-type")
    if head.header("content-length") is not None and path != "/request.php?a=1":
        assert int(head.header("content-length")) == len(get.body)


def test_a_connection_is_kept_for_many_requests(tusk):
    """The second and every later request use the connection of the first."""
    with tusk.raw() as connection:
        ports = {
            connection.get("/request.php", "X-N: 1").body and connection.local_port()
            for _ in range(20)
        }
        remote = json.loads(connection.get("/request.php").body)["server"]["REMOTE_PORT"]
    assert ports == {int(remote)}


def test_three_requests_in_one_write_are_answered_in_order(tusk):
    """Pipelining: a script, an error and another script, sent at once."""
    with tusk.raw() as connection:
        connection.send(
            "GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /request.php?n=3 HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        first, second, third = (connection.response() for _ in range(3))
    assert first.text == "Hello World!" and second.status == 404
    assert json.loads(third.body)["get"] == {"n": "3"}


def test_two_hundred_pipelined_requests(tusk):
    """More than a buffer holds, with bodies in between; each answer belongs to its request."""
    requests = b"".join(
        b"POST /work.php?n=%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"
        % (n, n, b"x" * n)
        for n in range(200)
    )
    with tusk.raw() as connection:
        connection.send(requests)
        for n in range(200):
            assert connection.response().text == f"POST {n} {n}"


def test_a_fast_answer_waits_for_the_slow_one_before_it(tusk, tmp_path):
    """Answers keep the order of the requests, even if the second is ready first."""
    gate, began = tmp_path / "gate", tmp_path / "began"
    with tusk.raw() as connection:
        connection.send(
            f"GET /gate.php?until={gate}&began={began} HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        wait_for(began.exists, "the script to begin")
        assert connection.has_nothing_to_read()
        gate.touch()
        assert connection.response().text == "through the gate\n"
        assert connection.response().status == 404


def test_a_request_that_comes_byte_by_byte(tusk):
    """Covers every place where a request can be split between two reads."""
    with tusk.raw() as connection:
        request = (
            b"POST /request.php?a=b HTTP/1.1\r\nHost: localhost\r\nCookie: c=d\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\ne=f"
        )
        for byte in request:
            connection.send(bytes([byte]))
        seen = json.loads(connection.response().body)
    assert (seen["get"], seen["post"], seen["cookie"]) == ({"a": "b"}, {"e": "f"}, {"c": "d"})


def test_a_chunked_request_body(tusk):
    """Chunks are joined, extensions ignored, and a trailer never becomes a header."""
    with tusk.raw() as connection:
        connection.send(
            "POST /request.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nTrailer: X-Late\r\n\r\n"
            '3\r\na=1\r\n6;ext="x;y"\r\n&b=two\r\n0A\r\n&c=1234567\r\n'
            "0\r\nX-Late: forged\r\nHost: evil\r\n\r\n"
            "GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        seen = json.loads(connection.response().body)
        assert connection.response().text == "Hello World!"
    assert seen["post"] == {"a": "1", "b": "two", "c": "1234567"} and seen["input_length"] == 19
    assert "HTTP_X_LATE" not in seen["server"] and seen["server"]["HTTP_HOST"] == "a"


def test_a_large_chunked_request_body(tusk):
    """Ten million bytes in chunks of all sizes arrive complete (through a file)."""
    body = bytes(range(256)) * 40000
    with tusk.raw() as connection:
        connection.send(
            "PUT /request.php HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        at, size = 0, 1
        while at < len(body):
            piece = body[at : at + size]
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            at, size = at + size, min(size * 2, 300_000)
        connection.send("0\r\n\r\n")
        seen = json.loads(connection.response().body)
    assert seen["input_length"] == len(body)
    assert seen["input_sha256"] == hashlib.sha256(body).hexdigest()


def test_100_continue_is_sent_before_the_body(tusk):
    """A client that waits for `100 Continue` gets it, then sends, then gets its answer."""
    with tusk.raw() as connection:
        connection.send(
            "POST /request.php HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            "Content-Length: 5\r\n\r\n"
        )
        interim = connection.head()
        assert interim.status == 100 and interim.fields == []
        connection.send("12345")
        assert json.loads(connection.response().body)["input_length"] == 5
        assert connection.get("/hello.php").status == 200


def test_a_client_that_does_not_wait_for_100_continue(tusk):
    """Expect and the body in one write: one final answer, with or without a 100 before it."""
    with tusk.raw() as connection:
        connection.send(
            "POST /request.php HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            "Content-Length: 5\r\n\r\n12345GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        assert json.loads(connection.response().body)["input_length"] == 5
        assert connection.response().text == "Hello World!"


def test_connection_close(tusk):
    """The answer repeats the client's wish to close, and the connection closes."""
    with tusk.raw() as connection:
        response = connection.get("/hello.php", "Connection: close")
        assert response.text == "Hello World!" and response.header("connection") == "close"
        connection.expect_closed()


def test_nothing_after_connection_close_is_answered(tusk):
    """A request after one with `Connection: close` is ignored."""
    with tusk.raw() as connection:
        connection.send(
            "GET /hello.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            "GET /hello.php HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        connection.response()
        connection.expect_closed()


def test_http_1_0(tusk):
    """HTTP/1.0 without Host: answered, with a length, never chunked, and closed."""
    with tusk.raw() as connection:
        connection.send("GET /hello.php HTTP/1.0\r\n\r\n")
        response = connection.response()
        assert response.text == "Hello World!" and response.header("transfer-encoding") is None
        assert response.header("content-length") == "12"
        connection.expect_closed()


def test_http_1_0_keep_alive(tusk):
    """An old client that asks for keep-alive gets it, and the answer says so."""
    with tusk.raw() as connection:
        for _ in range(2):
            connection.send("GET /hello.php HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            response = connection.response()
            assert response.text == "Hello World!"
            assert response.header("connection").lower() == "keep-alive"


@pytest.mark.parametrize("flush", ["", "&flush=1"])
def test_http_1_0_streamed_output_ends_with_the_connection(tusk, flush):
    """A client without chunked coding gets output of unknown length as raw bytes until the
    connection closes."""
    with tusk.raw() as connection:
        connection.send(f"GET /output.php?mib=2{flush} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        response = connection.response()
        assert response.header("transfer-encoding") is None
        assert len(response.body) == 2 << 20
        if response.header("content-length") is None:
            connection.expect_closed()


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "MKCOL", "BREW"]
)
def test_every_method_reaches_the_script(tusk, method):
    """The standard ones, WebDAV's, and an invented one."""
    with tusk.raw() as connection:
        seen = json.loads(
            connection.request(method, "/request.php?a=1", body=b"xyz").response().body
        )
    assert seen["server"]["REQUEST_METHOD"] == method
    assert seen["get"] == {"a": "1"} and seen["input_length"] == 3


def test_trace_is_refused(tusk):
    """TRACE would echo cookies to anyone who can make a browser send it."""
    with tusk.raw() as connection:
        response = connection.request("TRACE", "/hello.php", "Cookie: secret=1").response()
    assert response.status == 405 and b"secret" not in response.body


def test_the_absolute_form_of_a_target(tusk):
    """Clients send it to proxies. Its host counts, not the Host field's (RFC 9112 §3.2.2)."""
    with tusk.raw() as connection:
        connection.send(
            "GET http://real.example:81/request.php?q=1 HTTP/1.1\r\nHost: other\r\n\r\n"
        )
        seen = json.loads(connection.response().body)
    assert seen["get"] == {"q": "1"} and seen["server"]["SERVER_NAME"] == "real.example"


def test_options_for_the_whole_server(tusk):
    """`OPTIONS *` names no resource, and is answered without one."""
    with tusk.raw() as connection:
        response = connection.request("OPTIONS", "*").response()
        assert response.status in (200, 204)
        assert connection.get("/hello.php").status == 200


def test_a_client_that_ends_its_side_still_gets_its_answer(tusk):
    """A half-closed connection (`echo ... | nc`) is answered, then closed."""
    with tusk.raw() as connection:
        connection.request("GET", "/work.php?n=1").finish_sending()
        assert connection.response().text == "GET 1 0"
        connection.expect_closed()


def test_a_connection_without_a_request_does_no_harm(tusk):
    """Clients connect and leave, with and without half a request."""
    for data in (
        b"",
        b"GET /hel",
        b"POST /request.php HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
    ):
        with tusk.raw() as connection:
            connection.send(data)
    with tusk.raw() as connection:
        connection.send(b"GET /hel").reset()
    assert tusk.get("/hello.php").text == "Hello World!"


def test_empty_lines_before_a_request_are_ignored(tusk):
    """RFC 9112 §2.2: some clients send CRLF after a body."""
    with tusk.raw() as connection:
        connection.request("POST", "/request.php", body=b"abc").send("\r\n")
        connection.response()
        assert connection.send("\r\n").get("/hello.php").text == "Hello World!"


def test_a_connection_serves_a_limited_number_of_requests(start_tusk):
    """With keepalive_requests the last answer has `Connection: close`, and nothing is cut off."""
    tusk = start_tusk(PHP_SCRIPTS, "--keepalive-requests", 3)
    with tusk.raw() as connection:
        answers = [connection.get("/hello.php") for _ in range(3)]
        assert [answer.header("connection") for answer in answers] == [None, None, "close"]
        connection.expect_closed()
