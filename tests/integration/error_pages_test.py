"""The appearance of the server's own errors; an application's error pages are left alone."""

import os

import pytest

from harness.held_file import HeldFile
from harness.server import PHP_SCRIPTS
from harness.wait import wait_for

ECHO = """<?php
header('X-Page: php');
if (isset($_GET['moved'])) header('Location: /new', true, 301);
echo json_encode([http_response_code(), $_SERVER['REDIRECT_STATUS'], $_SERVER['REQUEST_URI'],
                  $_SERVER['REQUEST_METHOD'], $_SERVER['SCRIPT_NAME'], basename(__DIR__)],
                 JSON_UNESCAPED_SLASHES);
"""

FILES = {
    "index.php": "<?php echo 'home';",
    "own404.php": "<?php http_response_code(404); echo 'the application said so';",
    "empty404.php": "<?php http_response_code(404);",
    "api.php": "<?php header('Content-Type: application/json'); http_response_code(422); echo '{}';",
    "fatal.php": "<?php header('X-Kept: 1'); no_such_function();",
    "shown.php": "<?php ini_set('display_errors', 1); no_such_function();",
    "said.php": "<?php register_shutdown_function(fn() => print('sorry')); no_such_function();",
    "hold.txt": "x",
}

PAGES = {
    "404.html": "<h1>own 404</h1>",
    "4xx.html": "<h1>own 4xx</h1>",
    "5xx.html": "<h1>own 5xx</h1>",
}


@pytest.fixture
def site(start_tusk, make_root):
    def start(pages, *arguments):
        root = make_root(FILES)
        directory = make_root(pages, "errors")
        return start_tusk(root, "--workers", 1, "--error-pages-dir", directory, *arguments), directory

    return start


def test_the_built_in_page(start_tusk, make_root):
    """It is small, complete, and loads nothing from elsewhere; HEAD gets its header without a
    body."""
    tusk = start_tusk(make_root(FILES))
    response = tusk.get("/nothing")
    assert response.status_code == 404 and response.headers["content-type"].startswith("text/html")
    assert "404 Not Found" in response.text and "prefers-color-scheme" in response.text
    assert "//" not in response.text.replace("<!", "") and len(response.content) < 1500
    head = tusk.client.head("/nothing")
    assert head.status_code == 404 and head.content == b""
    assert head.headers["content-length"] == response.headers["content-length"]


def test_json_for_clients_that_ask_for_it(site):
    """RFC 9457, even if the site has its own pages; a browser gets the page."""
    tusk, _ = site(PAGES)
    response = tusk.get("/nothing", headers={"Accept": "application/json, */*;q=0.1"})
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 404 and response.json()["title"] == "Not Found"
    assert response.headers["vary"] == "Accept"
    browser = tusk.get("/nothing", headers={"Accept": "text/html,*/*;q=0.8"})
    assert browser.text == PAGES["404.html"]


def test_pages_of_the_site(site):
    """The status's own page, then its class's, then the built-in one."""
    tusk, directory = site({"404.html": PAGES["404.html"], "4xx.html": PAGES["4xx.html"]})
    assert tusk.get("/nothing").text == PAGES["404.html"]
    assert tusk.post("/hold.txt").status_code == 405
    response = tusk.post("/hold.txt")
    assert response.headers["allow"]
    with tusk.raw() as connection:
        bad = connection.get("/%")
        assert bad.status == 400 and bad.text == PAGES["4xx.html"]
        assert connection.get("/nothing").text == PAGES["404.html"], "the connection goes on"


def test_a_changed_page_is_shown(site):
    """A change shows within seconds, without a restart; without the page, the built-in one is
    shown again."""
    tusk, directory = site(PAGES)
    assert tusk.get("/nothing").text == PAGES["404.html"]
    (directory / "new").write_text("changed")
    os.rename(directory / "new", directory / "404.html")
    wait_for(lambda: tusk.get("/nothing").text == "changed", "the changed page")
    (directory / "404.html").unlink()
    wait_for(lambda: tusk.get("/nothing").text == PAGES["4xx.html"], "the page of the class")


def test_a_page_of_the_site_is_compressed(site):
    """It is compressed once, for clients that accept it; each form has Vary. A small page is not
    compressed."""
    page = "<p>There is nothing here, and it is large.</p>\n" * 200
    tusk, directory = site({"404.html": page, "4xx.html": PAGES["4xx.html"]})
    for _ in range(2):
        for coding in ("gzip", "br", "zstd", "identity"):
            response = tusk.get("/nothing", headers={"Accept-Encoding": coding})
            assert response.status_code == 404
            assert response.headers.get("content-encoding", "identity") == coding
            assert response.headers["vary"] == "Accept, Accept-Encoding"
            if coding in ("gzip", "identity"):  # httpx decodes no others by itself
                assert response.text == page
    assert tusk.metrics().value("tusk_compressions_total", coding="gzip") == 1
    small = tusk.post("/hold.txt", headers={"Accept-Encoding": "gzip"})
    assert small.status_code == 405 and "content-encoding" not in small.headers
    (directory / "new").write_text(page + "changed")
    os.rename(directory / "new", directory / "404.html")
    changed = {"Accept-Encoding": "gzip"}
    wait_for(lambda: tusk.get("/nothing", headers=changed).text.endswith("changed"), "the new page")


