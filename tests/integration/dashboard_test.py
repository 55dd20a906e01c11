"""The dashboard of the internal server: the page for browsers, the data that it draws, recent events."""

import html.parser
import os
import re
import signal
import socket
import time

import httpx
import pytest

from applications.browser import Browser, needs_browser
from harness.server import EXECUTOR, PHP_SCRIPTS
from harness.wait import wait_for

HOSTILE = "<img src=x onerror=alert(1)>"
SITE = {
    "bad.php": f"<?php throw new Exception('{HOSTILE}</td><script>alert(2)</script>');",
    "long.php": "<?php throw new Exception(str_repeat('unbroken', 15) . ' and the end of it');",
    "gate.php": (PHP_SCRIPTS / "gate.php").read_text(),
    "hello.php": "<?php echo 'hello';",
    "refuses.php": "<?php http_response_code(503);",
}
ASSETS = {"/dashboard.js": "text/javascript", "/style.css": "text/css", "/icon.svg": "image/svg+xml"}
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Outline(html.parser.HTMLParser):
    """Checks that each element is closed in order, and collects what tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "action")]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"], attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def page(server, path="/", **headers) -> httpx.Response:
    return httpx.get(server.admin_url + path, headers=BROWSER | headers, timeout=30, trust_env=False)


def events(server, after=0) -> list:
    return server.admin(f"/events?format=json&after={after}").json()["events"]


def wait_for_event(server, kind, **fields) -> dict:
    def found():
        return [event for event in events(server)
                if event["kind"] == kind and fields.items() <= event.items()]

    return wait_for(found, f"an event {kind} {fields}")[-1]


def test_the_dashboard_needs_no_script_and_nothing_from_elsewhere(start_tusk, make_root, tmp_path):
    """Well-formed; what requests and scripts say is escaped; a policy that lets nothing else run;
    programs get its data, or a list of the pages."""
    server = start_tusk(make_root(SITE), "--workers", 2)
    assert server.get("/bad.php?password=s3cr3t").status_code == 500
    connection, gate = server.hold_worker(tmp_path)
    wait_for_event(server, "fatal_error")
    answer = page(server)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    outline = Outline(answer.text)
    assert outline.tags.count("script") == 1 and "img" not in outline.tags
    assert all(re.fullmatch(r"/[\w.]*", link) for link in outline.links), outline.links
    [refresh] = re.findall(r"<noscript>(<meta[^>]*>)", answer.text)
    assert 'http-equiv="refresh"' in refresh
    assert "<dt>Requests</dt><dd>1</dd>" in answer.text
    assert "<dt>2xx / 3xx / 4xx / 5xx</dt><dd>0 / 0 / 0 / 1</dd>" in answer.text
    assert "<dt>Workers: busy / idle / lost</dt><dd>1 / 1 / 0</dd>" in answer.text
    assert "GET localhost/gate.php" in answer.text and "fatal error" in answer.text
    assert "&lt;img src=x" in answer.text and "s3cr3t" not in answer.text
    for path in ("/workers", "/events"):
        other = page(server, path)
        assert "script-src" not in other.headers["content-security-policy"]
        assert "script" not in Outline(other.text).tags and HOSTILE not in other.text
    for path, kind in ASSETS.items():
        asset = page(server, path)
        assert asset.headers["content-type"].startswith(kind)
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|\beval\b|innerHTML", asset.text)
        assert path in answer.text or path == "/status"
    assert server.admin("/").headers["content-type"] == answer.headers["content-type"]
    assert page(server, Accept="application/json").json()["status"] == "ready"
    for_programs = page(server, Accept="text/plain")
    assert for_programs.headers["content-type"].startswith("text/plain")
    assert "/status" in for_programs.text and "/dashboard.js" not in for_programs.text
    gate.touch()
    connection.close()


def test_status_and_events(start_tusk, make_root, tmp_path):
    """/status has the numbers of /metrics by their series, and what workers do. Events of each kind:
    with the request's id and path, without its query."""
    server = start_tusk(make_root(SITE), "--workers", 1, "--queue-capacity", 1, "--slow-request", "100ms")
    before = server.admin("/status").json()
    assert before["status"] == "ready" and before["last_event"] == 0 and events(server) == []
    assert abs(before["time_ms"] / 1000 - time.time()) < 60
    assert server.get("/refuses.php?token=s3cr3t").status_code == 503
    assert server.get("/bad.php?token=s3cr3t").status_code == 500
    connection, gate = server.hold_worker(tmp_path)
    if EXECUTOR != "stub":
        slow = wait_for_event(server, "slow_request", path="/gate.php", status=0)
        assert slow["seconds"] >= 0.1 and "gate.php" in slow["message"]
    waiting = server.raw().request("GET", "/hello.php?token=s3cr3t")
    server.wait_for_metric(1, "tusk_queue_depth")
    assert server.get("/hello.php?token=s3cr3t").status_code == 503
    rejected = wait_for_event(server, "rejected")
    assert rejected["message"] == "answered 503: the queue is full" and rejected["times"] == 1
    now = server.admin("/status").json()
    [process] = now["processes"]
    assert process["workers"][0]["request"]["path"] == "/gate.php"
    assert now["metrics"]["tusk_queue_depth"] == 1
    assert now["metrics"]['tusk_queue_rejected_total{reason="full"}'] == 1
    assert dict(now["totals"])["Waiting requests now"] == "1 of 1"
    gate.touch()
    assert waiting.response().status == 200
    ended = wait_for_event(server, "slow_request", path="/gate.php", status=200)
    fatal = wait_for_event(server, "fatal_error", path="/bad.php")
    assert HOSTILE in fatal["message"] and fatal["method"] == "GET" and fatal["request_id"]
    assert fatal["script"].endswith("/bad.php") and fatal["pid"] == process["pid"]
    [answered] = [event for event in events(server) if event["kind"] == "server_error"]
    assert answered["path"] == "/refuses.php" and answered["status"] == 503
    assert answered["message"] == "the script has answered so"
    numbers = [event["number"] for event in events(server)]
    assert numbers == sorted(set(numbers)) and numbers[-1] == server.admin("/status").json()["last_event"]
    assert [event["number"] for event in events(server, ended["number"] - 1)][0] == ended["number"]
    assert "s3cr3t" not in server.admin("/events?format=json").text
    connection.close()


