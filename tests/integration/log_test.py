"""The log and the access log: readable, parseable, and without secrets."""

import json
import re

import httpx
import pytest

from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

SECRETS = [
    "Authorization: Basic c2VjcmV0LXVzZXI6c2VjcmV0LXBhc3M=",
    "Cookie: session=SECRET-COOKIE",
    "Proxy-Authorization: Bearer SECRET-TOKEN",
]


def provoke(tusk):
    """Causes everything that is logged: requests good and bad, with secrets in them, and PHP
    errors."""
    with tusk.raw() as connection:
        for path in ("/hello.php?q=1", "/nothing", "/nasty/fatal.php", "/nasty/warnings.php"):
            connection.get(path, *SECRETS, 'User-Agent: test "agent"', "Referer: http://from/here")
        connection.request(
            "POST", "/request.php", *SECRETS, body=b"password=SECRET-BODY"
        ).response()
    with tusk.raw() as connection:
        connection.send(
            b"GET / HTTP/1.1\r\nHost: a\r\nCookie: SECRET-COOKIE\r\nBad Header: SECRET\r\n\r\n"
        ).response()


@pytest.mark.parametrize("level", ["info", "trace"])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_in_a_log(start_tusk, log_format, level):
    """No Authorization, Cookie or body is in either log, not even at the most detailed level."""
    tusk = start_tusk(PHP_SCRIPTS, "--access-log", "--log-format", log_format, "--log-level", level)
    provoke(tusk)
    tusk.wait_for_access_log("/request.php")
    tusk.stop()
    logs = tusk.log() + tusk.access_log()
    assert "no_such_function_anywhere" in logs
    for secret in ("SECRET", "c2VjcmV0", "secret-user", "secret-pass"):
        assert secret not in logs


def test_json_logs(start_tusk):
    """Every line of both logs is one JSON object with time, service and event."""
    tusk = start_tusk(
        PHP_SCRIPTS,
        "--access-log",
        "--log-format",
        "json",
        "--log-level",
        "debug",
        "--service-name",
        'my "shop"',
    )
    provoke(tusk)
    tusk.get("/hello.php", headers={"User-Agent": b'\xc3\xa4"\\\t\xff'})
    tusk.wait_for_access_log(r"hello\.php[^\n]*\n(.*\n)*.*hello\.php[^\n]*\n")
    tusk.stop()
    records = [json.loads(line) for line in tusk.log().splitlines()]
    assert all({"timestamp", "level", "service", "message"} <= record.keys() for record in records)
    assert {record["service"] for record in records} == {'my "shop"'}
    fatal = [r for r in records if "no_such_function_anywhere" in r["message"]]
    assert len(fatal) == 1 and fatal[0]["level"] == "error"
    accesses = [json.loads(line) for line in tusk.access_log().splitlines()]
    assert {record["service"] for record in accesses} == {'my "shop"'}
    first = accesses[0]
    assert (first["method"], first["target"], first["status"], first["protocol"]) == (
        "GET",
        "/hello.php?q=1",
        200,
        "HTTP/1.1",
    )
    assert first["remote_address"] == "127.0.0.1" and first["body_bytes_sent"] == 12
    assert first["host"] == "localhost" and first["referer"] == "http://from/here"
    assert 0 <= first["duration_seconds"] < 60 and first["worker"] in range(64)
    assert [r["status"] for r in accesses if r.get("target") != "/hello.php"] == [
        200,
        404,
        500,
        200,
        200,
        400,
    ]


def test_the_access_log_in_text(start_tusk):
    """The combined format that every log tool reads, with one line for each request."""
    tusk = start_tusk(PHP_SCRIPTS, "--access-log")
    tusk.get("/hello.php?a=%20b", headers={"User-Agent": 'x"y\\z', "Referer": "http://r/"})
    tusk.client.head("/hello.php")
    tusk.get("/nothing")
    tusk.wait_for_access_log(r"(.*\n){3}")
    lines = tusk.access_log().splitlines()
    combined = re.compile(
        r"127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "
        r'"(\S+) (\S+) (\S+)" (\d{3}) (\d+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
    )
    seen = [combined.match(line).groups() for line in lines]
    assert [entry[:5] for entry in seen] == [
        ("GET", "/hello.php?a=%20b", "HTTP/1.1", "200", "12"),
        ("HEAD", "/hello.php", "HTTP/1.1", "200", "0"),
        ("GET", "/nothing", "HTTP/1.1", "404", seen[2][4]),
    ]
    assert seen[0][5] == "http://r/" and "y" in seen[0][6]


def test_the_access_log_is_off_unless_asked_for(start_tusk):
    """Nothing goes to stdout; ACCESS_LOG=1 switches it on."""
    tusk = start_tusk(PHP_SCRIPTS)
    tusk.get("/hello.php")
    tusk.stop()
    assert tusk.access_log() == ""
    tusk = start_tusk(PHP_SCRIPTS, env={"ACCESS_LOG": "1"})
    tusk.get("/hello.php")
    tusk.wait_for_access_log("hello.php")


def test_an_access_line_cannot_be_forged(start_tusk):
    """Nothing that the client sends can add a line break, quote or escape sequence to the log."""
    tusk = start_tusk(PHP_SCRIPTS, "--access-log")
    with tusk.raw() as connection:
        connection.get('/x%0a%0d"forged', 'User-Agent: a" 200 5 "b\t\x9b31m', "Referer: \x80\xff")
    tusk.wait_for_access_log("forged")
    text = tusk.access_log()
    assert (
        len(text.splitlines()) == 1
        and "\x1b" not in text
        and "\x9b" not in text
        and "\t" not in text
    )


def test_the_log_level(start_tusk, tmp_path):
    """`error` contains PHP's errors, but neither its warnings nor the start-up line; `off`
    contains nothing."""
    for level, expected in (("error", True), ("off", False)):
        socket = tmp_path / level
        tusk = start_tusk(PHP_SCRIPTS, "--log-level", level, listen=[f"unix:{socket}"], ready=False)
        wait_for(socket.exists, "the server to listen")
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)), trust_env=False
        ) as client:
            assert wait_for(lambda: answers(client), "an answer") == "Hello World!"
            client.get("http://a/nasty/warnings.php")
            client.get("http://a/nasty/fatal.php")
        tusk.stop()
        assert "serves" not in tusk.log() and "undefined_variable" not in tusk.log()
        assert ("no_such_function_anywhere" in tusk.log()) == expected


def answers(client):
    try:
        return client.get("http://a/hello.php").text
    except httpx.TransportError:
        return None


def test_messages_of_a_script_are_in_the_log(start_tusk, make_root):
    """error_log() and trigger_error(), with their script; they go to a file if error_log is set."""
    root = make_root(
        {
            "a.php": "<?php error_log('hello from a script'); trigger_error('warned', E_USER_WARNING);"
            "file_put_contents('php://stderr', \"straight to stderr\\n\");"
        }
    )
    tusk = start_tusk(root)
    tusk.get("/a.php")
    tusk.wait_for_log("hello from a script")
    tusk.wait_for_log(r"PHP Warning: +warned in .*a\.php")
    tusk.wait_for_log("straight to stderr")
    file = root / "php.log"
    tusk = start_tusk(root, "-d", f"error_log={file}")
    tusk.get("/a.php")
    assert "hello from a script" in file.read_text() and "hello from a script" not in tusk.log()
