"""``cardsync up``: one command starts everything, keeps it running, and leaves nothing behind."""

import os
import re
import signal
import socket
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import select

from tests.support.installation import Installation, installation, is_alive, run_cardsync, until
from tests.support.ports import free_port
from webapp.storage.database import Database
from webapp.storage.people import User

pytestmark = pytest.mark.xdist_group("up")

SOON = 45.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def running(folder: Path):
    with installation(folder) as up:
        yield up.wait_until_ready()


def test_the_first_address_it_prints_is_its_own(running: Installation) -> None:
    first = re.search(r"https?://\S+", running.output)
    assert first is not None
    assert first[0] == running.url


def test_it_answers_where_it_said(running: Installation) -> None:
    assert running.get("/healthz") == 200


def test_an_empty_installation_offers_the_first_admin_a_link(running: Installation) -> None:
    assert re.search(rf"{running.url}/\S+", running.output)


@pytest.mark.parametrize("command", ["redis-server", "web", "worker", "clock"])
def test_it_runs(command: str, running: Installation) -> None:
    assert until(lambda: running.process_of(command) != 0, SOON), running.processes()


def test_doctor_finds_it_in_good_health(running: Installation, folder: Path) -> None:
    def healthy() -> bool:
        return run_cardsync("doctor", folder=folder).returncode == 0

    # A worker and a clock say that they live a moment after they have started.
    assert until(healthy, SOON), run_cardsync("doctor", folder=folder).stdout


@pytest.mark.parametrize("command", ["worker", "clock", "web", "redis-server"])
def test_a_process_that_dies_is_started_again(command: str, running: Installation) -> None:
    before = running.kill(command)
    assert until(lambda: running.process_of(command) not in (0, before), SOON), running.output


def test_a_second_one_in_the_same_folder_is_refused(running: Installation, folder: Path) -> None:
    refused = run_cardsync("up", folder=folder)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: cardsync already runs in ")
    assert refused.stderr.count("\n") == 1


def people_in(folder: Path) -> list[str]:
    database = Database(f"sqlite:///{folder}/instance/cardsync.db")
    with database.read() as session:
        emails = list(session.exec(select(User.email)))
    database.dispose()
    return sorted(emails)


def test_ctrl_c_stops_the_demo_whole_and_a_second_start_keeps_its_data(tmp_path: Path) -> None:
    with installation(tmp_path, "--demo") as first:
        first.wait_until_ready()
        assert until(lambda: first.process_of("sandbox") != 0, SOON), "the practice bank is missing"
        assert until(lambda: first.process_of("worker") != 0, SOON)
        started = first.processes()
        assert first.stop(signal.SIGINT) == 0
        assert [line for pid, line in started.items() if is_alive(pid)] == []
    addresses = re.findall(r"https?://\S+", first.output)
    assert addresses[0] == first.url
    assert "Log in with the password" in first.output
    people = people_in(tmp_path)
    assert len(people) >= 12
    with installation(tmp_path, "--demo") as second:
        second.wait_until_ready()
        assert second.stop(signal.SIGTERM) == 0
    assert people_in(tmp_path) == people


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only Linux ties processes so")  # noqa: PTH112
def test_killing_the_supervisor_itself_leaves_nothing_behind(tmp_path: Path) -> None:
    with installation(tmp_path) as up:
        started = up.wait_until_ready().processes()
        up.process.kill()
        assert until(lambda: not any(map(is_alive, started)), SOON), [
            line for pid, line in started.items() if is_alive(pid)
        ]


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        refused = run_cardsync("up", folder=tmp_path, PORT=str(port))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Error: Port {port} is taken. Stop what uses it, or choose another: "
        f"PORT={port + 1} cardsync up\n"
    )


def test_a_wrong_setting_is_one_line_without_its_value(tmp_path: Path) -> None:
    refused = run_cardsync("up", folder=tmp_path, CARDSYNC_MASTER_KEYS="hunter2")
    assert refused.returncode == 1
    assert refused.stderr == (
        "Error: CARDSYNC_MASTER_KEYS is wrong: each key must be 32 random bytes in base64.\n"
    )


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    url = "postgresql://u:hunter2@127.0.0.1:1/nothing"
    refused = run_cardsync("up", folder=tmp_path, DATABASE_URL=url, PORT=str(free_port()))
    assert refused.returncode == 1
    assert "The database cannot be used: " in refused.stdout
    assert "Traceback" not in refused.stdout
    assert "hunter2" not in refused.stdout
