"""The flame graph of /profile in Chromium, under its own Content-Security-Policy."""

import threading

import httpx
import pytest

from applications.browser import Browser, needs_browser
from harness.server import PHP_SCRIPTS


@pytest.fixture
def busy(start_tusk):
    """A server whose scripts compute and wait."""
    server = start_tusk(PHP_SCRIPTS, "--workers", 2)
    done = threading.Event()

    def ask():
        with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
            while not done.is_set():
                client.get("/profile.php?rounds=200000")

    thread = threading.Thread(target=ask)
    thread.start()
    yield server
    done.set()
    thread.join()


def visible(browser, chart: str) -> dict:
    """Returns the widths of the functions that the chart shows."""
    boxes = browser.driver.find_elements("css selector", f"svg.{chart} > svg")
    return {box.find_element("css selector", "text").get_attribute("textContent"): box.rect["width"]
            for box in boxes if "gone" not in (box.get_attribute("class") or "")}


@needs_browser
def test_one_can_zoom_and_search(busy, tmp_path):
    browser = Browser(tmp_path / "browser")
    try:
        browser.open(busy.admin_url + "/profile?seconds=2")
        browser.find("svg.wall")
        all_of_it = visible(browser, "wall")
        assert {"all scripts", "f", "g", "compute"} <= set(all_of_it) and all_of_it["f"] > 100

        [f] = [box for box in browser.driver.find_elements("css selector", "svg.wall > svg")
               if box.find_element("css selector", "text").get_attribute("textContent") == "f"]
        f.click()
        zoomed = visible(browser, "wall")
        assert "g" not in zoomed and abs(zoomed["f"] - zoomed["all scripts"]) < 2
        browser.click("#reset")
        assert visible(browser, "wall") == pytest.approx(all_of_it)

        browser.fill("#search", "usleep")
        browser.wait(lambda driver: driver.find_elements("css selector", "svg.hit"), "hits")
        share = browser.text().partition(" % of the time")[0].rpartition("\n")[2]
        assert 0 < float(share) < 100

        browser.click("label.for-cpu")
        browser.find("svg.cpu")
        assert not browser.driver.find_element("css selector", "svg.wall").is_displayed()
        assert browser.complaints() == []
    finally:
        browser.close()
