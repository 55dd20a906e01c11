"""--watch and --hot-reload: what a developer changes shows at once, in the server and in the browser."""

import os
import re
import signal
import threading

import httpx
import pytest

from applications.browser import Browser, needs_browser
from harness.engine import needs_host
from harness.server import EXECUTOR, run_tusk
from harness.wait import wait_for

STREAM, SCRIPT = "/.well-known/tusk/reload", "/.well-known/tusk/reload.js"
ELEMENT = re.compile(rb'\n<script src="/\.well-known/tusk/reload\.js(\?v=([0-9.-]+))?"( nonce="(\w+)")?></script>\n$')
HTML = "<!doctype html><title>t</title><link rel=stylesheet href=style.css><p>one</p>"
SITE = {
    "page.html": HTML,
    "empty.html": "",
    "style.css": "p { color: rgb(1, 1, 1) }",
    "plain.php": "<?php echo '<p>hello</p>';",
    "streamed.php": "<?php header('Content-Length: 6'); echo 'one'; flush(); echo 'two';",
    "chunks.php": "<?php echo 'one'; flush(); echo 'two'; flush();",
    "json.php": "<?php header('Content-Type: application/json'); echo '{}';",
    "zipped.php": "<?php header('Content-Encoding: gzip'); echo gzencode('zipped');",
    "policy.php": "<?php header(\"Content-Security-Policy: script-src 'nonce-abc123'\"); header('ETag: \"x\"');",
    "fails.php": "<?php throw new Exception('no');",
}
LONG_AGO = 1_700_000_000


def write(path, text, age=0):
    """Replaces the file in one step, as editors do."""
    beside = path.with_name(path.name + "~")
    beside.write_text(text)
    if age:
        os.utime(beside, (LONG_AGO + age, LONG_AGO + age))
    beside.rename(path)


class Stream:
    """A page's stream of events."""

    def __init__(self, server):
        request = server.new_client().build_request("GET", STREAM)
        self.response = server._clients[-1].send(request, stream=True)
        self.lines = self.response.iter_lines()

    def event(self) -> list:
        """The words of the next event."""
        return next(line for line in self.lines if line.startswith("data: ")).split()[1:]


