"""The response that a script controls: status, header fields, cookies, output of any size."""

import calendar
import hashlib
import json
import time

import pytest

from harness.engine import ENGINES
from harness.http2 import Http2Client
from harness.output import output_sha256, sha256
from harness.server import PHP_SCRIPTS, sanitizer
from harness.wait import wait_for


def case(tusk, name, **parameters):
    return tusk.get("/headers.php", params={"case": name, **parameters})


def test_location_and_exit(tusk):
    """`header('Location: ...'); exit;` is a redirect with an empty body."""
    response = case(tusk, "redirect")
    assert response.status_code == 302 and response.content == b""
    assert response.headers["location"] == "/elsewhere?x=1&y=2"
    assert response.headers["content-length"] == "0"


def test_location_with_another_status(tusk):
    """Explicit codes stay: 307 given to header(), 201 set before."""
    response = case(tusk, "redirect_with_code")
    assert (response.status_code, response.text) == (307, "moved")
    response = case(tusk, "created_location")
    assert (response.status_code, response.headers["location"]) == (201, "/new")


@pytest.mark.parametrize(
    "code",
    [200, 201, 202, 206, 301, 400, 401, 403, 404, 409, 410, 422, 429, 451, 500, 502, 503, 599],
)
def test_http_response_code(tusk, code):
    """Any final status, with its body."""
    response = case(tusk, "status", code=code)
    assert response.status_code == code and response.text == f"body of {code}"


@pytest.mark.parametrize("code", [204, 304])
def test_a_status_without_a_body_has_none(tusk, code):
    """The script's output is dropped, and the connection stays in step."""
    with tusk.raw() as connection:
        response = connection.get(f"/headers.php?case=status&code={code}")
        assert response.status == code and response.header("transfer-encoding") is None
        if code == 204:
            assert response.header("content-length") is None
        assert connection.get("/hello.php").text == "Hello World!"


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
def test_an_invalid_final_status_is_500(start_tusk, make_root, version):
    """101 and codes without three digits, however they are set; others below 200 are interim. A
    status above 599 has no meaning in HTTP (RFC 9110 §15), but nginx sends it too, and some
    sites use it."""
    root = make_root(
        {
            "code.php": "<?php http_response_code((int) $_GET['code']); echo 'body';",
            "line.php": "<?php header(\"HTTP/1.1 $_GET[code] Odd\"); echo 'body';",
            "field.php": "<?php header(\"Status: $_GET[code] Odd\"); echo 'body';",
            "third.php": "<?php header('X: y', true, (int) $_GET['code']); echo 'body';",
        }
    )
    tusk = start_tusk(root)

    def status_of(path: str) -> int:
        if version == "HTTP/1.1":
            return tusk.get(path).status_code
        with Http2Client(tusk.port) as client:
            return client.get(path).status

    for way in ("code", "line", "field", "third"):
        for code in (200, 599, 600, 700, 999):
            assert status_of(f"/{way}.php?code={code}") == code, way
        assert status_of(f"/{way}.php?code=101") == 500, way
    for code in (1, 99, 1000, 65536, -1):
        assert status_of(f"/code.php?code={code}") == 500, code


@pytest.mark.parametrize("engine", ENGINES)
def test_a_head_that_is_too_large_is_500(start_tusk, make_root, tmp_path, engine):
    """It is neither built nor kept, and the client does not wait for the end of the script."""
    script = """<?php
      header('X-Large: ' . str_repeat('h', $_GET['bytes']));
      echo 'made by the script';
      if (isset($_GET['until'])) { flush(); while (!file_exists($_GET['until'])) { usleep(1000); clearstatcache(); } }"""
    tusk = start_tusk(make_root({"head.php": script}), "--engine", engine, "--workers", 3)
    with tusk.raw() as connection:  # httpx bears no head of 16 KiB that comes in parts
        assert len(connection.get("/head.php?bytes=60000").header("x-large")) == 60_000
    gate = tmp_path / "gate"
    for query in ("bytes=140000", "bytes=20000000", f"bytes=140000&until={gate}"):
        response = tusk.get(f"/head.php?{query}")
        assert response.status_code == 500 and "x-large" not in response.headers
        assert "made by the script" not in response.text
        with Http2Client(tusk.port) as client:
            assert client.get(f"/head.php?{query}").status == 500
    gate.touch()
    tusk.wait_for_log(r"its head is too large .*head\.php")
    assert tusk.get("/head.php?bytes=1").text == "made by the script"


