"""HTTP/2 with prior knowledge, as clients see it."""

import json
import signal
import struct
import subprocess

import pytest

from harness.http2 import (
    CANCEL,
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    INTERNAL_ERROR,
    NO_ERROR,
    PREFACE,
    PROTOCOL_ERROR,
    SETTINGS,
    WINDOW_UPDATE,
    Http2Client,
    RudeClient,
    block,
    frame,
    literal,
    number,
)
from harness.server import PHP_SCRIPTS
from harness.wait import PATIENCE_S, wait_for

# --- requests and responses ---


def test_a_script_answers(start_tusk):
    """Head and body equal those over HTTP/1; the script and the log see HTTP/2.0."""
    tusk = start_tusk(PHP_SCRIPTS, "--access-log")
    with Http2Client(tusk.port) as client:
        response = client.get("/hello.php")
        assert response.status == 200 and response.text == "Hello World!"
        assert response.header("content-length") == "12"
        assert response.header("server") == "tusk" and response.header("date")
        seen = json.loads(client.get("/request.php?a=b", ("x-name", "value")).text)
    assert seen["server"]["SERVER_PROTOCOL"] == "HTTP/2.0"
    assert seen["server"]["HTTP_HOST"] == "localhost"
    assert seen["server"]["HTTP_X_NAME"] == "value"
    assert seen["get"] == {"a": "b"}
    tusk.wait_for_access_log(r'"GET /hello\.php HTTP/2\.0" 200 12 ')


def test_httpx_speaks_it(start_tusk, make_root):
    """A real client: scripts, files, forms, uploads."""
    root = make_root({"a.txt": "static", "hello.php": (PHP_SCRIPTS / "hello.php").read_bytes(),
                      "request.php": (PHP_SCRIPTS / "request.php").read_bytes()})
    tusk = start_tusk(root)
    client = tusk.new_client(http1=False, http2=True)
    response = client.get("/hello.php")
    assert response.http_version == "HTTP/2" and response.text == "Hello World!"
    assert client.get("/a.txt").text == "static"
    assert client.get("/nothing").status_code == 404
    seen = client.post("/request.php", data={"a": "1"}, cookies={"c": "2", "d": "3"}).json()
    assert seen["post"] == {"a": "1"} and seen["cookie"] == {"c": "2", "d": "3"}
    assert client.head("/hello.php").text == ""


def test_curl_speaks_it(start_tusk):
    """With prior knowledge; an upgrade, which RFC 9113 has dropped, is ignored."""
    tusk = start_tusk(PHP_SCRIPTS)

    def curl(*arguments):
        command = ["curl", "-s", "-w", " %{http_version}", *arguments, tusk.url + "/hello.php"]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S).stdout

    assert curl("--http2-prior-knowledge") == "Hello World! 2"
    assert curl("--http2") == "Hello World! 1.1"
    assert curl("--http1.1") == "Hello World! 1.1"


