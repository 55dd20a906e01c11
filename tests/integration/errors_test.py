"""Scripts that fail: what the client sees, what the log says, and that the worker is as good as
new afterwards."""

import json
import re

import pytest

from harness.server import PHP_SCRIPTS, needs_signals

TOO_DEEP = r"Maximum call stack size of \d+ bytes .* reached|Allowed memory size .* exhausted"

# script → text that the log must contain
FATAL = {
    "fatal.php": r"Call to undefined function no_such_function_anywhere\(\)",
    "exception.php": r"Uncaught RuntimeException: thrown by the test",
    "parse_error.php": r"syntax error|Unclosed '\('",
    "compile_error.php": r"Cannot (re)?declare class Twice",
    "memory.php": r"Allowed memory size of 16777216 bytes exhausted",
    "large_allocation.php": r"Allowed memory size .* exhausted|Possible integer overflow|overflow",
    "recursion.php": TOO_DEEP,
    "recursion_in_c.php": TOO_DEEP,
    "time_limit.php": r"Maximum execution time of 1 second exceeded",
    "user_error.php": r"said by the script",
    "error_handler_throws.php": r"Uncaught ErrorException: from the error handler",
    "exception_handler_throws.php": r"LogicException: from the exception handler",
}

# script → (status, text) for failures that are not fatal, or come too late to change the status
OTHER = {
    "exit_in_shutdown.php": (200, "script one "),
    "exit_in_destructor.php": (200, "script destructor "),
    "exit_in_include.php": (200, "left"),
    "fatal_in_shutdown.php": (200, "script "),
    "exception_in_shutdown.php": (200, "script "),
    "exception_in_destructor.php": (200, "script "),
    "recursion_in_data.php": (200, "freed"),
    "fatal_after_flush.php": (200, "partial"),
    "generator.php": (None, None),
    "throwing_buffer.php": (None, None),
    "fatal_buffer.php": (None, None),
    "nested_buffer.php": (None, None),
}


# Scripts with a separate test.
APART = {"exits.php", "warnings.php", "fatal_after_output.php", "session_handler_throws.php",
         "hang_in_shutdown.php", "cannot_be_ended.php"}  # fmt: skip
PARTS_OF_OTHERS = {"leave.php"}


def scripts(*tables):
    """Returns the tables' scripts as parameters of a test."""
    for script in (script for table in tables for script in table):
        marks = [needs_signals] if script == "time_limit.php" else []
        yield pytest.param(script, marks=marks)


def test_every_nasty_script_is_tested():
    """Every script in tests/php/nasty is in one of the tables."""
    found = {path.name for path in (PHP_SCRIPTS / "nasty").glob("*.php")}
    assert found == FATAL.keys() | OTHER.keys() | APART | PARTS_OF_OTHERS


@pytest.mark.parametrize("script", scripts(FATAL))
def test_a_fatal_error_is_a_500_and_in_the_log(single, script):
    """Status 500; the message is in the log with the script's name, and not on the page."""
    before = single.log_size()
    response = single.get(f"/nasty/{script}")
    assert response.status_code == 500
    assert not re.search(FATAL[script], response.text), "the page must reveal nothing"
    assert "/nasty/" not in response.text
    single.wait_for_log(FATAL[script], since=before)
    assert script in single.log(since=before)


def test_fatal_errors_are_counted(single):
    """tusk_php_fatal_errors_total rises by one for each, and the response counts as a 5xx of
    php."""
    before = single.metrics()
    for script in ("fatal.php", "exception.php", "parse_error.php"):
        single.get(f"/nasty/{script}")
    single.get("/hello.php")
    single.wait_for_metric(
        before.value("tusk_php_fatal_errors_total") + 3, "tusk_php_fatal_errors_total"
    )
    single.wait_for_metric(
        before.value("tusk_requests_total", handler="php", **{"class": "5xx"}) + 3,
        "tusk_requests_total",
        handler="php",
        **{"class": "5xx"},
    )


@pytest.mark.parametrize("script", scripts(FATAL, OTHER))
def test_the_worker_is_as_good_as_new_afterwards(single, script):
    """The only worker runs the script, then fifty requests that must all be right."""
    first = single.get(f"/nasty/{script}")
    status, text = OTHER.get(script, (500, None))
    assert first.status_code in ((status,) if status else (200, 500))
    if text is not None:
        assert first.text == text
    with single.raw() as connection:
        for n in range(25):
            assert connection.get("/hello.php").text == "Hello World!"
            form = "Content-Type: application/x-www-form-urlencoded"
            connection.request("POST", f"/request.php?n={n}", form, body=b"n=%d" % n)
            seen = json.loads(connection.response().body)
            assert seen["get"] == seen["post"] == {"n": str(n)} and seen["cookie"] == []


