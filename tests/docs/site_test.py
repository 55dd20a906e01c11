"""The documentation site: it builds without a warning, its links lead somewhere, it loads nothing from
another host, and it shows what the forge shows. `make docs` runs these tests too."""

import functools
import http.server
import os
import re
import subprocess
import threading
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from applications.browser import Browser, needs_browser

REPOSITORY = Path(__file__).resolve().parents[2]
PREFIX = Path(os.environ.get("TUSK_PREFIX") or Path.home() / ".cache/tusk")
MKDOCS = PREFIX / "mkdocs/bin/mkdocs"
# Elements by which we tell that a page of the site has the structure of its source.
STRUCTURE = ("h1", "h2", "h3", "h4", "li", "table", "tr", "pre")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def build(directory: Path, *options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [MKDOCS, "build", "--strict", "--site-dir", directory, *options],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1", "LANG": "C.UTF-8"},
        text=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    if not MKDOCS.is_file():
        pytest.skip("needs mkdocs: tools/setup/docs.sh installs it")
    directory = tmp_path_factory.mktemp("site")
    done = build(directory)
    assert done.returncode == 0, done.stderr
    return directory


class Page(HTMLParser):
    """What these tests look at in a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.loaded, self.ids = [], [], set()
        self.structure, self.open = Counter(), []
        self.article = False
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.add(found["id"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in ("script", "img", "iframe", "source", "video") and found.get("src"):
            self.loaded.append(found["src"])
        if tag == "link" and found.get("rel") not in ("canonical", "prev", "next"):
            self.loaded.append(found.get("href", ""))
        self.article = self.article or tag == "article"
        if self.article and tag in STRUCTURE:
            self.structure[tag] += 1

    def handle_endtag(self, tag):
        if tag == "article":
            self.article = False


def pages(site: Path) -> dict:
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}


def broken_links(found: dict, site: Path):
    for path, page in found.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                yield f"{path.relative_to(site)}: {link}"
            elif parts.fragment and target in found and unquote(parts.fragment) not in found[target].ids:
                yield f"{path.relative_to(site)}: {link} (no such heading)"


def test_links_lead_somewhere(site):
    """Those of the navigation too, and those to headings."""
    assert list(broken_links(pages(site), site)) == []


def test_a_broken_link_is_found(tmp_path):
    """The test above can fail."""
    page = tmp_path / "index.html"
    page.write_text('<a href="none.html">a</a><a href="#none">b</a><h1 id="one"><a href="#one">c</a></h1>')
    found = list(broken_links({page: Page(page)}, tmp_path))
    assert found == ["index.html: none.html", "index.html: #none (no such heading)"]


def test_nothing_comes_from_another_host(site):
    """No page loads a script, a style sheet, a font or a picture from elsewhere."""
    for path, page in pages(site).items():
        for address in page.loaded:
            assert not urlsplit(address).netloc, (path.name, address)
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        for address in re.findall(r"url\(\s*[\"']?([^)\"']+)|@import\s+[\"']([^\"']+)", sheet.read_text()):
            assert not urlsplit("".join(address)).netloc, (sheet.name, address)
    # The theme fetches mermaid where a page has a diagram for it; ours are drawn when the site is built.
    assert not any('class="mermaid"' in path.read_text() for path in site.rglob("*.html"))
    assert '<svg class="sequence"' in (site / "architecture.html").read_text()


def test_pages_have_the_structure_of_their_sources(site):
    """Lists, tables, code and headings are what the forge's Markdown makes of a page. Python-Markdown
    reads lists differently, and would show some as text."""
    markdown = pytest.importorskip("markdown_it", reason="needs Debian's python3-markdown-it")
    renderer = markdown.MarkdownIt("commonmark", {"html": True}).enable("table")
    differences = {}
    for source in sorted((REPOSITORY / "docs").rglob("*.md")):
        built = site / source.relative_to(REPOSITORY / "docs").with_suffix(".html")
        if source.name == "README.md":
            built = built.with_name("index.html")
        expected = Counter(re.findall(rf"<({'|'.join(STRUCTURE)})\b", renderer.render(source.read_text())))
        found = Page(built).structure
        # The theme adds a heading to a page that begins without one.
        if expected != found:
            differences[source.name] = {
                tag: (expected[tag], found[tag]) for tag in STRUCTURE if expected[tag] != found[tag]
            }
    assert differences == {}


def test_pages_that_are_not_in_the_navigation_fail_the_build(tmp_path):
    """So a page cannot be forgotten, and a name in the navigation cannot be misspelt."""
    if not MKDOCS.is_file():
        pytest.skip("needs mkdocs: tools/setup/docs.sh installs it")
    configuration = (REPOSITORY / "mkdocs.yml").read_text().replace(": tls.md", ": tsl.md")
    copy = REPOSITORY / f".mkdocs-{os.getpid()}.yml"
    copy.write_text(configuration)
    try:
        done = build(tmp_path / "site", "--config-file", copy)
    finally:
        copy.unlink()
    assert done.returncode != 0 and "tls.md" in done.stderr


LOOKS = {"light": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (390, 844, "light")}
LOOKED_AT = ("index", "moving", "architecture", "troubleshooting", "configuration")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(site):
    """The site's address on a server of its own."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@needs_browser
def test_the_search_finds_a_page(served, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(f"{served}/index.html")
        browser.fill("input.md-search__input", "max_execution_time")
        found = browser.find("a.md-search-result__link")
        assert found.get_attribute("href").startswith(served)
        assert browser.complaints() == []
    finally:
        browser.close()


@needs_browser
@pytest.mark.parametrize("look", LOOKS)
def test_how_it_looks(served, tmp_path, look):
    """In light and dark, and on a phone: nothing is wider than the screen, everything comes from the site
    itself, and no script complains. The pictures are for people: TUSK_DOCS_PICTURES names a directory
    for them."""
    pictures = Path(os.environ.get("TUSK_DOCS_PICTURES") or tmp_path / "pictures")
    pictures.mkdir(parents=True, exist_ok=True)
    width, height, scheme = LOOKS[look]
    browser = Browser(tmp_path / "profile")
    try:
        command = browser.driver.execute_cdp_cmd
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": look == "phone"}
        command("Emulation.setDeviceMetricsOverride", metrics)
        preference = {"name": "prefers-color-scheme", "value": scheme}
        command("Emulation.setEmulatedMedia", {"features": [preference]})
        for name in LOOKED_AT:
            browser.open(f"{served}/{name}.html")
            browser.wait(lambda driver: driver.find_element("css selector", "article h1"), "the page")
            browser.driver.save_screenshot(str(pictures / f"{name}-{look}.png"))
            wide = browser.driver.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, name
            shown = browser.driver.execute_script("return document.body.dataset.mdColorScheme")
            assert shown == {"light": "default", "dark": "slate"}[scheme], name
            loaded = browser.driver.execute_script(
                "return performance.getEntriesByType('resource').map(one => one.name)"
            )
            assert not [one for one in loaded if not one.startswith((served, "data:", "blob:"))]
        assert browser.complaints() == []
    finally:
        browser.close()