def test_every_cut_of_the_first_bytes(start_tusk):
    """The preface and the first request arrive in two pieces, cut at each byte."""
    tusk = start_tusk(PHP_SCRIPTS)
    stream = PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_STREAM | END_HEADERS, 1, block())
    for cut in range(1, len(stream)):
        with tusk.raw() as client:
            client.send(stream[:cut])
            client.send(stream[cut:])
            received = b""
            while b"Hello World!" not in received:
                received += client.read_exactly(1)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", 505),
        (b"PRI * HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"PRI / HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"POST /hello.php HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200),
        (b"PRI * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ],
)
def test_bytes_that_only_begin_like_the_preface_are_http1(start_tusk, sent, status):
    """Byte by byte and at once."""
    tusk = start_tusk(PHP_SCRIPTS)
    for pieces in ([sent], [sent[i : i + 1] for i in range(len(sent))]):
        with tusk.raw() as client:
            for piece in pieces:
                if not client.try_send(piece):
                    break
            assert client.head().status == status


def test_http2_can_be_turned_off(start_tusk):
    """The preface is then a request of an unknown version."""
    tusk = start_tusk(PHP_SCRIPTS, "--http2=off")
    with tusk.raw() as client:
        client.send(PREFACE)
        assert client.head().status == 505


def test_many_streams_share_a_connection(start_tusk):
    """A hundred requests at once, of all kinds, each get their own answer."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2)
    with Http2Client(tusk.port) as client:
        streams = [client.request(f"/request.php?n={n}") for n in range(100)]
        for n, stream in enumerate(streams):
            assert json.loads(client.response(stream).text)["get"] == {"n": str(n)}
    assert tusk.metrics().value("tusk_http2_connections_total") == 1


def test_a_stream_that_waits_holds_up_no_other(start_tusk, tmp_path):
    """One script runs until the test releases it; others on the same connection are answered
    meanwhile."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2)
    gate, began = tmp_path / "gate", tmp_path / "began"
    with Http2Client(tusk.port) as client:
        slow = client.request(f"/gate.php?until={gate}&began={began}")
        wait_for(began.exists, "the script to begin")
        for _ in range(5):
            assert client.get("/hello.php").text == "Hello World!"
        gate.touch()
        assert client.response(slow).text == "through the gate\n"


def test_head_and_empty_answers(start_tusk):
    """HEAD, 204 and 304 have no DATA; HEAD of a file has its length."""
    tusk = start_tusk(PHP_SCRIPTS)
    with Http2Client(tusk.port) as client:
        response = client.get("/hello.php", method="HEAD")
        assert response.status == 200 and not response.body
        response = client.get("/nothing", method="HEAD")
        assert response.status == 404 and not response.body and response.header("content-length")


def test_connection_fields_of_a_script_are_dropped(start_tusk, make_root):
    """RFC 9113 §8.2.2: a client would treat the response as malformed."""
    root = make_root({
        "a.php": "<?php foreach (['Connection: close', 'Keep-Alive: 5', 'Transfer-Encoding: x',"
                 "'Upgrade: h2c', 'X-Kept: Yes'] as $h) header($h); echo 'x';"
    })
    tusk = start_tusk(root)
    with Http2Client(tusk.port) as client:
        response = client.get("/a.php")
    names = [name for name, _ in response.fields]
    assert not {"connection", "keep-alive", "transfer-encoding", "upgrade"} & set(names)
    assert response.header("x-kept") == "Yes" and response.text == "x"


def test_a_cookie_in_several_fields_is_joined(start_tusk):
    """RFC 9113 §8.2.3."""
    tusk = start_tusk(PHP_SCRIPTS)
    with Http2Client(tusk.port) as client:
        fields = [("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")]
        seen = json.loads(client.get("/request.php", *fields).text)
    assert seen["cookie"] == {"a": "1", "b": "2", "c": "3"}
    assert seen["server"]["HTTP_COOKIE"] == "a=1; b=2; c=3"


def test_a_large_response(start_tusk, make_root):
    """A file and a script's output of many windows are right, byte for byte."""
    content = bytes(range(256)) * 4096 * 5
    tusk = start_tusk(make_root({"large.bin": content,
                                 "out.php": "<?php for ($i = 0; $i < 640; ++$i) "
                                            "echo str_repeat(chr(65 + $i % 26), 8192);"}))
    with Http2Client(tusk.port) as client:
        file, script = client.request("/large.bin"), client.request("/out.php")
        assert client.response(file).body == content
        expected = b"".join(bytes([65 + i % 26]) * 8192 for i in range(640))
        assert client.response(script).body == expected


def test_a_stream_arrives_as_it_is_made(start_tusk, tmp_path):
    """Flushed output arrives before the script goes on."""
    tusk = start_tusk(PHP_SCRIPTS)
    gate = tmp_path / "gate"
    with Http2Client(tusk.port) as client:
        stream = client.request(f"/stream_gate.php?until={gate}")
        its = client.streams[stream]
        client.wait(lambda: its.body, "the first piece")
        assert b"after the gate" not in its.body and not its.ended
        gate.touch()
        assert b"after the gate" in client.response(stream).body


def test_early_hints(start_tusk):
    """A 103 comes before the head."""
    tusk = start_tusk(PHP_SCRIPTS)
    with Http2Client(tusk.port) as client:
        response = client.get("/hints.php?by=function")
    assert response.status == 200
    assert [status for status, _ in response.interim].count(103) >= 1
    assert any(name == "link" for _, fields in response.interim for name, _ in fields)


# --- bodies of requests ---


def test_bodies(start_tusk):
    """With and without a length, in memory and in a file, in small frames."""
    tusk = start_tusk(PHP_SCRIPTS)
    for size in (0, 1, 1000, 65536, 3_000_000):
        body = b"a=" + b"x" * size
        form = ("content-type", "application/x-www-form-urlencoded")
        for fields in ([form], [form, ("content-length", str(len(body)))]):
            with Http2Client(tusk.port) as client:
                response = client.get("/request.php", *fields, method="POST", body=body)
                seen = json.loads(response.text)
            assert len(seen["post"]["a"]) == size
            assert seen["server"]["CONTENT_LENGTH"] == str(len(body))


def test_a_body_that_is_too_large_is_refused_at_once(start_tusk):
    """By its announced length before any of it arrives, otherwise as soon as it is too large;
    the stream then ends without an error, and the connection goes on."""
    tusk = start_tusk(PHP_SCRIPTS, "--request-body-bytes", "100KiB")
    with Http2Client(tusk.port) as client:
        announced = client.request("/hello.php", ("content-length", "200000"), method="POST", end=False)
        response = client.response(announced)
        assert response.status == 413
        client.wait(lambda: response.reset is not None, "RST_STREAM")
        assert response.reset == NO_ERROR
        grows = client.request("/hello.php", method="POST", end=False)
        client.send_body(grows, b"x" * 150_000, end=False)
        assert client.response(grows).status == 413
        assert client.get("/hello.php").text == "Hello World!"
    assert tusk.metrics().value("tusk_parse_errors_total", status="413") == 2


def test_expect_continue(start_tusk):
    """100 is sent before the body, even if it is not needed."""
    tusk = start_tusk(PHP_SCRIPTS)
    with Http2Client(tusk.port) as client:
        stream = client.request("/request.php", ("expect", "100-continue"), method="POST", end=False)
        its = client.streams[stream]
        client.wait(lambda: its.interim, "100")
        assert its.interim[0][0] == 100
        client.send_body(stream, b"body")
        assert client.response(stream).status == 200


def test_slow_uploads_hold_up_nothing(start_tusk):
    """Ninety uploads stall in the middle: other requests on the same connection, including
    uploads, are answered, and no worker is taken."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    with Http2Client(tusk.port) as client:
        for _ in range(90):
            stuck = client.request("/hello.php", method="POST", end=False)
            client.send_body(stuck, b"x" * 5000, end=False)
        response = client.get("/request.php", method="POST", body=b"y" * 2_000_000)
        assert response.status == 200
        assert client.get("/hello.php").text == "Hello World!"
        assert tusk.metrics().value("tusk_workers", state="idle") == 1


# --- refusals ---


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({":path": "/" + "a" * 9000}, 414),
        ({"x-large": "a" * 15000, "y-large": "a" * 15000, "z-large": "a" * 5000}, 431),
        ({":method": "CONNECT", ":path": None, ":scheme": None}, 501),
        ({"host": "another"}, 400),
        ({":authority": "user@localhost"}, 400),
        ({":scheme": "gopher"}, 400),
        ({"connection": "close"}, None),
        ({"transfer-encoding": "chunked"}, None),
        ({"te": "gzip"}, None),
        ({"X-Upper": "1"}, None),
        ({"x-name": "a\r\nb"}, None),
        ({":path": "relative"}, None),
        ({":method": "G T"}, None),
    ],
)
def test_bad_requests(start_tusk, change, status):
    """They are answered with a status, or reset if RFC 9113 calls them malformed; in both cases
    the connection goes on."""
    tusk = start_tusk(PHP_SCRIPTS)
    head = {":method": "GET", ":scheme": "http", ":path": "/hello.php", ":authority": "localhost"}
    encoded = b"".join(
        literal(name, value) for name, value in (head | change).items() if value is not None
    )
    with RudeClient(tusk.port) as client:
        pieces = [encoded[at : at + 16000] for at in range(0, len(encoded), 16000)]
        for at, piece in enumerate(pieces):
            last = END_HEADERS if at == len(pieces) - 1 else 0
            kind, flags = (HEADERS, END_STREAM) if at == 0 else (CONTINUATION, 0)
            client.send(frame(kind, flags | last, 1, piece))
        answered, reset = client.wait_for_answer(1)
        assert answered == status
        assert reset == (PROTOCOL_ERROR if status is None else None)
        client.send(frame(HEADERS, END_STREAM | END_HEADERS, 3, block()))
        assert client.wait_for_answer(3) == (200, None)


# --- limits of time ---


def test_a_silent_client_is_closed(start_tusk):
    """Without a request after the preface, after header_timeout; later, after the idle time."""
    tusk = start_tusk(PHP_SCRIPTS, "--header-timeout", "300ms", "--idle-timeout", "400ms")
    with RudeClient(tusk.port) as client:
        assert client.wait_for_goaway() == NO_ERROR
    with Http2Client(tusk.port) as client:
        assert client.get("/hello.php").status == 200
        client.read_to_end()
        assert client.goaways[-1][0] == NO_ERROR


def test_an_incomplete_header_block_times_out(start_tusk, tmp_path):
    """Even while other requests run, because nothing else can use the connection meanwhile."""
    tusk = start_tusk(PHP_SCRIPTS, "--header-timeout", "300ms", "--workers", 1)
    with RudeClient(tusk.port) as client:
        client.send(frame(HEADERS, END_STREAM, 1, block()[:20]))
        assert client.wait_for_goaway() == NO_ERROR


def test_a_stalled_body_is_answered_408(start_tusk):
    """On its stream; the connection goes on."""
    tusk = start_tusk(PHP_SCRIPTS, "--body-timeout", "300ms")
    with Http2Client(tusk.port) as client:
        stuck = client.request("/hello.php", method="POST", end=False)
        client.send_body(stuck, b"x", end=False)
        assert client.response(stuck).status == 408
        assert client.get("/hello.php").text == "Hello World!"


def test_a_stream_that_is_not_read_is_reset(start_tusk, make_root):
    """Its window is never opened: the stream is reset and counted, others go on."""
    root = make_root({"large.bin": b"x" * 1_000_000, "small.txt": "small"})
    tusk = start_tusk(root, "--write-timeout", "300ms")
    with Http2Client(tusk.port, reads_bodies=False) as client:
        stuck = client.request("/large.bin")
        assert client.response(stuck).reset == INTERNAL_ERROR
        with Http2Client(tusk.port) as another:
            assert another.get("/small.txt").text == "small"
    assert tusk.metrics().value("tusk_http2_violations_total", violation="stalled") == 1


def test_a_client_that_reads_nothing_is_closed(start_tusk, make_root):
    """Its windows are wide open, but its socket accepts nothing."""
    tusk = start_tusk(make_root({"large.bin": b"x" * 30_000_000}), "--write-timeout", "300ms")
    with RudeClient(tusk.port, struct.pack(">HI", 4, 2**31 - 1)) as client:
        client.send(frame(WINDOW_UPDATE, 0, 0, number(2**31 - 1 - 65535)))
        client.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, block("/large.bin")))
        tusk.wait_for_metric(
            lambda count: count >= 1, "tusk_http2_violations_total", violation="stalled"
        )
        tusk.wait_for_metric(0, "tusk_active_connections")


# --- clients that leave ---


def test_a_request_that_is_reset_in_the_queue_is_never_begun(start_tusk, tmp_path):
    """The log has 499, and the next request in the queue runs."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--access-log")
    running, gate = tusk.hold_worker(tmp_path)
    note, until = tmp_path / "note", tmp_path / "until"
    until.touch()
    with Http2Client(tusk.port) as client:
        left = client.request(f"/leave.php?until={until}&note={note}")
        stays = client.request("/hello.php")
        tusk.wait_for_metric(2, "tusk_queue_depth")
        client.connection.reset_stream(left, CANCEL)
        client.flush()
        tusk.wait_for_access_log(r"/leave\.php[^\n]* 499 ")
        gate.touch()
        assert client.response(stays).text == "Hello World!"
    assert running.response().status == 200 and not note.exists()