def test_a_fatal_error_in_the_middle_of_bcmath(start_tusk, make_root):
    """bcmath's global points into a frame that the error has left: neither a shutdown function
    nor another request may use it when it calculates next."""
    calculate = "echo new BcMath\\Number('0.0'), ' ', new BcMath\\Number('12.5') + 1;"
    root = make_root(
        {
            "fatal.php": f"""<?php
            register_shutdown_function(function () {{ {calculate} }});
            bcmul('0', '0', 2147483647);
            """,
            "calculate.php": f"<?php {calculate}",
        }
    )
    tusk = start_tusk(root, "--workers", 1)
    if tusk.get("/calculate.php").status_code == 500:
        pytest.skip("this PHP has no bcmath")
    for _ in range(3):
        response = tusk.get("/fatal.php")
        assert response.status_code == 500 and response.text == "0.0 13.5"
        assert tusk.get("/calculate.php").text == "0.0 13.5"


def test_a_session_is_released_when_its_handler_fails(start_tusk, tmp_path):
    """An exception while the session is written: a logged 500, and the session is unlocked, so
    that the visitor's next request does not wait for ever."""
    tusk = start_tusk(PHP_SCRIPTS, "--workers", 1, "-d", f"session.save_path={tmp_path}")
    for _ in range(2):
        with tusk.raw() as connection:
            response = connection.get(
                "/nasty/session_handler_throws.php", "Cookie: PHPSESSID=0123456789abcdef"
            )
            assert response.status == 500
    tusk.wait_for_log("LogicException: from a session handler")


def test_display_errors_shows_the_message(start_tusk):
    """With display_errors the page contains the message, as text with html_errors off; the
    status is still 500."""
    tusk = start_tusk(PHP_SCRIPTS, "-d", "display_errors=1", "-d", "html_errors=0")
    for script, message in FATAL.items():
        if script == "time_limit.php":
            continue  # once is enough: it takes a second
        if script == "user_error.php":
            continue  # E_USER_ERROR is deprecated: that notice is printed first
        response = tusk.get(f"/nasty/{script}")
        assert response.status_code == 500, script
        assert re.search(message, response.text), f"{script}: {response.text[:500]}"


def test_warnings_are_logged_and_harm_nothing(single):
    """A warning is not an error: status 200, complete output, the messages in the log only."""
    before = single.log_size()
    response = single.get("/nasty/warnings.php")
    assert response.status_code == 200 and response.text.split("\n")[-1] == "end"
    assert "Undefined" not in response.text
    single.wait_for_log("Undefined variable \\$undefined_variable", since=before)
    single.wait_for_log("Undefined array key 0", since=before)


def test_log_errors_can_be_switched_off(start_tusk):
    """With -d log_errors=0 only the 500 remains."""
    tusk = start_tusk(PHP_SCRIPTS, "-d", "log_errors=0")
    assert tusk.get("/nasty/fatal.php").status_code == 500
    assert tusk.get("/hello.php").status_code == 200
    tusk.stop()
    assert "no_such_function" not in tusk.log()


def test_a_log_line_cannot_be_forged(start_tusk, make_root):
    """A message with line breaks stays one record."""
    root = make_root(
        {"a.php": '<?php error_log("one\\n2026-01-01T00:00:00.000Z error forged\\x1b[31m");'}
    )
    tusk = start_tusk(root)
    tusk.get("/a.php")
    tusk.wait_for_log("one.*forged")
    assert "\x1b" not in tusk.log()
    assert not any(
        line.startswith("2026-01-01T00:00:00.000Z error forged") for line in tusk.log().splitlines()
    )


def test_a_fatal_error_after_output(single):
    """Output has been sent (PHP buffers none by default), so the status cannot change; the
    client gets the output, the log has the message."""
    before = single.log_size()
    response = single.get("/nasty/fatal_after_output.php")
    assert response.text == "partial" and response.headers["x-before"] == "set"
    single.wait_for_log("no_such_function_after_output", since=before)


@pytest.mark.parametrize(
    ("how", "status", "text"),
    [
        ("number", 200, "text"),
        ("text", 200, "last words"),
        ("plain", 200, "text"),
        ("status", 403, "denied"),
        ("return", 200, "text"),
    ],
)
def test_exit_is_no_error(single, how, status, text):
    """exit with and without an argument, die, return."""
    before = single.metrics().value("tusk_php_fatal_errors_total")
    response = single.get(f"/nasty/exits.php?how={how}")
    assert (response.status_code, response.text) == (status, text)
    assert single.metrics().value("tusk_php_fatal_errors_total") == before


def test_nothing_of_a_request_is_left_for_the_next(single):
    """A script changes everything that it can; the next one on the same worker finds the
    original state, even after a fatal error in between."""
    clean = single.get("/state.php?same=1").json()
    stained = single.get("/stain.php?same=1")
    assert stained.status_code == 203 and stained.text == "stained."
    assert single.get("/state.php?same=1").json() == clean
    single.get("/nasty/fatal_in_shutdown.php")
    assert single.get("/state.php?same=1").json() == clean


def test_many_failures_in_a_row_leak_nothing_that_grows(single):
    """After three hundred fatal errors the worker has not been replaced needlessly, and
    descriptors do not accumulate."""
    single.get("/nasty/fatal.php")
    before = single.metrics()
    for _ in range(300):
        single.get("/nasty/exception.php")
    after = single.metrics()
    assert after.value("process_open_fds") <= before.value("process_open_fds") + 2
    assert after.value("tusk_worker_restarts_total") == before.value("tusk_worker_restarts_total")
