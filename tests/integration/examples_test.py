"""The example site, which is the first thing that a newcomer sees (`make run`), and its
configuration file."""

import hashlib
import re
from urllib.parse import urlsplit

import pytest

from applications.browser import Browser, needs_browser
from applications.page import Page
from applications.picture import png
from harness.server import REPOSITORY, run_tusk

EXAMPLES = REPOSITORY / "examples"


@pytest.fixture(scope="module")
def site(start_module_tusk):
    return start_module_tusk(None, "--config", EXAMPLES / "tusk.toml")


def test_the_configuration_is_valid():
    """`tusk check` reports nothing, not even a warning."""
    done = run_tusk("check", "--config", EXAMPLES / "tusk.toml")
    assert (done.returncode, done.stderr) == (0, "")


def test_every_link_of_the_site_works(site):
    """From the front page on, pages, style sheet, pictures and scripts: no link is broken
    (except the one that says so), and PHP logs nothing."""
    with site.new_client(follow_redirects=True) as browser:
        seen, todo = set(), ["/"]
        while todo:
            path = todo.pop()
            if path in seen or path in ("/lines.php", "/events.php"):  # they take five seconds
                continue
            seen.add(path)
            response = browser.get(path)
            assert response.status_code == (404 if path == "/no/such/page" else 200), path
            if response.headers["content-type"].startswith("text/html"):
                found = re.findall(r'(?:href|src)="([^"]+)"', response.text)
                local = [urlsplit(link.replace("&amp;", "&")) for link in found]
                todo += [
                    link._replace(fragment="").geturl()
                    for link in local
                    if not link.netloc and not link.scheme and link.path.startswith("/")
                ]
    assert {"/", "/style.css", "/upload.php", "/stream.php", "/tusk.svg"} <= seen
    assert not re.search(r"PHP (Warning|Notice|Deprecated|Fatal|Parse)", site.log())


def test_the_form(site):
    """Text, a list and a picture are shown as PHP received them; markup in them is shown as
    text."""
    picture = png(40, 30)
    with site.new_client() as browser:
        form = Page(browser.get("/upload.php")).form(field="note")
        answer = browser.post(
            "/upload.php",
            data=form.filled({"name": "Zoë <b>", "note": "a\nb", "colours[]": ["ivory", "teal"]}),
            files={"files[]": ("tusk.png", picture, "image/png")},
        )
    page = Page(answer)
    for text in ("Zoë <b>", "ivory", "teal", "tusk.png", hashlib.sha256(picture).hexdigest()):
        assert text in page.text
    assert "Zoë <b>" not in page.html


def test_the_redirect_shows_its_message_once(site):
    """A cookie, a redirect and a message; no message the second time."""
    with site.new_client(follow_redirects=True) as browser:
        first = browser.get("/redirect.php")
        assert first.history[0].status_code == 303 and "You were redirected here" in first.text
        assert "You were redirected here" not in browser.get("/").text


@pytest.mark.parametrize(
    ("path", "beginning"), [("/lines.php", b"line 1"), ("/events.php", b"id: 1\n")]
)
def test_the_streams_begin_at_once(site, path, beginning):
    """The first piece arrives while the script still runs; the client may leave."""
    with site.client.stream("GET", path) as response:
        assert next(response.iter_raw()).startswith(beginning)
        assert site.metrics().value("tusk_workers", state="busy") >= 1


@needs_browser
def test_the_pages_in_a_browser(site, tmp_path):
    """Each page is drawn without errors, and fits on a narrow screen; both streams arrive in
    pieces."""
    browser = Browser(tmp_path / "profile")
    try:
        for width in (1280, 400):
            browser.driver.set_window_size(width, 900)
            for path in ("/", "/upload.php", "/stream.php"):
                browser.open(site.url + path)
                wide = "return document.documentElement.scrollWidth > innerWidth"
                assert not browser.driver.execute_script(wide), f"{path} is too wide for {width}"
        for name in ("lines", "events"):
            browser.click(f"[data-stream={name}]")
        for name in ("lines", "events"):
            times = browser.wait(
                lambda driver, name=name: len(
                    found := driver.find_elements("css selector", f"#{name}-log li time")
                ) >= 10 and [float(time.text.split()[0]) for time in found],
                f"all of {name}",
            )
            assert times[9] - times[0] > 2, "the script takes five seconds, and so does its answer"
        browser.driver.save_screenshot(str(tmp_path / "stream.png"))
        assert not browser.complaints(), browser.complaints()
    finally:
        browser.close()
