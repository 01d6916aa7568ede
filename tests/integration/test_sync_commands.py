"""``cardsync sync``, ``tick``, ``import`` and ``interfaces``: the engine at the command line."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from cardsync_sdk.registry import discover
from tests.integration.test_survives_faults import connect, held, true_set
from tests.support.practice_bank import PracticeBank, practice_bank
from tests.support.scripted_bank import ScriptedBank
from tests.support.world import World, make_world
from webapp.cli import cli
from webapp.config import load_settings
from webapp.storage.database import Database
from webapp.storage.runs import SyncRun
from webapp.storage.secrets import SecretBox

STATEMENT = """Date;Libellé;Débit;Crédit
02/03/2026;CARTE BOULANGERIE;-2,50;
02/03/2026;CARTE BOULANGERIE;-2,50;
13/03/2026;AVOIR SNCF;;42,00
"""


@pytest.fixture
def at_home(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """Point the commands to the test's database and an instance folder of their own."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("CARDSYNC_INSTANCE", str(tmp_path / "instance"))
    return database


def run(*arguments: str) -> Result:
    """Run ``cardsync`` with ``arguments`` in this process."""
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.fixture
def world(at_home: Database) -> World:
    """A card that is attached."""
    return make_world(at_home, ScriptedBank().connector(), discover().get("files"))


def write(tmp_path: Path, name: str, text: str) -> str:
    """Write a file and return its path."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    return str(tmp_path / name)


def test_a_statement_file_goes_through_the_engine_and_twice_adds_nothing(
    world: World, tmp_path: Path
) -> None:
    path = write(tmp_path, "mars.csv", STATEMENT)
    first = json.loads(run("import", path, "--account", world.account_id, "--json").output)
    assert first["fates"] == {"new": 3}
    assert first["expenses_made"] == 3
    again = json.loads(run("import", path, "--account", world.account_id, "--json").output)
    assert again["fates"] == {"unchanged": 3}
    assert sorted(row.amount_minor for row in world.transactions()) == [-250, -250, 4200]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        pytest.param("empty.csv", "", "empty_file", id="an empty file"),
        pytest.param("scan.pdf", "%PDF-1.7\n%\n", "unknown_file_type", id="a PDF"),
        pytest.param(
            "bad.csv", STATEMENT.replace("-2,50;\n13", "$2.5.0;\n13"), "bad_amount", id="an amount"
        ),
        pytest.param(
            "fine.csv", STATEMENT.replace("42,00", "42,005"), "amount_too_fine", id="too fine"
        ),
    ],
)
def test_bad_input_says_why_and_nothing_is_half_written(
    world: World, tmp_path: Path, name: str, text: str, reason: str
) -> None:
    path = write(tmp_path, name, text)
    result = run("import", path, "--account", world.account_id, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["failure"]["reason"] == reason
    assert world.transactions() == []
    said = run("import", path, "--account", world.account_id)
    assert reason in said.stderr
    assert "nothing was written" in said.stderr


def test_a_refused_line_is_named(world: World, tmp_path: Path) -> None:
    path = write(tmp_path, "bad.csv", STATEMENT.replace("42,00", "42,005"))
    failure = json.loads(run("import", path, "--account", world.account_id, "--json").stdout)
    assert failure["failure"]["line"] == 4


def test_an_unknown_account_is_one_sentence(world: World, tmp_path: Path) -> None:
    result = run("import", write(tmp_path, "m.csv", STATEMENT), "--account", "nobody")
    assert result.exit_code == 1
    assert "account nobody" in result.stderr


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[PracticeBank]:
    """A practice bank whose clock stands still."""
    with practice_bank(tmp_path / "bank") as running:
        yield running


@pytest.fixture
def connected(at_home: Database, bank: PracticeBank) -> tuple[World, object]:
    """An interface at the practice bank, sealed with the keys of the instance folder."""
    keys = {key.id: key.key for key in load_settings().master_keys}
    link = bank.connect()
    return connect(at_home, bank, link, SecretBox(keys)), link


def test_sync_runs_one_interface_now_and_prints_its_counts_by_fate(
    connected: tuple[World, object], bank: PracticeBank
) -> None:
    world, link = connected
    result = run("sync", "--interface", world.interface_id, "--as-of", "2026-03-18")
    assert result.exit_code == 0, result.output
    assert held(world) == true_set(bank, link)  # type: ignore[arg-type]
    assert "ok" in result.output
    assert "waiting" in result.output
    with world.database.read() as session:
        (run_row,) = session.exec(
            select(SyncRun).where(SyncRun.interface_id == world.interface_id)
        ).all()
    assert run_row.as_of == datetime(2026, 3, 18, 11, tzinfo=UTC)  # noon in Paris
    again = json.loads(
        run("sync", "--interface", world.interface_id, "--as-of", "2026-03-18", "--json").output
    )
    assert set(again["fates"]) <= {"unchanged"}


def test_tick_does_what_is_due_at_another_moment_and_the_next_night_follows(
    connected: tuple[World, object],
) -> None:
    world, _link = connected
    before = json.loads(run("tick", "--as-of", "2026-03-17T23:00", "--here", "--json").output)
    assert world.interface_id not in before["due"]
    done = json.loads(run("tick", "--as-of", "2026-03-18T06:00", "--here", "--json").output)
    assert world.interface_id in done["due"]
    due = world.interface().next_due_at
    assert due is not None
    assert due.date().isoformat() == "2026-03-19"


def test_interfaces_lists_the_ids_the_other_commands_ask_for(world: World) -> None:
    output = run("interfaces").output
    assert world.interface_id in output
    assert world.account_id in output
    (listed,) = json.loads(run("interfaces", "--json").output)
    assert listed["accounts"][0]["holder"].endswith("@example.org")