def test_a_status_line(tusk):
    """header('HTTP/1.1 404 ...') sets the code and the reason phrase; the version stays the
    server's."""
    with tusk.raw() as connection:
        response = connection.get("/headers.php?case=status_line")
    assert (response.version, response.status, response.text) == ("HTTP/1.1", 404, "no")


def test_set_cookie(tusk):
    """Each cookie is a Set-Cookie line of its own, with all attributes."""
    with tusk.raw() as connection:
        lines = connection.get("/headers.php?case=cookies").headers("set-cookie")
    assert lines[0] == "plain=a%20b%3Bc; path=/x; HttpOnly; SameSite=Lax"
    assert lines[1].startswith("second=two; expires=") and lines[1].endswith("; path=/; secure")
    assert lines[2] == "raw=a%20b"
    assert lines[3].startswith("gone=deleted; expires=Thu, 01-Jan-1970") or lines[3].startswith(
        "gone=deleted; expires=Thu, 01 Jan 1970"
    )
    assert len(lines) == 4


def test_fields_are_replaced_added_and_removed(tusk):
    """header(), its second argument, header_remove()."""
    with tusk.raw() as connection:
        response = connection.get("/headers.php?case=replace_and_remove")
    assert response.headers("x-one") == ["2"] and response.headers("x-two") == ["1", "2"]
    assert response.headers("x-three") == [] and response.headers("x-powered-by") == []


def test_a_value_cannot_start_a_new_field(tusk):
    """CR, LF and NUL in a header value are refused, so an attacker cannot add a field."""
    with tusk.raw() as connection:
        response = connection.get("/headers.php?case=injection")
        assert response.status == 200 and response.text.endswith("safe")
        assert response.headers("x-evil") == []
        assert not any("\0" in value or "\r" in value for _, value in response.fields)


def test_fields_of_the_connection_are_the_servers(tusk):
    """A script cannot break the connection: hop-by-hop fields are dropped, and tusk does the
    framing."""
    with tusk.raw() as connection:
        response = connection.get("/headers.php?case=hop_by_hop")
        assert response.text == "a body of its own"
        for name in ("upgrade", "keep-alive", "te"):
            assert response.headers(name) == []
        assert response.header("connection") in (None, "keep-alive")
        assert connection.get("/hello.php").text == "Hello World!"


@pytest.mark.parametrize("length", ["3", "99", "-1", "10", "abc"])
def test_a_false_content_length_does_no_harm(tusk, length):
    """Whether the script's length is right or wrong, the answer is framed correctly."""
    with tusk.raw() as connection:
        response = connection.get(f"/headers.php?case=false_length&length={length}")
        assert response.text == "0123456789"
        assert connection.get("/hello.php").text == "Hello World!"


def test_shutdown_functions_take_part(tusk):
    """After exit(): fields, status and output of a shutdown function are in the answer."""
    response = case(tusk, "after_exit")
    assert (response.status_code, response.text) == (202, "script and shutdown")
    assert response.headers["x-late"] == "yes"


def test_header_callback_and_output_buffers(tusk):
    """header_register_callback(); a buffer's callback; a field that is set after buffered output."""
    assert case(tusk, "callback").headers["x-callback"] == "yes"
    response = case(tusk, "buffer")
    assert response.text == "THROUGH A BUFFER" and response.headers["x-after-output"] == "works"


def test_headers_sent_after_a_flush(tusk):
    """flush() sends the header; a later field is too late, without harm."""
    response = case(tusk, "sent")
    assert response.text == "xsent" and "x-too-late" not in response.headers


def test_the_content_type(tusk):
    """The script sets it, and PHP adds its charset where that applies. Or it is PHP's default."""
    assert case(tusk, "type", type="application/json").headers["content-type"] == "application/json"
    assert (
        case(tusk, "type", type="text/plain").headers["content-type"] == "text/plain;charset=UTF-8"
    )
    empty = case(tusk, "empty")
    assert (empty.status_code, empty.content) == (200, b"")
    assert empty.headers["content-type"] == "text/html; charset=UTF-8"


