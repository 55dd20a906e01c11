"""The response to the client of a script that failed."""

import json

import httpx
import pytest

from harness.engine import ENGINES
from harness.server import needs_signals

FILES = {
    "fatal.php": "<?php header('X-Kept: 1'); header('Content-Encoding: gzip'); header('ETag: \"a\"'); no_such_function();",
    "said.php": "<?php http_response_code(500); echo 'sorry';",
    "partial.php": "<?php echo 'partial'; no_such_function();",
    "own.php": "<?php header('X-Kept: 1'); header('ETag: \"a\"'); http_response_code(500);",
    "length.php": "<?php header('Content-Length: 0'); http_response_code(500);",
    "json.php": "<?php header('Content-Type: application/json'); http_response_code(500);",
    "busy.php": "<?php http_response_code(503);",
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
    assert tusk.get("/said.php").text == "sorry"
    loud = start_tusk(make_root({"fatal.php": "<?php no_such_function();"}), "-d", "display_errors=1")
    assert "no_such_function" in loud.get("/fatal.php").text


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_a_500_without_output_has_the_built_in_page(start_tusk, make_root, engine, http2):
    """Unless the script says that it means the empty body, the client takes no page, or the option is off."""
    tusk = start_tusk(make_root(FILES), "--engine", engine, "--workers", 1, "-d", "display_errors=0")
    with httpx.Client(base_url=tusk.url, http1=not http2, http2=http2, trust_env=False) as client:
        page = client.get("/own.php")
        assert page.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        assert page.status_code == 500 and "Internal Server Error" in page.text
        assert page.headers["x-kept"] == "1" and "etag" not in page.headers
        assert page.text == client.get("/fatal.php").text
        problem = client.get("/own.php", headers={"accept": "application/json"})
        assert problem.json()["status"] == 500
        assert client.get("/own.php", headers={"accept": "image/webp"}).content == b""
        for meant in ("/length.php", "/json.php"):
            assert (client.get(meant).status_code, client.get(meant).content) == (500, b"")
        assert (client.get("/busy.php").status_code, client.get("/busy.php").content) == (503, b"")
        head = client.head("/own.php")
        assert head.status_code == 500 and head.headers["x-kept"] == "1" and "content-length" not in head.headers
        assert client.get("/said.php").text == "sorry"  # the connection is still in step


def test_a_resident_script_that_says_nothing_has_the_page(start_tusk, make_root):
    text = "<?php while (frankenphp_handle_request(function () { http_response_code(500); }));"
    root = make_root({"index.php": text})
    tusk = start_tusk(root, "--resident", root / "index.php", "--workers", 1)
    for _ in range(2):
        answer = tusk.get("/")
        assert answer.status_code == 500 and "Internal Server Error" in answer.text


def test_blank_pages_can_be_left_as_they_are(start_tusk, make_root):
    tusk = start_tusk(make_root(FILES), "--no-error-page-for-empty-500", "-d", "display_errors=0")
    for path in ("/own.php", "/fatal.php"):
        answer = tusk.get(path)
        assert (answer.status_code, answer.text, answer.headers["etag"]) == (500, "", '"a"')


@needs_signals
@pytest.mark.parametrize(
    ("script", "status", "text"),
    [("hang", 500, "partial"), ("flushed", 200, "partial"), ("status", 403, "partial"), ("finished", 200, "whole")],
)
def test_max_execution_time_after_output(tusk, script, status, text):
    """The status is 500 as long as nothing has been sent; after that it stays."""
    response = tusk.get(f"/{script}.php")
    assert (response.status_code, response.text) == (status, text)
