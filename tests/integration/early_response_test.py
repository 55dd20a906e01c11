"""Responses that a script sends before its end: a finished response, interim responses."""

import json
import socket

import pytest

from harness.http2 import Http2Client
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for


def test_finish_request_answers_at_once(start_tusk, tmp_path):
    """The client gets its response, and its next one on the same connection from another worker;
    the session is unlocked; further output is discarded; the script runs to its end."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 2)
    for number, by in enumerate(("fastcgi_finish_request", "tusk_finish_request"), 1):
        gate, after = tmp_path / f"gate{number}", tmp_path / f"after{number}"
        query = {"by": by, "after": after, "until": gate}
        response = tusk.get("/finish.php", params=query)
        assert response.text == f"the answer {2 * number - 1}"  # it keeps its cookie
        assert response.headers["x-before"] == "yes" and "x-after" not in response.headers
        gate2, after2 = tmp_path / f"gate{number}b", tmp_path / f"after{number}b"
        gate2.touch()
        second = tusk.get("/finish.php", params={"by": by, "after": after2, "until": gate2})
        assert second.text == f"the answer {2 * number}" and not after.exists()
        gate.touch()
        wait_for(lambda: after.exists() and after.stat().st_size, "the first script to end")
        assert json.loads(after.read_text()) == {
            "first": True,
            "again": False,
            "session": True,
            "aborted": 0,
            "status": 0,
        }


@pytest.mark.parametrize(
    "by, links",
    [
        ("function", ["</a.css>; rel=preload", "</b.js>; rel=preload"]),
        ("headers_send", ["</style.css>; rel=preload; as=style"]),
        ("status_and_flush", ["</style.css>; rel=preload; as=style"]),
        ("status_and_output", ["</style.css>; rel=preload; as=style"]),
    ],
)
def test_early_hints(tusk, by, links):
    """Interim responses come first, then the final one with its own fields."""
    with tusk.raw() as connection:
        connection.request("GET", f"/hints.php?by={by}")
        found = []
        while (head := connection.head()).status == 103:
            found += head.headers("link")
            assert head.header("content-length") is None and head.header("set-cookie") is None
        assert found == links
        assert head.status == 200 and head.header("x-kept") == "yes"
        assert head.headers("link") == ([] if by == "headers_send" else ["</style.css>; rel=preload; as=style"])
        assert connection.read_exactly(int(head.header("content-length"))) == b"sent"
        # The connection is still in step: the next answer belongs to the next request.
        assert connection.get("/hello.php").text == "Hello World!"


def test_http_1_0_gets_no_interim_response(tusk):
    with tusk.raw() as connection:
        connection.send("GET /hints.php?by=function HTTP/1.0\r\n\r\n")
        head = connection.head()
        assert head.status == 200 and head.header("x-kept") == "yes"


def test_late_or_invalid_hints(tusk):
    """After the header is sent there is nothing to hint at; an invalid field is a ValueError."""
    assert tusk.get("/hints.php?by=late").text == "early output, sent"
    assert tusk.get("/hints.php?by=nonsense").text == "sent"


@pytest.mark.parametrize("code", [100, 101])
def test_an_interim_status_is_never_the_final_one(tusk, code):
    """A client would wait for another response after it."""
    with tusk.raw() as connection:
        response = connection.get(f"/headers.php?case=status&code={code}")
        assert response.status == 500
        assert connection.get("/hello.php").text == "Hello World!"


def test_header_functions(tusk):
    """getallheaders() and similar functions return the request's fields, with repeated ones
    joined, and the response's."""
    with tusk.raw() as connection:
        answer = json.loads(
            connection.get(
                "/request_headers.php", "X-REQUEST-id: 7", "Accept: a", "accept: b", "Cookie: c=1"
            ).body
        )
    assert answer["all"] == {
        "Host": "localhost",
        "X-Request-Id": "7",
        "Accept": "a, b",
        "Cookie": "c=1",
    }
    assert answer["same"] is True
    assert answer["response"]["X-Own"] == "2"
    assert answer["response"]["Content-Type"] == "application/json"