@pytest.mark.parametrize("leaves", ["stream", "connection"])
def test_a_script_learns_that_its_client_left(start_tusk, tmp_path, leaves):
    """While it runs: its first output ends it, as when an HTTP/1 connection is reset."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--access-log")
    note, until, began = tmp_path / "note", tmp_path / "until", tmp_path / "began"
    client = Http2Client(tusk.port)
    stream = client.request(f"/leave.php?until={until}&note={note}&began={began}")
    wait_for(began.exists, "the script to begin")
    if leaves == "stream":
        client.connection.reset_stream(stream, CANCEL)
        client.flush()
    else:
        client.close()
    tusk.wait_for_access_log(r"/leave\.php[^\n]* 499 ")
    until.touch()
    wait_for(lambda: note.exists() and note.read_text(), "the script to end")
    assert json.loads(note.read_text()) == [1, 1, False]
    assert tusk.get("/hello.php").text == "Hello World!"
    client.close()


def test_a_slow_reader_makes_its_script_wait(start_tusk, tmp_path):
    """Back-pressure: a script that is far ahead of its client waits, while another stream of the
    same client is answered; then it goes on."""
    done = tmp_path / "done"
    tusk = start_tusk(
        PHP_SCRIPTS, "--workers", 2, "--response-memory-bytes", "64KiB",
        "--response-spool-bytes", "64KiB", "--response-buffer-bytes", "16KiB",
    )
    with Http2Client(tusk.port, reads_bodies=False) as client:
        stream = client.request(f"/output.php?mib=4&done={done}")
        its = client.streams[stream]
        client.wait(lambda: len(its.body) == 65535, "a window of it")
        client.connection.increment_flow_control_window(2**30)
        client.flush()
        assert client.get("/hello.php").text == "Hello World!"
        assert not done.exists()
        client.connection.increment_flow_control_window(2**30, stream)
        client.flush()
        assert len(client.response(stream).body) == 4 << 20
        wait_for(done.exists, "the script to end")


def test_a_full_queue_answers_503(start_tusk, tmp_path):
    """The answer comes at once, while the others go on, and is the same over HTTP/1."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "--queue-capacity", 1)
    running, gate = tusk.hold_worker(tmp_path)
    with Http2Client(tusk.port) as client:
        waiting = client.request("/hello.php")
        tusk.wait_for_metric(1, "tusk_queue_depth")
        for _ in range(10):
            response = client.get("/hello.php")
            assert response.status == 503 and response.header("retry-after") == "1"
        gate.touch()
        assert client.response(waiting).text == "Hello World!"
    assert running.response().status == 200


