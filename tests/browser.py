"""A page opened in headless Chromium, with everything it says on its console and everything it asks the network for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",  # Tests run as root in containers.
    "--use-gl=angle",  # WebGL without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE_MS = 120_000


def chromium() -> str | None:
    """The browser on the search path, if there is one."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@dataclass
class Opened:
    """A page that is open."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def state(self) -> dict[str, Any]:
        """What the page says of itself."""
        return self.page.evaluate("window.trident.state")


@contextmanager
def running() -> Iterator[Browser]:
    """The browser, headless; a process can run one driver at a time."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Browser, path: Path, width: int, height: int) -> Opened:
    """The file, from the disk and without a network, once it is ready."""
    size: ViewportSize = {"width": width, "height": height}
    context = browser.new_context(offline=True, viewport=size)
    seen = Opened(context.new_page())
    seen.page.on(
        "console",
        lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None,
    )
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.goto(path.absolute().as_uri())
    seen.page.wait_for_selector("html[data-ready]", timeout=_PATIENCE_MS)
    return seen
