"""A real browser without a window, for the tests of pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def _lacking(what: str) -> None:
    assert not os.environ.get("WCOMPOSE_REQUIRE_PEERS"), what
    pytest.skip(what)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine; nothing is downloaded."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        _lacking("no chromium on this machine")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _lacking("pip install playwright")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for the superuser, which containers often run as.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()
