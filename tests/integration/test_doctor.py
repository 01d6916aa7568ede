"""``cardsync doctor`` says in words what is wrong and how to mend it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.installation import run_cardsync
from webapp.commands.checkup import Finding, State, check_connectors, check_keys, check_settings
from webapp.commands.checkup import check_database as examine_database
from webapp.commands.checkup import check_redis as examine_redis
from webapp.config import MasterKey, Settings, load_settings
from webapp.storage import links
from webapp.storage.database import Database
from webapp.storage.secrets import SecretBox

KEY = MasterKey("first", b"k" * 32)


def settings_for(folder: Path, **values: object) -> Settings:
    return Settings(instance=folder, secret_key="made up", master_keys=(KEY,), **values)


def by_subject(findings: list[Finding], subject: str) -> Finding:
    (found,) = [finding for finding in findings if finding.subject == subject]
    return found


def test_a_new_folder_is_told_what_to_do_and_left_as_it_is(tmp_path: Path) -> None:
    done = run_cardsync("doctor", "--json", folder=tmp_path)
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 1
    assert findings["database"]["remedy"] == "Make it: cardsync db upgrade"
    assert findings["redis"]["state"] == "problem"
    assert findings["keys"]["state"] == "warning"
    assert not (tmp_path / "instance").exists()


def test_every_problem_has_a_remedy(tmp_path: Path) -> None:
    done = run_cardsync("doctor", "--json", folder=tmp_path)
    for finding in json.loads(done.stdout):
        assert finding["state"] == "ok" or finding["remedy"]


def test_a_good_database_is_said_to_be_good(database_url: str, tmp_path: Path) -> None:
    findings = list(examine_database(settings_for(tmp_path, database_url=database_url)))
    assert by_subject(findings, "database").state is State.OK
    assert by_subject(findings, "clock").text == "It never ran."


def test_a_database_that_does_not_answer_shows_no_password(tmp_path: Path) -> None:
    url = "postgresql://somebody:hunter2@127.0.0.1:1/nothing"
    (found,) = examine_database(settings_for(tmp_path, database_url=url))
    assert found.state is State.PROBLEM
    assert "refused" in found.text
    assert "hunter2" not in f"{found}"


def test_an_old_schema_is_named(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    Database(f"sqlite:///{path}").engine.connect().close()
    (found,) = examine_database(settings_for(tmp_path, database_url=f"sqlite:///{path}"))
    assert found.remedy == "Bring it there: cardsync db upgrade"


def test_a_lost_master_key_is_noticed(database: Database, tmp_path: Path) -> None:
    """A key file lost and made again would leave every stored secret unreadable, silently."""
    box = SecretBox({"lost": b"l" * 32})
    with database.write() as session:
        links.store_settings(session, box, "any", {"client_secret": "x"}, datetime.now(UTC))
    findings = list(examine_database(settings_for(tmp_path, database_url=database.url)))
    assert by_subject(findings, "keys").state is State.PROBLEM
    assert "lost" in by_subject(findings, "keys").text


def test_keys_that_others_can_read_are_noticed(tmp_path: Path) -> None:
    folder = load_settings(instance=tmp_path).folder
    folder.master_keys.chmod(0o644)
    (found,) = check_keys(load_settings(instance=tmp_path))
    assert found == Finding(
        "keys",
        State.WARNING,
        f"Other users can read {folder.master_keys}.",
        f"chmod 600 {folder.master_keys}",
    )


def test_a_good_redis_is_said_to_be_good_and_its_workers_counted(
    redis_url: str, tmp_path: Path
) -> None:
    findings = list(examine_redis(settings_for(tmp_path, redis_url=redis_url)))
    assert by_subject(findings, "redis").state is State.OK
    assert by_subject(findings, "worker").text == "There is none."


def test_a_redis_that_does_not_answer_is_a_problem_without_loss(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/nothing.sock"
    (found,) = examine_redis(settings_for(tmp_path, redis_url=url))
    assert found.state is State.PROBLEM
    assert "Nothing is lost" in found.remedy


def test_a_plugin_that_is_not_installed_is_named(tmp_path: Path) -> None:
    findings = list(check_connectors(settings_for(tmp_path, plugins="files,my_bnak")))
    assert findings[0].text == "CARDSYNC_PLUGINS names my_bnak, which is not installed."
    assert findings[-1].text == "files."


@pytest.mark.parametrize(
    ("values", "warnings"),
    [
        pytest.param({}, 0, id="at home"),
        pytest.param({"host": "0.0.0.0"}, 1, id="others come in without HTTPS"),  # noqa: S104
        pytest.param(
            {"host": "0.0.0.0", "public_url": "https://cards.test"},  # noqa: S104
            0,
            id="others come in by HTTPS",
        ),
        pytest.param(
            {"host": "::", "demo": True, "public_url": "https://cards.test"},
            1,
            id="others come in to the demo",
        ),
    ],
)
def test_settings_that_are_wrong_together(
    values: dict[str, object], warnings: int, tmp_path: Path
) -> None:
    assert len(list(check_settings(settings_for(tmp_path, **values)))) == warnings
