"""The stub executor: the server without PHP, for measuring it alone."""

import pytest

from harness.server import PHP_SCRIPTS


@pytest.mark.parametrize(
    "env",
    [{"USE_STUB": "1"}, {"USE_STUB": "1", "USE_EXT": "1", "EXECUTOR": "ext"}, {"EXECUTOR": "stub"}],
)
def test_the_stub_answers_without_php(start_tusk, env):
    """USE_STUB=1 decides first, then USE_EXT=1, then EXECUTOR: every script returns the same
    greeting."""
    tusk = start_tusk(PHP_SCRIPTS, env=env)
    assert "stub" in tusk.start_line and "PHP 8" not in tusk.start_line
    assert tusk.get("/hello.php").text == tusk.get("/request.php?a=1").text == "Hello World!"
    (labels,) = [dict(labels) for name, labels in tusk.metrics().samples if name == "tusk_info"]
    assert labels["executor"] == "stub" and labels.get("php_version", "") == ""


def test_use_ext_overrides_executor(start_tusk):
    """USE_EXT=1 with EXECUTOR=stub runs PHP."""
    tusk = start_tusk(PHP_SCRIPTS, env={"USE_EXT": "1", "EXECUTOR": "stub"})
    assert tusk.get("/runtime.php").json()["sapi"] == "fpm-fcgi"


def test_the_stub_handles_whole_requests(start_tusk):
    """Routing, keep-alive, pipelining, bodies and metrics work as with PHP."""
    tusk = start_tusk(PHP_SCRIPTS, "--executor", "stub", "--workers", 1)
    with tusk.raw() as connection:
        connection.send(
            b"POST /hello.php HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" * 100
        )
        assert all(connection.response().text == "Hello World!" for _ in range(100))
        assert connection.get("/nothing").status == 404
        assert connection.request("HEAD", "/hello.php").response("HEAD").status == 200
    assert tusk.metrics().value("tusk_requests_total", handler="php", **{"class": "2xx"}) == 101
