"""Every script of the adversity bank through the real engine, on SQLite and on PostgreSQL (I1-I12).

And the walls that hold them: each taken out in turn, a script must fall.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from cardsync_sdk.testing.adversity import BY_NAME, SCRIPTS
from cardsync_sdk.testing.adversity.setting import Order, Serves
from cardsync_sdk.testing.adversity.steps import Fail, Meanwhile, NeverEnd, Serve
from cardsync_sdk.testing.adversity.story import Script
from webapp.adversity.own_database import own_database
from webapp.adversity.player import play
from webapp.cli import cli
from webapp.domain import likeness, planning, transactions
from webapp.domain import settling as domain_settling
from webapp.storage.database import Database
from webapp.sync import apply, recognising, settling
from webapp.sync import gather as gather_module


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_nothing_is_lost_and_nothing_doubled(
    script: Script, database: Database, tmp_path: Path
) -> None:
    verdict = play(script, database, tmp_path)
    assert verdict.ok, "\n".join([script.story, *verdict.misses])


def test_the_bank_has_every_fault_of_its_groups() -> None:
    groups = {"A": 30, "B": 12, "C": 17, "E": 10, "G": 2}
    assert set(BY_NAME) == {
        f"{group}{number:02}" for group, count in groups.items() for number in range(1, count + 1)
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_can_be_read_by_a_newcomer(script: Script) -> None:
    assert script.story.endswith(".") and 20 < len(script.story) < 300
    assert set(script.invariant.split()) <= {f"I{number}" for number in range(1, 13)}
    assert script.steps and len(script.cards) <= 3


def untouched(script: Script) -> bool:
    """Say whether the script leaves it open how pages are cut and ordered."""
    fixed = (Fail, Meanwhile, NeverEnd, Serve)
    return not script.by_file and not any(isinstance(step, fixed) for step in script.steps)


PLAYED_OTHERWISE = [
    {"page_size": 1, "order": Order.NEWEST},
    {"page_size": 2, "order": Order.SHUFFLED},
    {"page_size": 7, "order": Order.NEWEST},
    {"page_size": 1, "mode": Serves.CHANGES},
    {"page_size": 7, "mode": Serves.CHANGES},
]
# A history that is too short is a matter of days asked for: who tells changes tells all of them.
OF_WHOLE_DAYS = frozenset({"B12"})


@pytest.mark.parametrize(
    "otherwise", PLAYED_OTHERWISE, ids=lambda how: "-".join(map(str, how.values()))
)
def test_pages_their_order_and_the_way_of_telling_change_nothing(
    otherwise: dict[str, object], tmp_path: Path
) -> None:
    stories = [one for one in SCRIPTS if len(one.steps) < 100 and untouched(one)]
    if otherwise.get("mode") is Serves.CHANGES:
        stories = [one for one in stories if one.name not in OF_WHOLE_DAYS]
    with own_database(tmp_path) as database:
        for script in stories:
            serving = replace(script.serving, **otherwise)  # type: ignore[arg-type]
            verdict = play(replace(script, serving=serving), database, tmp_path)
            assert verdict.ok, (script.name, verdict.misses)


# --- The walls, taken out one after the other: a script must fall --------------------------------


WALLS = [
    pytest.param(
        "G02",
        (transactions.IdentityCounter, "_numbered", lambda _self, content: content),
        "lost",
        id="occurrence numbers",
    ),
    pytest.param("B11", (planning, "is_before", lambda *_days: False), "doubled", id="floor"),
    pytest.param("A02", (likeness, "RULES", ()), "work on lunch", id="rules of likeness"),
    pytest.param(
        "A17", (recognising, "is_other_purchase", lambda *_all, **_more: False), "lost", id="one id"
    ),
    pytest.param(
        "C16", (domain_settling, "_stop_floods", lambda *_all: None), "questions", id="guard"
    ),
    pytest.param("A04", (settling, "_cancel_missing", lambda *_all: None), "doubled", id="gone"),
    pytest.param(
        "C17", (apply, "refuse_other_cards", lambda *_all: None), "doubled", id="other card"
    ),
    pytest.param("A25", (apply, "monthly_totals", lambda *_all: {}), "expenses", id="totals"),
    pytest.param(
        "C06", (gather_module, "_check_link", lambda _state: None), "coverage", id="still gathering"
    ),
]


@pytest.mark.parametrize(("name", "wall", "damage"), WALLS)
def test_a_wall_taken_out_makes_a_script_fall(
    name: str,
    wall: tuple[object, str, object],
    damage: str,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = Database(sqlite_url)
    assert play(BY_NAME[name], database, tmp_path).ok
    monkeypatch.setattr(*wall)
    verdict = play(BY_NAME[name], database, tmp_path)
    assert not verdict.ok
    assert damage in "\n".join(verdict.misses)
    database.dispose()


# --- The command ---------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["adversity", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_prints_exactly_what_was_promised() -> None:
    status, out, err = run("run", "--name", "A08", "--name", "G01", "--json")
    same = {"lost": 0, "doubled": 0, "verdict": "ok"}
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "results": [
            {"name": "A08", "rows_true": 2, "stored": 2, **same},
            {"name": "G01", "rows_true": 4, "stored": 4, **same},
        ]
    }


def test_a_miss_is_status_1_and_says_why_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "B11"
    monkeypatch.setattr(planning, "is_before", lambda *_days: False)
    status, out, err = run("run", "--name", name, "--json")
    (result,) = json.loads(out)["results"]
    assert (status, result["verdict"]) == (1, "failed")
    assert err.startswith(f"{name}: ")


def test_the_table_counts_what_held() -> None:
    status, out, _err = run("run", "--name", "A08")
    assert status == 0
    assert out.splitlines()[-1] == "1 of 1 held."


def test_the_list_tells_every_story() -> None:
    _status, out, _err = run("list")
    assert Counter(line[0] for line in out.splitlines()) == Counter(name[0] for name in BY_NAME)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--name", "Z99"), "There is no script Z99"),
        (("--database-url", "sqlite:///here.db"), "SQLite gets a file of its own"),
        (("--database-url", "mysql://x"), "--database-url"),
        (("--database-url", "postgresql://127.0.0.1:1/none"), "The database cannot be used"),
    ],
    ids=["unknown", "sqlite", "another kind", "away"],
)
def test_what_cannot_be_done_is_said_in_words(arguments: tuple[str, ...], words: str) -> None:
    status, _out, err = run("run", *arguments)
    assert status != 0
    assert words in err
    assert "Traceback" not in err


def test_the_command_needs_no_test_tools() -> None:
    script = "import sys, webapp.adversity.player; print('pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_on_postgresql_it_leaves_nothing_behind(postgres_url: str) -> None:
    schemas = text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'cardsync_adversity%'")
    rows = text("SELECT count(*) FROM bank_transaction")
    status, out, _err = run("run", "--name", "A08", "--database-url", postgres_url)
    assert (status, out.splitlines()[-1]) == (0, "1 of 1 held.")
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(schemas).scalar_one() == 0
        assert connection.execute(rows).scalar_one() == 0
    engine.dispose()


def test_the_scripts_share_one_database_of_their_own(tmp_path: Path) -> None:
    with own_database(tmp_path) as database:
        verdicts = [play(BY_NAME[name], database, tmp_path) for name in ("A08", "A09", "A08")]
    assert [one.ok for one in verdicts] == [True, True, True]


def test_the_zone_of_the_server_and_the_rules_are_put_back(sqlite_url: str, tmp_path: Path) -> None:
    before = (os.environ.get("TZ"), time.tzname, transactions.CONTENT_RULE)
    database = Database(sqlite_url)
    for name in ("B01", "A21"):
        play(BY_NAME[name], database, tmp_path)
    database.dispose()
    assert (os.environ.get("TZ"), time.tzname, transactions.CONTENT_RULE) == before