# --- the end ---


def test_a_drain_loses_nothing(start_tusk, tmp_path):
    """GOAWAY is announced; a request sent after that is still answered, and so are a running and
    a waiting one; then the second GOAWAY names the last stream, and the server ends."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1)
    gate, began = tmp_path / "gate", tmp_path / "began"
    with Http2Client(tusk.port) as client, Http2Client(tusk.port) as idle:
        idle.get("/hello.php")
        runs = client.request(f"/gate.php?until={gate}&began={began}")
        wait_for(began.exists, "the script to begin")
        waits = client.request("/hello.php")
        tusk.wait_for_metric(1, "tusk_queue_depth")
        tusk.signal(signal.SIGTERM)
        client.wait(lambda: client.goaways, "GOAWAY")
        assert client.goaways[0] == (NO_ERROR, 2**31 - 1)
        late = client.request("/hello.php")
        client.wait(lambda: len(client.goaways) == 2, "the second GOAWAY")
        assert client.goaways[1] == (NO_ERROR, late)
        idle.read_to_end()
        gate.touch()
        assert client.response(runs).text == "through the gate\n"
        assert client.response(waits).text == "Hello World!"
        assert client.response(late).text == "Hello World!"
        client.read_to_end()
    assert tusk.wait_for_exit() == 0


def test_requests_of_a_connection_can_be_limited(start_tusk):
    """GOAWAY comes after the last; everything that was sent until then is answered."""
    tusk = start_tusk(PHP_SCRIPTS, "--keepalive-requests", 5)
    with Http2Client(tusk.port) as client:
        streams = [client.request("/hello.php") for _ in range(5)]
        assert [client.response(stream).text for stream in streams] == ["Hello World!"] * 5
        client.read_to_end()
        assert client.goaways[-1] == (NO_ERROR, streams[-1])


def test_urgent_streams_go_first(start_tusk, make_root):
    """RFC 9218: by the request's field, and by PRIORITY_UPDATE."""
    tusk = start_tusk(make_root({"large.bin": b"x" * 200_000}))
    with Http2Client(tusk.port, reads_bodies=False) as client:
        # The connection's window blocks both; the order shows when it opens.
        first = client.request("/large.bin", ("priority", "u=6"))
        client.wait(lambda: len(client.streams[first].body) == 65535, "a window of it")
        second = client.request("/large.bin", ("priority", "u=1"))
        client.wait(lambda: client.streams[second].status, "its head")
        client.connection.increment_flow_control_window(60_000)
        client.flush()
        client.wait(lambda: len(client.streams[second].body) >= 60_000, "the urgent one")
        assert len(client.streams[first].body) == 65535
        client.connection.increment_flow_control_window(200_000, first)
        client.send_raw(frame(0x10, 0, 0, number(first) + b"u=0"))
        client.ping()
        client.connection.increment_flow_control_window(50_000)
        client.flush()
        client.wait(lambda: len(client.streams[first].body) >= 65535 + 50_000, "the other")