@pytest.fixture(scope="module")
def hot(start_module_tusk, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for name, text in SITE.items():
        (root / name).write_text(text)
    return start_module_tusk(root, "--hot-reload", cwd=root)


def test_pages_carry_a_script(hot):
    """Whole, with the right length, and without what would let a browser keep them."""
    assert "for development only" in hot.log()
    for path in ["/page.html", "/empty.html", "/plain.php", "/chunks.php", "/streamed.php", "/missing"]:
        response = hot.get(path)
        assert ELEMENT.search(response.content), path
        assert not {"etag", "last-modified", "accept-ranges"} & set(response.headers), path
        assert response.headers["cache-control"] == "no-cache"
        if "content-length" in response.headers:
            assert len(response.content) == int(response.headers["content-length"])
    assert hot.get("/page.html").content.startswith(HTML.encode())
    assert hot.get("/chunks.php").content.startswith(b"onetwo\n<script")
    streamed = hot.get("/streamed.php")
    assert streamed.content.startswith(b"onetwo\n<script") and "content-length" in streamed.headers
    assert hot.client.head("/page.html").headers["content-length"] == str(len(hot.get("/page.html").content))
    conditional = {"If-Modified-Since": "Fri, 01 Jan 2038 00:00:00 GMT", "Range": "bytes=0-3"}
    assert hot.get("/page.html", headers=conditional).status_code == 200
    policy = hot.get("/policy.php")
    assert ELEMENT.search(policy.content)[4] == b"abc123" and "etag" not in policy.headers
    assert len(hot.get(SCRIPT).content) <= 1024
    assert hot.get(SCRIPT).headers["content-type"].startswith("text/javascript")


def test_what_is_no_page_stays_as_it_is(hot):
    assert hot.get("/json.php").text == "{}"
    assert hot.get("/zipped.php").text == "zipped"
    style = hot.get("/style.css", headers={"Range": "bytes=0-3"})
    assert style.status_code == 206 and style.text == "p { " and style.headers["etag"]
    for header in [{"Sec-Fetch-Dest": "empty"}, {"X-Requested-With": "XMLHttpRequest"}]:
        assert hot.get("/plain.php", headers=header).text == "<p>hello</p>"
    assert hot.get("/page.html", headers={"Sec-Fetch-Dest": "iframe"}).text == HTML
    assert hot.post("/plain.php").text == "<p>hello</p>"


def test_a_stream_tells_of_changes_and_ends_at_a_drain(start_tusk, make_root):
    root = make_root(SITE)
    server = start_tusk(root, "--hot-reload", "--drain-timeout", "60s", cwd=root)
    stream = Stream(server)
    (before,) = stream.event()
    assert ELEMENT.search(server.get("/page.html").content)[2].decode() == before
    write(root / "style.css", "p { color: red }")
    version, what = stream.event()
    assert (version != before, what) == (True, "styles")
    write(root / "plain.php", "<?php echo 'new';")
    latest, what = stream.event()
    assert (latest != version, what) == (True, "page")
    assert server.get("/plain.php").text.startswith("new")
    # A page that comes later knows the change.
    wait_for(lambda: ELEMENT.search(server.get("/page.html").content)[2].decode() == latest, "the new version")
    pages = [server.raw().request("GET", STREAM) for _ in range(65)]
    assert sorted(page.head().status for page in pages) == [200] * 63 + [503] * 2
    server.signal(signal.SIGTERM)
    assert server.wait_for_exit() == 0
    assert not [line for line in stream.lines if line.startswith("data")], "it ends in order"


@pytest.mark.skipif(EXECUTOR != "ext", reason="OPcache does not cache the script itself")
def test_opcache_notices_at_once(start_tusk, make_root, tmp_path):
    """Whatever php.ini says; the operator's own -d stays."""
    root = make_root({})
    (tmp_path / "php.ini").write_text("opcache.validate_timestamps=0\nopcache.revalidate_freq=60\n")
    arguments = ["--php-ini", tmp_path / "php.ini", "--watch", "*.php"]
    shows = "<?php echo %d, ini_get('opcache.revalidate_freq'), (int) opcache_is_script_cached(__FILE__);"
    write(root / "a.php", shows % 1, age=1)
    server = start_tusk(root, *arguments, cwd=root)
    assert wait_for(lambda: server.get("/a.php").text == "101", "OPcache to have the script")
    write(root / "a.php", shows % 2, age=2)
    assert server.get("/a.php").text[0] == "2"
    assert server.get(STREAM).status_code == 404, "hot_reload is off"
    own = start_tusk(root, *arguments, "-d", "opcache.revalidate_freq=3", cwd=root)
    assert own.get("/a.php").text[1] == "3"


def test_a_mistake_in_a_glob_is_said(tmp_path):
    result = run_tusk("check", "--root", tmp_path, "--watch", "a[b")
    assert result.returncode == 2 and "a[b" in result.stderr


# --- resident scripts ---

RESIDENT = """<?php
require __DIR__ . '/part.php';
while (tusk_handle_request(function () { header('Content-Type: text/plain'); echo part(); }));
"""
has_pools = pytest.mark.skipif("--resident " not in run_tusk("help", "all").stdout, reason="has no pools yet")


def part(value):
    return f"<?php function part() {{ return {value}; }}"


class Load:
    """Clients that send one request after the other."""

    def __init__(self, server, path, clients=4):
        self.answers, self._stop = [], threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(server.url + path,)) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _run(self, url):
        with httpx.Client(timeout=30, trust_env=False) as client:
            while not self._stop.is_set():
                try:
                    response = client.get(url)
                    self.answers.append((response.status_code, response.text))
                except httpx.TransportError as error:
                    self.answers.append((0, str(error)))

    def stop(self) -> set:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return set(self.answers)


