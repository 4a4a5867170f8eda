"""The installed Chromium, for tests that look at pages as their readers do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from stack.checks import BROWSERS

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, without a screen; the test is skipped where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"None of {', '.join(BROWSERS)} is on PATH. Debian: apt-get install chromium-headless-shell")
    expect.set_options(timeout=20_000)  # milliseconds; a busy machine answers late
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()