def send_with_trailers(client: Http2Client, *fields: tuple):
    """Sends a request whose body is followed by these trailers, unchanged; returns its response."""
    stream = client.request("/request.php", ("x-own", "1"), method="POST", end=False)
    client.send_body(stream, b"abc", end=False)
    block_of = b"".join(literal(*pair) for pair in fields)
    client.send_raw(frame(HEADERS, END_STREAM | END_HEADERS, stream, block_of))
    return client.response(stream)


@pytest.mark.parametrize(
    "field",
    [("x-late", "1"), ("x-own", "2"), ("cookie", "a=b"), ("authorization", "Basic YTpi"), ("expect", "x"),
     ("content-type", "text/x-late"), ("range", "bytes=0-1"), ("content-length", "3"), ("trailer", "x"),
     ("host", "evil")],
    ids=lambda field: field[0],
)
def test_a_trailer_never_becomes_a_header(tusk, field):
    """It is dropped, whatever it would mean as a header."""
    with Http2Client(tusk.port) as client:
        response = send_with_trailers(client, field)
        assert response.status == 200
        seen = json.loads(response.text)
    server = seen["server"]
    assert server["HTTP_X_OWN"] == "1" and server["CONTENT_LENGTH"] == "3" and seen["cookie"] == []
    assert not {"HTTP_X_LATE", "HTTP_AUTHORIZATION", "PHP_AUTH_USER", "HTTP_EXPECT", "HTTP_RANGE",
                "HTTP_TRAILER", "HTTP_CONTENT_LENGTH"} & server.keys()
    assert "x-late" not in server.get("CONTENT_TYPE", "") and server["HTTP_HOST"] == "localhost"


@pytest.mark.parametrize(
    "field",
    [(":path", "/hello.php"), (":status", "200"), ("X-Upper", "1"), ("connection", "close"),
     ("transfer-encoding", "chunked"), ("x-line", "a\nb"), ("content-length", "4")],
    ids=lambda field: field[0],
)
def test_malformed_trailers_reset_their_stream_only(tusk, field):
    """Pseudo-header fields, fields of HTTP/1 connections (RFC 9113 §8.1, §8.2.2), and a length
    that differs from the body's."""
    with Http2Client(tusk.port) as client:
        response = send_with_trailers(client, field)
        assert response.status is None and response.reset == PROTOCOL_ERROR
        assert client.get("/hello.php").text == "Hello World!"