@has_pools
@pytest.mark.parametrize("supervised", [False, True])
def test_a_resident_script_boots_anew_and_no_request_fails(start_tusk, make_root, supervised):
    root = make_root({"index.php": RESIDENT, "part.php": part(0)})
    arguments = ["--resident", root / "index.php", "--workers", 2, "--watch", "**/*.php"]
    server = start_tusk(root, *arguments, cwd=root, supervised=supervised)
    assert server.get("/index.php").text == "0"
    load = Load(server, "/index.php")
    wait_for(lambda: (200, "0") in load.answers, "the load to begin")
    for value in range(1, 5):
        write(root / "part.php", part(value))
        wait_for(lambda: (200, str(value)) in load.answers, "the new code")
    assert load.stop() == {(200, str(value)) for value in range(5)}


@has_pools
def test_the_error_of_a_boot_is_shown_until_it_is_mended(start_tusk, make_root):
    root = make_root({"index.php": RESIDENT, "part.php": part(1)})
    server = start_tusk(root, "--resident", root / "index.php", "--workers", 1, "--hot-reload", cwd=root)
    stream = Stream(server)
    stream.event()
    assert server.get("/index.php").text == "1"
    write(root / "part.php", "<?php function part() { return <b>; }")
    assert stream.event()[1] == "page"
    page = wait_for(lambda: (r := server.get("/index.php")).status_code == 503 and r, "the error")
    assert "part.php" in page.text and "unexpected token &quot;&lt;&quot;" in page.text.replace('"', "&quot;")
    assert ELEMENT.search(page.content), "the browser reloads when it is mended"
    # The back-off of failed boots is cut short.
    for value in range(2, 6):
        write(root / "part.php", "<?php nonsense(;")
        assert stream.event()[1] == "page"
        write(root / "part.php", part(value))
        assert stream.event()[1] == "page"
        assert server.get("/index.php").text == str(value)


@needs_host
def test_a_rewound_script_boots_as_soon_as_it_is_mended(start_tusk, make_root, tmp_path):
    """A request waits for that boot."""
    root = make_root({"index.php": RESIDENT, "part.php": "<?php nonsense(;"})
    file = tmp_path / "tusk.toml"
    file.write_text(f"[[pool]]\nname = 'app'\nscript = '{root}/index.php'\nmode = 'rewind'\nworkers = 1\n")
    server = start_tusk(root, "--config", file, "--hot-reload", cwd=root, ready=False)
    server.wait_until_started()
    stream = Stream(server)
    stream.event()
    assert server.get("/index.php").status_code == 503
    write(root / "part.php", part(1))
    assert stream.event()[1] == "page"
    assert server.get("/index.php").text == "1"


@needs_browser
def test_a_browser_reloads(start_tusk, make_root, tmp_path):
    root = make_root(SITE)
    server = start_tusk(root, "--hot-reload", cwd=root)
    browser = Browser(tmp_path)
    try:
        browser.open(server.url + "/page.html")
        driver = browser.driver
        color = "return getComputedStyle(document.querySelector('p')).color"
        driver.execute_script("window.mark = 1")
        write(root / "style.css", "p { color: rgb(2, 2, 2) }")
        browser.wait(lambda d: d.execute_script(color) == "rgb(2, 2, 2)", "the new style")
        assert driver.execute_script("return window.mark") == 1, "the page stayed"
        write(root / "page.html", HTML.replace("one", "two"))
        browser.wait(lambda d: d.find_element("css selector", "p").text == "two", "the new page")
        assert driver.execute_script("return window.mark || 0") == 0
        severe = [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]
        assert not [line for line in severe if "favicon" not in line["message"]]
    finally:
        browser.driver.quit()
