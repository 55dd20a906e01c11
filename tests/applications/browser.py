"""A browser: Debian's headless Chromium, driven by Selenium."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from harness.wait import PATIENCE_S

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def needs_browser(test):
    """Skips a test if there is no browser."""
    there = CHROMIUM and DRIVER and importlib.util.find_spec("selenium")
    reason = "needs Debian's packages chromium, chromium-driver and python3-selenium"
    return pytest.mark.browser(pytest.mark.skipif(not there, reason=reason)(test))


# No features that use the network for anything but the site, or that need a window, a sandbox (root
# has none) or the shared memory of a container.
_FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-quic
    --disable-background-networking --disable-component-update --disable-sync --disable-extensions
    --disable-default-apps --no-default-browser-check --metrics-recording-only --mute-audio
    --password-store=basic --hide-scrollbars --no-proxy-server
""".split()


class Browser:
    """`driver` is Selenium's; the methods are steps that our tests use often."""

    def __init__(self, profile: Path, size=(1280, 1000)):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in [*_FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.driver.set_page_load_timeout(max(60, PATIENCE_S))

    def open(self, url: str) -> None:
        self.driver.get(url)

    def wait(self, condition, what: str):
        """Waits until `condition(driver)` is true; missing elements do not end the wait."""
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.support.wait import WebDriverWait

        waiter = WebDriverWait(
            self.driver, max(60, PATIENCE_S), 0.1, ignored_exceptions=[WebDriverException]
        )
        return waiter.until(condition, f"{what}; the page: {self.driver.current_url}")

    def find(self, selector: str):
        """Returns the element once it exists and is visible."""
        return self.wait(
            lambda driver: next(
                (e for e in driver.find_elements("css selector", selector) if e.is_displayed()), None
            ),
            f"waiting for {selector}",
        )

    def click(self, selector: str) -> None:
        """Clicks once it is possible: something may still cover the element."""
        self.wait(lambda _: self.find(selector).click() or True, f"clicking {selector}")

    def fill(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def text(self) -> str:
        return self.driver.find_element("css selector", "body").text

    def complaints(self) -> list:
        """Returns the errors of the pages' scripts and of the network."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def close(self) -> None:
        self.driver.quit()
