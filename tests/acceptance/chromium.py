"""Headless Chromium for tests: Debian's chromium and chromium-driver, driven by Selenium.

missing() says why it cannot be used here; a test that needs it exits with SKIPPED then.
"""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile

SKIPPED = 77
CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
PHONE, DESK = (390, 844), (1280, 900)
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en"]


def missing():
    if not os.access(CHROMIUM, os.X_OK) or not os.access(DRIVER, os.X_OK):
        return "chromium and chromium-driver are not installed"
    try:
        import selenium  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        return "python3-selenium is not installed"
    return None


def skip_if_missing():
    reason = missing()
    if reason:
        print("SKIPPED:", reason)
        sys.exit(SKIPPED)


class Chromium:
    """A browser with a profile of its own. `scripts` False: pages run no JavaScript. `trusted`: the
    pin of a certificate that it takes though nobody vouches for it."""

    def __init__(self, scripts=True, trusted=None):
        from selenium import webdriver  # pylint: disable=import-outside-toplevel
        from selenium.webdriver.chrome.service import Service  # pylint: disable=import-outside-toplevel
        self.profile = tempfile.mkdtemp(prefix="quadpub-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in FLAGS + [f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        if trusted:
            options.add_argument(f"--ignore-certificate-errors-spki-list={trusted}")
        preferences = {"credentials_enable_service": False}
        if not scripts:
            preferences["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", preferences)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.driver.set_page_load_timeout(30)
        self.resize(DESK)

    def close(self):
        with contextlib.suppress(Exception):
            self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def forget(self):
        """Cookies, what pages kept, the console; and the width is that of a desk again."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin",
                                    {"origin": "*", "storageTypes": "all"})
        self.complaints()
        self.resize(DESK)

    def resize(self, size):
        # A window cannot be as narrow as a phone; the emulated screen can.
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE})

    def open(self, url):
        self.driver.get(url)

    @property
    def url(self):
        return self.driver.current_url

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def text(self):
        return self.find("body").text

    def wait(self, condition, what, seconds=15):
        from selenium.webdriver.support.ui import WebDriverWait  # pylint: disable=import-outside-toplevel
        return WebDriverWait(self.driver, seconds).until(lambda _: condition(), what)

    def click(self, selector):
        """Clicks what loads another page, and waits until that is there."""
        before = self.find("html")
        self.find(selector).click()
        self.wait(lambda: self._is_gone(before), f"a page after clicking {selector}")

    def _is_gone(self, element):
        from selenium.common.exceptions import WebDriverException  # pylint: disable=import-outside-toplevel
        try:
            element.is_enabled()
            return False
        except WebDriverException:
            return self.driver.execute_script("return document.readyState") == "complete"

    def type(self, selector, text):
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def sign_in(self, name, password):
        self.type("input[name=username]", name)
        self.type("input[name=password]", password)
        self.click("form[action='/o/sign_in'] button")

    def overflow(self):
        """How many pixels the page is wider than the screen."""
        return self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def screenshot(self, name):
        """Kept where $QUADPUB_SCREENSHOTS says; nowhere without it."""
        folder = os.environ.get("QUADPUB_SCREENSHOTS")
        if not folder:
            return
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        height = self.driver.execute_script("return document.documentElement.scrollHeight")
        width = self.driver.execute_script("return document.documentElement.clientWidth")
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": min(height, 4000), "deviceScaleFactor": 1,
            "mobile": width == PHONE[0]})
        self.driver.save_screenshot(f"{folder}/{name}.png")

    def complaints(self):
        """What the browser's console says went wrong: a broken policy, a blocked load."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" and "favicon" not in entry["message"]]