def test_a_header_callback_that_flushes(tusk, make_root, start_tusk):
    """It sends the head itself; PHP then sends it a second time, which must have no effect."""
    root = make_root(
        {
            "callback.php": "<?php header('X-Early: 1'); header_register_callback(function () {"
            " header('X-Late: 2'); echo 'from the callback, '; flush(); });"
            " echo str_repeat('x', 1000);"
        }
    )
    own = start_tusk(root)
    for _ in range(20):
        response = own.get("/callback.php")
        assert response.headers["x-early"] == "1" and response.headers["x-late"] == "2"
        assert response.text == "from the callback, " + "x" * 1000


def test_functions_match_their_stub(tusk, make_root, start_tusk):
    """functions.stub.php is the documentation: names, parameters and types must be the same."""
    stub = (PHP_SCRIPTS.parents[1] / "src/php/sapi/functions.stub.php").read_text()
    declared = [line for line in stub.splitlines() if line.startswith("function ")]
    root = make_root(
        {
            "reflect.php": """<?php
$lines = [];
foreach (get_extension_funcs('tusk') as $name) {
    $function = new ReflectionFunction($name);
    $parameters = [];
    foreach ($function->getParameters() as $p) {
        $parameters[] = $p->getType() . ' $' . $p->getName()
            . ($p->isOptional() ? ' = ' . strtr(var_export($p->getDefaultValue(), true), ["array (\n)" => '[]']) : '');
    }
    $lines[] = "function $name(" . implode(', ', $parameters) . '): ' . $function->getReturnType() . ' {}';
}
echo implode("\n", $lines);
"""
        }
    )
    shown = start_tusk(root).get("/reflect.php").text.splitlines()
    in_order = {"string|array": "array|string", "int|string": "string|int"}  # reflection's
    for written, reflected in in_order.items():
        declared = [line.replace(written, reflected) for line in declared]
    assert sorted(shown) == sorted(declared)


def test_hints_for_a_client_that_does_not_read_are_dropped(start_tusk, make_root, tmp_path):
    """HTTP/2 has no window for them, so nothing else limits how many the server keeps."""
    script = """<?php
      $link = 'Link: </' . str_repeat('x', 10_000) . '>';
      for ($i = 0; $i < 4000; $i++) { tusk_early_hints($link); usleep(200); }
      touch(getenv('TEST_DONE'));
      echo 'the answer';"""
    done = tmp_path / "done"
    tusk = start_tusk(make_root({"hints.php": script}), env={"TEST_DONE": done})
    with Http2Client(tusk.port) as client:
        client._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream = client.request("/hints.php")
        wait_for(done.exists, "the script to end")
        client._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        response = client.response(stream)
    assert (response.status, response.text) == (200, "the answer")
    # What the kernel holds for a connection, and a few more, of 40 MB.
    assert 1 <= len(response.interim) < 2000


def test_hints_that_are_too_large_are_refused(start_tusk, make_root):
    """Before they are put together: an array of many times the same line takes no memory of the script's, and the
    whole may be larger than that of the machine."""
    script = """<?php
      $lines = array_fill(0, 1_000_000, 'Link: </' . str_repeat('x', 30_000) . '>');
      header('X-Large: ' . str_repeat('x', 60_000));
      header('X-More: ' . str_repeat('x', 10_000));
      $sent = [tusk_early_hints(array_slice($lines, 0, 2)), tusk_early_hints($lines), tusk_early_hints('Link: </a.css>')];
      headers_send(103);
      header_remove();
      echo json_encode($sent);"""
    tusk = start_tusk(make_root({"hints.php": script}))
    with tusk.raw() as connection:
        connection.request("GET", "/hints.php")
        assert [connection.head().status for _ in range(2)] == [103, 103]
        response = connection.response()
    assert (response.status, response.text) == (200, "[true,false,true]")
