"""The response to the client of a script that failed."""

import json

import pytest

from harness.server import needs_signals

FILES = {
    "fatal.php": "<?php header('X-Kept: 1'); header('Content-Encoding: gzip'); header('ETag: \"a\"'); no_such_function();",
    "partial.php": "<?php echo 'partial'; no_such_function();",
    "own.php": "<?php http_response_code(500);",
    "hang.php": "<?php set_time_limit(1); header('Content-Type: text/plain'); echo 'partial'; while (true);",
    "flushed.php": "<?php set_time_limit(1); echo 'partial'; flush(); while (true);",
    "status.php": "<?php set_time_limit(1); http_response_code(403); echo 'partial'; while (true);",
    "finished.php": "<?php set_time_limit(1); echo 'whole'; fastcgi_finish_request(); while (true);",
}


@pytest.fixture(scope="module")
def tusk(start_module_tusk, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for name, text in FILES.items():
        (root / name).write_text(text)
    return start_module_tusk(root, "--workers", 2, "-d", "display_errors=0")


def test_a_fatal_error_without_output_has_the_built_in_page(tusk):
    """It has the script's fields, except those of a body that was not sent."""
    response = tusk.get("/fatal.php")
    assert response.status_code == 500 and "Internal Server Error" in response.text
    assert response.headers["x-kept"] == "1" and response.headers["content-type"].startswith("text/html")
    assert not {"content-encoding", "etag"} & response.headers.keys()
    problem = tusk.get("/fatal.php", headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert json.loads(problem.text)["status"] == 500
    with tusk.raw() as client:
        head = client.request("HEAD", "/fatal.php").response("HEAD")
        assert head.status == 500 and head.header("content-length") == response.headers["content-length"]
        assert client.get("/fatal.php").status == 500  # the connection is still in step


def test_output_before_the_error_stays(start_tusk, tusk, make_root):
    """Output before the error, PHP's message if it is displayed, and a status without an error."""
    assert tusk.get("/partial.php").text == "partial"
    assert (tusk.get("/own.php").status_code, tusk.get("/own.php").text) == (500, "")
    loud = start_tusk(make_root({"fatal.php": "<?php no_such_function();"}), "-d", "display_errors=1")
    assert "no_such_function" in loud.get("/fatal.php").text


@needs_signals
@pytest.mark.parametrize(
    ("script", "status", "text"),
    [("hang", 500, "partial"), ("flushed", 200, "partial"), ("status", 403, "partial"), ("finished", 200, "whole")],
)
def test_max_execution_time_after_output(tusk, script, status, text):
    """The status is 500 as long as nothing has been sent; after that it stays."""
    response = tusk.get(f"/{script}.php")
    assert (response.status_code, response.text) == (status, text)