def test_events_survive_crashes_and_reloads(start_tusk, make_root, tmp_path):
    """They are in memory that all processes share. A crash names what was cut off."""
    server = start_tusk(make_root(SITE), "--workers", 2, supervised=True)
    assert server.get("/bad.php").status_code == 500
    wait_for_event(server, "fatal_error")
    connection, _ = server.hold_worker(tmp_path)
    [pid] = server.server_pids()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: server.server_pids() not in ([], [pid]), "a successor")
    wait_for(server.is_ready, "the successor to be ready")
    crash = wait_for_event(server, "crash", pid=pid)
    assert "SIGKILL" in crash["message"] and "/gate.php" in crash["message"]
    assert server.command("reload").returncode == 0
    wait_for_event(server, "reload", message="generation 2 serves")
    wait_for(lambda: len(server.server_pids()) == 1, "the old generation to end")
    assert [event["kind"] for event in events(server)] == ["fatal_error", "crash", "reload"]
    connection.close()


def test_a_flood_of_errors_is_limited_and_counted(start_tusk, make_root):
    server = start_tusk(make_root(SITE), "--workers", 1)
    for _ in range(100):
        server.get("/bad.php")
    noted = events(server)
    assert 8 <= len(noted) < 100
    assert all(event["times"] >= 1 for event in noted) and sum(event["times"] for event in noted) <= 100


def test_other_sites_pages_cannot_ask(start_tusk, tmp_path):
    """What a browser says is another site's; and a name that leads here without being known to be
    local, except with a token, on a unix socket, and for probes and scrapers."""
    server = start_tusk(PHP_SCRIPTS)
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    link = foreign | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    own = foreign | {"Sec-Fetch-Site": "same-origin"}
    for path in ("/", "/status", "/workers", "/backtraces", "/config", "/metrics", "/dashboard.js"):
        assert page(server, path, **foreign).status_code == 403, path
        assert page(server, path, **link).status_code == 200
        assert page(server, path, **own).status_code == 200
        stranger = page(server, path, Host="rebound.example.com")
        assert stranger.status_code == (200 if path == "/metrics" else 403), path
    assert "tusk" not in page(server, "/config", Host="rebound.example.com").text.lower().replace("internal_token", "")
    for host in ("localhost:9090", "tusk", "[::1]:9090", "tusk.local", socket.gethostname().lower()):
        assert page(server, "/workers", Host=host).status_code == 200, host
    for path in ("/health", "/ready"):
        assert page(server, path, Host="rebound.example.com", **foreign).status_code == 200
    assert page(server, "/health").headers["cross-origin-resource-policy"] == "same-origin"
    file = tmp_path / "token"
    file.write_text("0123456789abcdef")
    guarded = start_tusk(PHP_SCRIPTS, "--internal-token-file", file)
    basic = httpx.BasicAuth("anyone", "0123456789abcdef")
    for host in ("tusk.example.com", "localhost"):
        answer = httpx.get(guarded.admin_url, headers=BROWSER | {"Host": host}, auth=basic, trust_env=False)
        assert answer.status_code == 200 and "<title>tusk</title>" in answer.text
    assert page(guarded, Host="tusk.example.com").status_code == 401
    assert page(guarded, **foreign).status_code == 403
    sock = tmp_path / "internal.sock"
    start_tusk(PHP_SCRIPTS, internal=f"unix:{sock}")
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(sock)), trust_env=False) as client:
        assert client.get("http://tusk.example.com/workers").status_code == 200