def test_a_script_makes_the_page(site):
    """404.php gets the status and the original address; the status is the error's unless the
    script sets another."""
    tusk, _ = site({"404.php": ECHO})
    response = tusk.get("/a/b?c=d")
    assert response.status_code == 404 and response.headers["x-page"] == "php"
    assert response.json() == [404, "404", "/a/b?c=d", "GET", "/404.php", "errors"]
    assert tusk.post("/x", content=b"body").json()[3] == "POST"
    moved = tusk.get("/x?moved=1")
    assert moved.status_code == 301 and moved.headers["location"] == "/new"
    assert tusk.client.head("/a").status_code == 404
    assert tusk.get("/index.php").text == "home"


def test_responses_of_scripts_are_not_replaced(site):
    """Neither an application's 404 page nor an API's error is replaced, not even an empty one."""
    tusk, _ = site(PAGES)
    assert tusk.get("/own404.php").text == "the application said so"
    assert tusk.get("/empty404.php").content == b""
    assert tusk.get("/api.php").status_code == 422 and tusk.get("/api.php").text == "{}"


def test_a_fatal_error_without_output_gets_the_page(site):
    """With display_errors off PHP prints nothing: the site's page is sent, with the script's
    header fields. If the script has printed something, that is sent."""
    tusk, _ = site(PAGES, "-d", "display_errors=0")
    response = tusk.get("/fatal.php")
    assert response.status_code == 500 and response.text == PAGES["5xx.html"]
    assert response.headers["x-kept"] == "1"
    assert "no_such_function" in tusk.get("/shown.php").text
    assert tusk.get("/said.php").text == "sorry"
    assert tusk.get("/index.php").text == "home"


def test_a_full_queue_has_its_page(start_tusk, make_root, tmp_path):
    """503 with Retry-After and the site's page, which needs no worker."""
    directory = make_root({"503.php": ECHO, "503.html": "busy"}, "errors")
    tusk = start_tusk(
        PHP_SCRIPTS, "--workers", 1, "--queue-capacity", 1, "--error-pages-dir", directory
    )
    held, gate = tusk.hold_worker(tmp_path)
    waiting = tusk.raw().request("GET", "/hello.php")
    tusk.wait_for_metric(1, "tusk_queue_depth")
    response = tusk.get("/hello.php")
    assert response.status_code == 503 and response.text == "busy"
    assert response.headers["retry-after"] == "1"
    gate.touch()
    assert held.response().status == 200 and waiting.response().status == 200


def test_an_error_page_on_a_dead_file_system_blocks_nothing(site, tmp_path):
    """While the file system does not respond, the previous page is sent, other requests are
    served, and the server ends as it should. When it responds, the new page is shown."""
    if not HeldFile.possible(tmp_path):
        pytest.skip("needs root and fanotify to block access to a file")
    tusk, directory = site(PAGES)
    assert tusk.get("/nothing").text == PAGES["404.html"]
    fresh = directory / "fresh"
    fresh.write_text("fresh")
    for last in (False, True):
        with HeldFile(fresh) as held:
            fresh.replace(directory / "404.html")

            def looked_at() -> bool:
                assert tusk.get("/nothing").status_code == 404
                return held.somebody_waits()

            wait_for(looked_at, "the server to open the page")
            for _ in range(20):
                assert tusk.get("/nothing").text in (PAGES["404.html"], "fresh")
                assert tusk.post("/hold.txt").status_code == 405
                assert tusk.admin("/health").status_code == 200
            if last:
                tusk.signal(15)
                assert tusk.wait_for_exit() == 0
                return
        wait_for(lambda: tusk.get("/nothing").text == "fresh", "the new page")
        fresh.write_text("newer")


def test_a_fifo_is_no_page(site):
    """Nor is a device: the class's page is used instead, and no request waits."""
    tusk, directory = site(PAGES)
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        (directory / "404.html").unlink(missing_ok=True)
        wait_for(lambda: tusk.get("/nothing").text == PAGES["4xx.html"], "the page of the class")
        make(directory / "404.html")
        for _ in range(3):
            assert tusk.get("/nothing").text == PAGES["4xx.html"]
