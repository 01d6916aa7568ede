"""No process takes code from the folder it is started in.

People start ``cardsync`` anywhere, also inside an integrator's repository that has a ``plugins/``
or a ``webapp/`` of its own.
"""

from pathlib import Path

import pytest

from tests.support.installation import installation, run_cardsync, until

pytestmark = pytest.mark.xdist_group("up")

DECOYS = (
    "webapp",
    "plugins",
    "connectors",
    "templates",
    "cardsync_sdk",
    "cardsync_budget_insight",
    "cardsync_files",
    "gunicorn",
    "rq",
    "alembic",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder whose packages have our names and leave a trace when they are imported."""
    for name in DECOYS:
        package = tmp_path / name
        package.mkdir()
        trace = tmp_path / f"imported-{name}"
        (package / "__init__.py").write_text(f"open({str(trace)!r}, 'w').close()\n")
    (tmp_path / "gunicorn.conf.py").write_text("raise SystemExit('not our configuration')\n")
    (tmp_path / "alembic.ini").write_text("[alembic]\nprepend_sys_path = .\nscript_location = x\n")
    return tmp_path


def traces(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("imported-*"))


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("db", "upgrade"), ("doctor",), ("sandbox", "none")]
)
def test_a_command_takes_nothing_from_its_folder(arguments: tuple[str, ...], folder: Path) -> None:
    done = run_cardsync(*arguments, folder=folder)
    assert "Traceback" not in done.stderr
    assert traces(folder) == []


def test_the_processes_of_up_take_nothing_from_their_folder(folder: Path) -> None:
    with installation(folder) as up:
        up.wait_until_ready()
        assert up.get("/healthz") == 200
        healthy = until(lambda: run_cardsync("doctor", folder=folder).returncode == 0, 20)
        assert healthy, up.output
        up.stop()
    assert traces(folder) == []
