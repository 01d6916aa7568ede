"""Find a Chromium that Playwright can drive."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Playwright

from tests.support.needs import missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-dejavu-core")
REMEDY = (
    "Install one: apt install chromium (Debian, Ubuntu), or .venv/bin/playwright install chromium."
)


def chromium_on_path() -> str | None:
    """Return the Chromium that ``$CHROMIUM`` names or PATH holds."""
    for name in (os.environ.get("CHROMIUM"), *NAMES):
        if name and (found := shutil.which(name)):
            return found
    return None


def chromium_for(playwright: Playwright) -> str:
    """Return the Chromium to use: PATH's, else Playwright's own, else the system's package.

    The package is installed only as root. Where none can be had the test is skipped, or fails
    under ``CI``.
    """
    own = Path(playwright.chromium.executable_path)
    found = chromium_on_path() or (str(own) if own.exists() else None)
    if found is None and os.getuid() == 0:
        found = _install_package()
    if found is None:
        missing("No Chromium was found", REMEDY)
    return found


def _install_package() -> str | None:
    """Install Debian's Chromium; of several test processes one does it and the others wait."""
    apt = shutil.which("apt-get")
    if apt is None:
        return None
    with (Path(tempfile.gettempdir()) / "cardsync-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if chromium_on_path() is None:
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for arguments in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
                subprocess.run([apt, *arguments], env=environment, capture_output=True)
    return chromium_on_path()
