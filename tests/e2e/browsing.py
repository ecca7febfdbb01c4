"""A real browser: pages in light and dark, wide and narrow, and what they may not do."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Literal, Protocol

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.requiring import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState

Scheme = Literal["light", "dark"]

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDE, PHONE = 1280, 390
"""Widths of a desk's and a phone's screen, in pixels."""

_HEIGHT = 900
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_OURS = ".resque"  # what stands around it is the admin's
_SERIOUS = {"serious", "critical"}


class OpenPage(Protocol):
    """Opens an address in a tab of its own."""

    def __call__(self, url: str, *, scheme: Scheme = "light", width: int = WIDE) -> Page:
        """Return the page, in these colours and this wide."""


def browsers() -> Iterator[Browser]:
    """Give one browser, as long as the generator lives."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    require(chromium, "Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        browser.close()


class Tabs:
    """Opens pages of one person, and keeps account of what the browser complained of."""

    def __init__(self, browser: Browser) -> None:
        """Begin a visit without cookies."""
        self._context = browser.new_context(locale="en-GB", timezone_id="UTC")
        self.complaints: list[str] = []
        """What scripts, styles and forms were refused, and which scripts failed."""

    def open(self, url: str, *, scheme: Scheme = "light", width: int = WIDE) -> Page:
        """Open an address in a new tab."""
        page = self._context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        page.emulate_media(color_scheme=scheme)
        page.goto(url)
        return page

    @property
    def login(self) -> StorageState:
        """What the browser keeps of the visit, for another one to go on with."""
        return self._context.storage_state()

    def close(self) -> None:
        """End the visit."""
        self._context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that is not there, or Redis that is away, are told by the network's own line.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


def barriers(page: Page) -> list[str]:
    """Return what keeps people from using a page: axe's serious and critical findings."""
    found: list[dict[str, Any]] = Axe().run(page, context=_OURS).response["violations"]
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in _SERIOUS
        for node in each["nodes"]
    ]


def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
