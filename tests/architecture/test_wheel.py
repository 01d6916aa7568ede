"""The wheel holds everything that runs, and the two plugins behind real entry points."""

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.support.needs import REPOSITORY

SHIPPED = {
    "pages": (REPOSITORY / "templates", "webapp/_templates", "*.html"),
    "help articles": (REPOSITORY / "docs/help", "webapp/_help", "*.md"),
    "static files": (REPOSITORY / "webapp/static", "webapp/static", "*"),
    "migrations": (
        REPOSITORY / "webapp/storage/migrations",
        "webapp/storage/migrations",
        "*.[pm]*",
    ),
    "translations": (REPOSITORY / "webapp/translations", "webapp/translations", "*.mo"),
    "the SDK": (REPOSITORY / "connectors/cardsync_sdk", "cardsync_sdk", "*.py"),
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(
        [*command, "--directory", folder], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.parametrize("what", SHIPPED)
def test_the_wheel_ships(what: str, wheel: zipfile.ZipFile) -> None:
    folder, inside, pattern = SHIPPED[what]
    wanted = {
        f"{inside}/{path.relative_to(folder)}"
        for path in folder.rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted
    assert wanted <= set(wheel.namelist())


def test_the_wheel_ships_nothing_that_is_not_ours_to_run(wheel: zipfile.ZipFile) -> None:
    tops = {Path(name).parts[0].partition("-")[0] for name in wheel.namelist()}
    assert tops == {
        "webapp",
        "cardsync_sdk",
        "cardsync_budget_insight",
        "cardsync_files",
        "cardsync",
    }


def test_the_command_and_the_plugins_are_entry_points(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    points = ConfigParser(delimiters=("=",))
    points.read_string(wheel.read(name).decode())
    assert points["console_scripts"]["cardsync"] == "webapp.cli:main"
    assert set(points["cardsync.connectors"]) == {"budget_insight", "files"}
    assert set(points["cardsync.sandboxes"]) == {"budget-insight"}


def test_the_command_starts_without_loading_the_application() -> None:
    """``cardsync --help`` answers at once: neither tables nor web framework are imported."""
    script = "import sys, webapp.cli; print(sorted({'flask', 'sqlmodel', 'rq'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
