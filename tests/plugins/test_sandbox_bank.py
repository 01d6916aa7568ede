"""The practice bank as a program: its time, its truth, its controls, its life over restarts."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cardsync_budget_insight.sandbox import SANDBOX, catalogue, generator
from cardsync_sdk import AccountKind, Settings
from cardsync_sdk.registry import load_connector
from cardsync_sdk.sandbox import Sandbox
from tests.support.practice_bank import ALWAYS, PracticeBank, practice_bank


def test_each_service_shows_a_believable_set(bank: PracticeBank) -> None:
    fleet = bank.accounts(bank.connect("Sogécarte Net"))
    assert [account.kind for account in fleet] == [AccountKind.ACCOUNT] + [AccountKind.CARD] * 4
    assert len({account.holder_name for account in fleet[1:]}) == 4
    house = bank.accounts(bank.connect("Société Générale"))
    assert [account.kind for account in house] == [AccountKind.ACCOUNT] * 2 + [AccountKind.CARD]
    assert all(len(account.iban or "") == 27 for account in house[:2])
    others = bank.accounts(bank.connect("Sogécarte Net", login="someone"))
    assert {a.number_masked for a in fleet}.isdisjoint(a.number_masked for a in others)


@pytest.mark.parametrize("account", ["00012345678", "99999999999", "00000000001"])
def test_ibans_have_true_check_digits(account: str) -> None:
    iban = catalogue.fr_iban(account)
    turned = iban[4:] + iban[:4]
    assert int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def test_two_months_of_history_end_yesterday(bank: PracticeBank) -> None:
    lines = bank.truth(bank.connect())
    days = [line["rdate"] for line in lines]
    assert (min(days), max(days)) == ("2026-01-15", "2026-03-16")
    kinds = Counter(line["type"] for line in lines)
    assert {"deferred_card", "payback", "summary_card", "bank", "order"} <= kinds.keys()


def test_the_same_customer_spends_the_same_on_every_machine() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(400)]
    spent = [list(generator.card_day("key", day, deferred=True)) for day in days]
    assert spent == [list(generator.card_day("key", day, deferred=True)) for day in days]
    lines = [line for day in spent for line in day]
    assert {line.type for line in lines} == {"deferred_card", "payback"}
    assert {line.original_currency for line in lines} >= {None, "USD", "JPY"}
    same = Counter((line.rdate, line.value, line.memo) for line in lines)
    assert max(same.values()) >= 2, "now and then two purchases look the same"
    assert all(Decimal(line.value or 0) != 0 for line in lines)


def test_a_tick_brings_the_purchases_of_each_day_that_passed(bank: PracticeBank) -> None:
    link = bank.connect()
    before = {line["id"] for line in bank.truth(link)}
    changed = bank.control("tick", days=3)["changed"]
    lines = bank.truth(link)
    new = [line for line in lines if line["id"] not in before]
    assert changed >= len(new) > 0
    assert {line["rdate"] for line in new} <= {"2026-03-17", "2026-03-18", "2026-03-19"}
    assert bank.control("tick", now="2026-04-02T06:00:00+02:00")["now"] == "2026-04-02 06:00:00"
    march = [line for line in bank.truth(link) if line["date"] == "2026-03-31"]
    assert not any(line["coming"] for line in march), "the statement is debited"
    assert bank.person.post(f"{bank.url}/control/tick", json={"days": -1}).status_code == 400


def test_holds_are_posted_a_night_later(bank: PracticeBank) -> None:
    link = bank.connect("LCL")
    held: set[int] = set()
    for _ in range(20):
        bank.tick()
        lines = bank.truth(link)
        coming = {line["id"] for line in lines if line["coming"]}
        assert coming.isdisjoint(held), "a hold is posted in the next night"
        held |= coming
    assert held


def test_unsharing_an_account_forgets_its_lines(bank: PracticeBank) -> None:
    link = bank.connect()
    bank.connector.call("select_accounts", link=link, refs=[bank.shared(link)[0].ref])
    assert len({line["id_account"] for line in bank.truth(link)}) == 1


def test_an_empty_bank_and_a_slow_one(bank: PracticeBank) -> None:
    with pytest.raises(Exception, match="ne montre aucun compte"):
        bank.connect(login="empty")
    slow = bank.connect(login="slow")
    assert bank.truth(slow) == []
    bank.control("tick", days=0.01)
    assert bank.truth(slow)


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    with practice_bank(tmp_path) as bank:
        link = bank.connect()
        bank.tick(3)
        bank.control("page_size", size=70)
        bank.fail("500", count=2)
        before = bank.truth(link)
    with practice_bank(tmp_path) as again:
        assert again.truth(link) == before
        assert again.control("faults", "DELETE") == {"faults": []}
        moved = Settings({**link.settings.values, **again.settings.values})
        other = type(link)(link.ref, moved, link.secrets)
        assert len(again.fetch(other)) > 4


def test_many_at_once_see_whole_states(bank: PracticeBank) -> None:
    link = bank.connect()
    card = bank.shared(link)[1].ref

    def work(number: int) -> int:
        if number % 2:
            bank.control("transactions", id_account=card)
        return sum(len(batch.transactions) for batch in bank.fetch(link))

    before = len(bank.truth(link))
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(work, range(24)))
    assert len(bank.truth(link)) == before + 12
    assert all(before <= count <= before + 12 for count in seen)


@pytest.mark.parametrize(
    ("kind", "status", "media"),
    [
        ("500", 500, "application/json"),
        ("503_html", 503, "text/html"),
        ("html", 200, "text/html"),
        ("429", 429, "application/json"),
        ("redirect", 302, "text/html"),
    ],
)
def test_faults_meet_the_next_calls_then_end(
    bank: PracticeBank, kind: str, status: int, media: str
) -> None:
    bank.fail(kind, count=2, path="/connectors", retry_after=30)
    address = f"{bank.url}/2.0/connectors"
    assert bank.person.get(f"{bank.url}/2.0/account_types").status_code == 200
    for _ in range(2):
        answer = bank.person.get(address)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith(media)
        assert answer.headers.get("retry-after") == ("30" if kind == "429" else None)
    assert bank.person.get(address).status_code == 200


def test_wrong_orders_to_the_controls_are_refused(bank: PracticeBank) -> None:
    for path, values in {
        "faults": {"kind": "no such"},
        "page_size": {"size": 0},
        "tick": {},
        "transactions": {"id_account": 1},
        "transactions/1": {"value": "1"},
        "connections/1/state": {"state": "bug"},
        "tokens": {"known": "x", "token": "y"},
    }.items():
        answer = bank.person.post(f"{bank.url}/control/{path}", json=values)
        assert answer.status_code in (400, 404), path
    assert bank.person.get(f"{bank.url}/control/truth").status_code == 400


def test_a_page_of_another_site_cannot_use_the_controls(bank: PracticeBank) -> None:
    address = f"{bank.url}/control/tick"
    foreign = {"Origin": "http://evil.example"}
    assert bank.person.post(address, data={"days": 1}, headers=foreign).status_code == 403
    own = {"Origin": bank.url, "Accept": "text/html,*/*"}
    answer = bank.person.post(address, data={"days": 1}, headers=own)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_page_of_controls_explains_itself(bank: PracticeBank) -> None:
    bank.connect()
    page = bank.person.get(bank.url).text
    assert "Practice bank" in page
    assert "Sogécarte Net" in page
    assert "wrongpass" in page


def test_the_plugin_offers_its_practice_server() -> None:
    assert isinstance(SANDBOX, Sandbox)
    assert (SANDBOX.name, SANDBOX.connector, SANDBOX.default_port) == (
        "budget-insight",
        "budget_insight",
        8091,
    )
    import cardsync_budget_insight

    info = load_connector(cardsync_budget_insight).info
    offered = SANDBOX.settings("http://127.0.0.1:8091")
    assert offered.keys() == {field.name for field in info.settings}


def test_naming_the_practice_server_or_the_plugin_loads_no_web_framework() -> None:
    code = (
        "import sys, cardsync_budget_insight.sandbox, cardsync_budget_insight\n"
        "print([name for name in ('flask', 'sqlite3', 'httpx2', 'rq') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_answering(url: str, process: "subprocess.Popen[bytes]") -> httpx2.Response:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            return httpx2.get(f"{url}/healthz", trust_env=False)
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError("the practice server did not start")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_says_it_is_well_and_stops_at_once_even_while_answering(
    tmp_path: Path, stop: signal.Signals
) -> None:
    port = free_port()
    code = (
        "import sys; from pathlib import Path;"
        "from cardsync_budget_insight.sandbox import SANDBOX;"
        "SANDBOX.serve('127.0.0.1', int(sys.argv[1]), Path(sys.argv[2]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(port), str(tmp_path / "state")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        assert until_answering(url, process).status_code == 200
        fault: dict[str, Any] = {"kind": "timeout", "seconds": 60}
        httpx2.post(f"{url}/control/faults", json=fault, trust_env=False)
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(f"{url}/2.0/connectors", timeout=0.2, trust_env=False)
        asked = time.monotonic()
        process.send_signal(stop)
        output, _ = process.communicate(timeout=5)
        assert time.monotonic() - asked < 2
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert output == b"", "quiet: a line for each call would drown everything else"


def test_the_whole_window_is_the_whole_truth(bank: PracticeBank) -> None:
    link = bank.connect("American Express")
    rows = [row for batch in bank.fetch(link, window=ALWAYS) for row in batch.transactions]
    total = sum(Decimal(line["value"]) for line in bank.truth(link))
    assert sum(row.amount.decimal for row in rows) == total