def test_headers_list(tusk):
    """headers_list() returns what will be sent."""
    listed = case(tusk, "list").json()
    assert "X-Listed: yes" in listed


@pytest.mark.parametrize("parameters", ["", "&flush=1"])
def test_a_hundred_megabytes_of_output(tusk, parameters):
    """Any size arrives complete, with and without flush(), and the server does not keep it in
    memory: its resident size grows by less than half of it."""
    before = tusk.metrics().value("process_resident_memory_bytes")
    most = 0
    digest = hashlib.sha256()
    with tusk.client.stream("GET", f"/output.php?mib=100{parameters}") as response:
        assert response.status_code == 200
        for number, piece in enumerate(response.iter_raw()):
            digest.update(piece)
            if number % 200 == 0:
                most = max(most, tusk.metrics().value("process_resident_memory_bytes"))
    assert digest.hexdigest() == output_sha256(100)
    if not sanitizer():  # the sanitizer's own memory hides the server's
        assert most - before < 50 << 20, f"{(most - before) >> 20} MiB more"


def test_a_slow_reader_does_not_hold_the_worker(single, tmp_path):
    """One worker, one client that reads nothing: the script of 8 MiB ends, and the worker
    answers others, long before that client has its bytes - which it then gets, all of them."""
    done = tmp_path / "done"
    with single.raw() as slow:
        slow.request("GET", f"/output.php?mib=8&done={done}")
        wait_for(done.exists, "the script to end although nobody reads")
        for _ in range(20):
            assert single.get("/hello.php").text == "Hello World!"
        assert sha256([slow.response().body]) == output_sha256(8)


def test_a_script_waits_for_a_client_that_is_far_behind(start_tusk, tmp_path):
    """Beyond the limit of the spool the script waits: stored output is bounded, however much it
    prints, and complete in the end."""
    tusk = start_tusk(
        PHP_SCRIPTS,
        "--workers",
        2,
        "--response-memory-bytes",
        "256K",
        "--response-spool-bytes",
        "1M",
    )
    done = tmp_path / "done"
    with tusk.raw() as slow:
        slow.set_receive_buffer(65536)
        slow.request("GET", f"/output.php?mib=64&done={done}")
        tusk.wait_for_metric(1, "tusk_workers", state="busy")
        for _ in range(50):  # the other worker goes on; this script cannot have finished
            assert tusk.get("/hello.php").status_code == 200
        assert not done.exists()
        assert sha256([slow.response().body]) == output_sha256(64)
    wait_for(done.exists, "the script to end")


def test_flush_sends_what_there_is(tusk, tmp_path):
    """The client has the first line while the script has not written the second."""
    gate = tmp_path / "gate"
    with tusk.client.stream("GET", f"/gate.php?flush=1&until={gate}") as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"first\n"
        gate.touch()
        assert b"".join(pieces) == b"through the gate\n"


@pytest.mark.parametrize("ignore", ["", "&ignore=1"])
def test_a_client_that_leaves_is_noticed(single, tmp_path, ignore):
    """The script notices it at a flush: it ends (or goes on, if it has asked for that), and the
    worker is free for others."""
    note = tmp_path / "note"
    with single.raw() as connection:
        connection.request("GET", f"/abort.php?note={note}{ignore}")
        connection.head()
        connection.reset()
    wait_for(note.exists, "the script to end")
    seen = json.loads(wait_for(note.read_text, "the note"))
    assert seen["aborted"] == 1 and seen["status"] & 1
    assert isinstance(seen["rounds"], str) == bool(
        ignore
    ), "without ignore_user_abort() it must stop at once"
    assert single.get("/hello.php").text == "Hello World!"


def test_the_date_is_todays(single):
    """The cached Date line moves with the clock."""
    first = single.get("/hello.php").headers["date"]
    wait_for(lambda: single.get("/hello.php").headers["date"] != first, "the date to change")
    sent = calendar.timegm(time.strptime(first, "%a, %d %b %Y %H:%M:%S GMT"))
    assert abs(time.time() - sent) < 3600