@pytest.fixture
def browser(tmp_path):
    browser = Browser(tmp_path / "profile")
    yield browser
    browser.close()


def number_of(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text) or 0)


@needs_browser
def test_a_browser_draws_it_live(start_tusk, make_root, browser, tmp_path):
    """With a token, as the password. Rates, rows and backtraces appear; hostile texts are texts; a
    crash is shown and survived; everything can be reached with the keyboard."""
    file = tmp_path / "token"
    file.write_text("0123456789abcdef")
    server = start_tusk(make_root(SITE), "--workers", 2, "--internal-token-file", file, supervised=True)
    connection, gate = server.hold_worker(tmp_path)
    assert server.get("/bad.php").status_code == 500
    browser.open(server.admin_url.replace("://", "://tusk:0123456789abcdef@"))
    assert browser.find("#state").text == "Ready"
    browser.wait(lambda d: "/gate.php" in d.find_element("id", "workers").text, "the busy worker")
    browser.wait(lambda d: HOSTILE in d.find_element("id", "events").text, "the fatal error")
    browser.wait(lambda d: server.get("/hello.php") and
                 number_of(d.find_element("css selector", ".tile .value").text) > 0, "a rate")
    assert len(browser.driver.find_elements("css selector", "figure > svg path")) >= 8
    assert browser.driver.find_elements("css selector", "main img, main script") == []
    browser.driver.execute_script("document.querySelector('#workers button').focus()")
    for _ in range(2):
        seen = browser.driver.find_element("id", "totals").text
        browser.wait(lambda d, seen=seen: d.find_element("id", "totals").text != seen, "another second")
    assert browser.driver.switch_to.active_element.text == "Backtrace"
    browser.driver.switch_to.active_element.send_keys("\n")
    browser.wait(lambda d: "gate.php" in d.find_element("css selector", "#trace pre").text, "a backtrace")
    browser.driver.switch_to.active_element.send_keys("\ue00c")  # Escape
    browser.wait(lambda d: not d.find_element("id", "trace").is_displayed(), "the dialog to close")
    assert browser.driver.execute_script(
        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    browser.driver.save_screenshot(str(tmp_path / "dashboard.png"))
    assert browser.complaints() == []
    os.kill(server.server_pids()[0], signal.SIGKILL)
    browser.wait(lambda d: "crash" in d.find_element("id", "events").text, "the crash")
    browser.wait(lambda d: d.find_element("id", "state").text == "Ready", "to be connected again")
    connection.close()


TOO_WIDE = """
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')].filter(e => {
        const box = e.getBoundingClientRect();
        return box.width > 0 && (box.right > width || box.left < 0) && !e.closest('.hidden');
    }).map(e => `${e.outerHTML.slice(0, 100)} ends at ${e.getBoundingClientRect().right} of ${width}`);
"""


@needs_browser
def test_a_phone_shows_everything(start_tusk, make_root, browser, tmp_path):
    """At 375 pixels nothing is cut off or must be scrolled to sideways: neither the errors with long words and names
    nor the workers."""
    server = start_tusk(make_root(SITE), "--workers", 2, supervised=True)
    for path in ("/bad.php", "/long.php", "/long.php/" + "very-long-name-of-a-page" * 9):
        assert server.get(path).status_code == 500
    gate, began = tmp_path / "gate", tmp_path / "began"
    connection = server.raw().request(
        "GET", f"/gate.php/{'page-with-a-long-name' * 9}?until={gate}&began={began}")
    wait_for(began.exists, "the script to begin")
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 375, "height": 812, "deviceScaleFactor": 2, "mobile": True})
    for page_path in ("/", "/events"):
        browser.open(server.admin_url + page_path)
        if page_path == "/":
            browser.wait(lambda d: "page-with-a-long-name" in d.find_element("id", "workers").text, "the busy worker")
            browser.click("#show-idle")
        browser.wait(lambda d: "the end of it" in d.find_element("tag name", "body").text, "the errors")
        browser.driver.save_screenshot(str(tmp_path / f"phone{page_path.replace('/', '-')}.png"))
        assert browser.driver.execute_script("return innerWidth") == 375
        assert browser.driver.execute_script(TOO_WIDE) == []
        # What happened is readable, and not a column of single letters.
        narrow = browser.driver.execute_script(
            "return [...document.querySelectorAll('td.text')].filter(e => e.clientWidth && e.clientWidth < 280).length")
        assert narrow == 0
    gate.touch()
    connection.close()
