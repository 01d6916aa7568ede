"""Support: one line finds everything in scope, a missing purchase is explained, each look is seen.

R33, R44, D-T; the trail of looks and acts is the group's own.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from cardsync_sdk import RejectedRow, TransactionKind
from cardsync_sdk.errors import SourceUnavailable, UserActionNeeded
from tests.support.feed import LABEL, add_card, nights, work
from tests.support.helpdesk import find, link_in, trail
from tests.support.import_admin import change, entity_named, words
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World
from webapp.demo.cast import BENELUX, CONSEIL, HOME, LOGISTIQUE
from webapp.domain.interfaces import InterfaceState
from webapp.storage.accounts import Account
from webapp.storage.people import LegalEntity

TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)
TUESDAY = TODAY - 5 * DAY
Enter = Callable[[str], Browser]


# What is found, and by whom


@pytest.mark.parametrize(
    ("typed", "kind", "shown"),
    [
        ("groupe faure", "entities", CONSEIL),
        ("benelux", "entities", BENELUX),
        ("camille", "people", "Camille Moreau"),
        ("CAMILLE@faure", "people", "Camille Moreau"),
        ("amelie", "people", "Amélie Dubois"),
        ("4821", "accounts", "Carte Camille •••• 4821"),
        ("feed", "interfaces", LABEL),
        ("hotel mercure", "transactions", "Hôtel Mercure"),
        ("84.50", "transactions", "Hôtel Mercure"),
        ("-84,50 €", "transactions", "Hôtel Mercure"),
        (f"hotel {TUESDAY.isoformat()}", "transactions", "Hôtel Mercure"),
        (f"{TUESDAY:%d/%m/%Y}", "transactions", "Hôtel Mercure"),
    ],
)
def test_one_line_finds_each_kind(sam: Browser, typed: str, kind: str, shown: str) -> None:
    assert shown in find(sam, typed)
    assert sam.get(link_in(sam, typed, kind)).status_code == 200


@pytest.mark.parametrize("typed", ["zzz nobody", "99.99", "1999-01-01", "eur", "%", "_", "\\"])
def test_what_is_not_there_is_not_found(sam: Browser, typed: str) -> None:
    assert "Nothing was found" in find(sam, typed)


@pytest.mark.parametrize(
    ("email", "seen"),
    [
        ("support@cardsync.example", {CONSEIL, LOGISTIQUE, BENELUX, HOME}),
        ("claire@faure.example", {CONSEIL, LOGISTIQUE, BENELUX}),
        ("thomas@faure.example", {LOGISTIQUE}),
        ("elodie@girard.example", {HOME}),
    ],
)
def test_R33_each_finds_only_what_they_reach(enter: Enter, email: str, seen: set[str]) -> None:
    browser = enter(email)
    names = f"{find(browser, 'faure')} {find(browser, 'girard')}"
    names = re.sub("Groupe Faure", "", names)

    assert {name for name in (CONSEIL, LOGISTIQUE, BENELUX, HOME) if name in names} == seen


@pytest.mark.parametrize("email", ["camille@faure.example", "sophie@faure.example"])
def test_those_who_do_not_inspect_have_no_such_page(enter: Enter, email: str) -> None:
    assert enter(email).get("/support").status_code == 403


@pytest.mark.parametrize("kind", ["interfaces", "accounts", "people", "transactions", "entities"])
def test_D_T_outside_the_scope_there_is_nothing(
    enter: Enter, sam: Browser, feed: World, kind: str
) -> None:
    typed = {"transactions": "mercure", "people": "camille", "entities": CONSEIL}.get(kind, "a")
    typed = {"interfaces": "feed", "accounts": "4821"}.get(kind, typed)
    address = link_in(sam, typed, kind)
    before = len(trail(feed))

    for stranger in ("thomas@faure.example", "elodie@girard.example"):
        assert enter(stranger).get(address).status_code == 404
    assert len(trail(feed)) == before


def test_support_reads_history_and_operations_but_configures_nothing(
    sam: Browser, feed: World
) -> None:
    for part in ("history", "operations"):
        page = sam.get(f"/accounts/{feed.account_id}/{part}")
        assert page.status_code == 200
        assert f"/support/interfaces/{feed.interface_id}" in page.text
        assert "/configuration/imports/" not in page.text
    assert sam.get(f"/configuration/imports/{feed.entity_id}").status_code == 403
    url = f"/configuration/imports/{feed.entity_id}/interfaces/{feed.interface_id}/sync"
    assert sam.post(url, {"place": "page"}).status_code == 403


# The interface


def test_the_interface_shows_state_success_next_try_accounts_and_runs(
    sam: Browser, feed: World
) -> None:
    page = sam.get(f"/support/interfaces/{feed.interface_id}")
    told = words(page)

    assert 'badge badge--good"' in page.text
    assert "Up to date" in told
    assert "Last success" in told
    assert "Failed tries in a row 0" in told
    assert "Carte Camille •••• 4821" in told
    assert told.count("Nightly sync") == 3
    run = re.search(rf"/accounts/{feed.account_id}/history\?run=[0-9A-Z]{{26}}", page.text)
    assert run
    assert sam.get(run[0]).status_code == 200


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SourceUnavailable("503 from the bank"), "Nobody has to act"),
        (UserActionNeeded("no", reason="wrong_password"), "An administrator must act"),
        (KeyError("transactions"), "Whoever maintains the connector must mend it"),
    ],
)
def test_the_last_error_says_who_must_act(
    sam: Browser, feed: World, bank: ScriptedBank, error: Exception, told: str
) -> None:
    def fail(_page: int) -> None:
        raise error

    bank.before_page = fail
    nights(feed, [TODAY + DAY])
    page = words(sam.get(f"/support/interfaces/{feed.interface_id}"))

    assert "Last error" in page
    assert told in page
    assert "Failed tries in a row 1" in page


def test_a_sync_under_way_shows_since_when_it_is_held(
    sam: Browser, feed: World, bank: ScriptedBank
) -> None:
    seen: list[str] = []
    bank.before_page = lambda _page: seen.append(
        words(sam.get(f"/support/interfaces/{feed.interface_id}"))
    )
    nights(feed, [TODAY + DAY])

    assert "Running since" in seen[0]
    assert "the worker must report by" in seen[0]


# The acts


def test_a_resync_needs_a_reason_and_is_done_by_the_worker(
    sam: Browser, feed: World, bank: ScriptedBank
) -> None:
    address = f"/support/interfaces/{feed.interface_id}"
    refused = sam.post(f"{address}/sync", {"why": "  "})
    assert refused.status_code == 422
    assert "Say why" in words(refused)

    bank.rows.append(purchase("new", -700, TODAY - DAY))
    asked = sam.post(f"{address}/sync", {"why": "Ticket 12: Tuesday"})
    assert asked.status_code == 303
    assert "The sync is asked for" in words(sam.get(asked.location))
    result = work(feed)

    assert result is not None
    assert "asked for by Sam Rivers: “Ticket 12: Tuesday”" in words(sam.get(address))
    assert len(feed.expenses()) == 3


def test_days_are_asked_for_once_more_and_what_was_missed_comes_in(
    sam: Browser, feed: World, bank: ScriptedBank
) -> None:
    """R26: nothing comes twice, and the marks stay where they were."""
    marks = (feed.account().complete_until, feed.account().import_from)
    bank.rows.append(purchase("late", -7700, TODAY - 30 * DAY))
    days = {
        "first": (TODAY - 31 * DAY).isoformat(),
        "last": (TODAY - 29 * DAY).isoformat(),
        "account": feed.account_id,
        "days_why": "Hotel of October",
    }
    address = f"/support/interfaces/{feed.interface_id}"
    asked = sam.post(f"{address}/days", days)
    assert asked.status_code == 303, words(asked)
    assert "It asks once more for" in words(sam.get(address))
    assert work(feed) is not None

    assert len(feed.expenses()) == len(feed.transactions()) == 3
    assert (feed.account().complete_until, feed.account().import_from) == marks
    assert "asked once more for" in words(sam.get(address))
    assert "It asks once more for" not in words(sam.get(address))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"days_why": ""}, "Say why"),
        ({"first": "soon"}, "This day cannot be read."),
        ({"last": (TODAY - 9 * DAY).isoformat()}, "The last day is before the first one."),
        ({"last": (TODAY + 2 * DAY).isoformat()}, "still to come"),
        ({"first": "2019-01-01"}, "too far back"),
        ({"account": "01NOSUCHTHING0000000000000"}, "Choose one of the accounts"),
    ],
)
def test_wrong_days_are_refused_in_words(
    sam: Browser, feed: World, changes: dict[str, str], told: str
) -> None:
    days = {
        "first": (TODAY - 3 * DAY).isoformat(),
        "last": TODAY.isoformat(),
        "account": "",
        "days_why": "because",
        **changes,
    }
    answer = sam.post(f"/support/interfaces/{feed.interface_id}/days", days)

    assert answer.status_code == 422
    assert told in words(answer)
    assert feed.interface().again_first is None


def test_what_keeps_a_sync_from_running_is_said(sam: Browser, feed: World) -> None:
    change(feed.database, feed.interface_id, state=InterfaceState.REJECTED)
    answer = sam.post(f"/support/interfaces/{feed.interface_id}/sync", {"why": "please"})

    assert "the partner refused the connection" in words(sam.get(answer.location))


# Why is my purchase of Tuesday not here?


def explain(browser: Browser, feed: World, day: object, account: str = "") -> str:
    return words(browser.get(f"/support/accounts/{account or feed.account_id}?day={day}"))


def test_R44_a_day_is_explained_from_what_is_known(
    sam: Browser, feed: World, bank: ScriptedBank
) -> None:
    shared = add_card(feed, "card-2", "Carte partagée")
    bank.rows += [
        purchase("w", -900, TUESDAY, account_ref="card-2", memo="CB PARTAGEE"),
        purchase("s", -90000, TUESDAY - 2 * DAY, kind=TransactionKind.SUMMARY, memo="RELEVE"),
    ]
    bank.extra = {"rejected": [RejectedRow(CARD, "the date is missing", "q-1")]}
    nights(feed, [TODAY])
    change_account(feed, feed.account_id, import_from=TODAY - 20 * DAY)

    assert "It became an expense" in explain(sam, feed, TUESDAY)
    assert "held by Camille Moreau that day" in explain(sam, feed, TUESDAY)
    assert "It waits for a holder" in explain(sam, feed, TUESDAY, shared)
    assert "It is a monthly total" in explain(sam, feed, TUESDAY - 2 * DAY)
    quiet = explain(sam, feed, TUESDAY - 3 * DAY)
    assert "Rows could not be read" in quiet
    assert "the date is missing" in quiet
    assert "The bank told of nothing" in quiet
    assert "Before the first day to import" in explain(sam, feed, TODAY - 21 * DAY)
    assert "Not fetched yet" in explain(sam, feed, TODAY)
    assert "This day is still to come" in explain(sam, feed, TODAY + DAY)
    assert "This day cannot be read" in explain(sam, feed, "Tuesday")


def test_a_row_before_the_first_day_is_shown_as_the_bank_told_it(
    sam: Browser, feed: World, bank: ScriptedBank
) -> None:
    change_account(feed, feed.account_id, import_from=TODAY - 20 * DAY)
    bank.rows.append(purchase("old", -4200, TODAY - 25 * DAY, memo="CB VIEILLE"))
    nights(feed, [TODAY])
    told = explain(sam, feed, TODAY - 25 * DAY)

    assert "CB VIEILLE" in told
    assert "before the first day to import" in told


def change_account(feed: World, account_id: str, **values: object) -> None:
    feed.change(Account, account_id, **values)


def test_R44_a_transaction_shows_its_runs_its_fates_and_its_expense(
    sam: Browser, feed: World
) -> None:
    told = words(sam.get(link_in(sam, "mercure", "transactions")))

    assert "Expense of Camille Moreau: to complete" in told
    assert told.count("Nightly sync") == 3
    assert "unchanged" in told
    assert "CARTE HOTEL MERCURE" in told


# What it costs


@pytest.mark.parametrize("part", ["search", "interface", "entity", "day", "transaction"])
def test_no_page_makes_more_queries_for_more_rows(
    sam: Browser, feed: World, bank: ScriptedBank, part: str
) -> None:
    address = {
        "search": "/support?q=carte",
        "interface": f"/support/interfaces/{feed.interface_id}",
        "entity": f"/support/entities/{feed.entity_id}",
        "day": f"/support/accounts/{feed.account_id}?day={TUESDAY}",
        "transaction": link_in(sam, "mercure", "transactions"),
    }[part]

    def count() -> int:
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith("INSERT INTO audit_event"):
                seen.append(statement)

        event.listen(feed.database.engine, "before_cursor_execute", note)
        assert sam.get(address).status_code == 200
        event.remove(feed.database.engine, "before_cursor_execute", note)
        return len(seen)

    before = count()
    bank.rows += [purchase(f"n{n}", -n - 1, TUESDAY, memo="CARTE") for n in range(15)]
    add_card(feed, "card-9", "Carte neuf")
    nights(feed, [TODAY])

    assert count() == before


def test_more_transactions_than_a_page_are_paged_without_a_gap(
    sam: Browser, feed: World, bank: ScriptedBank
) -> None:
    bank.rows += [purchase(f"n{n}", -n - 1, TUESDAY, memo=f"LIGNE {n:02}") for n in range(45)]
    nights(feed, [TODAY])
    seen: list[str] = []
    address: str | None = "/support?q=ligne"
    while address:
        page = sam.get(address).text
        seen += re.findall(r"LIGNE \d\d", page)
        older = re.search(r'href="(/support\?q=ligne&amp;below=[^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else None

    assert sorted(seen) == [f"LIGNE {n:02}" for n in range(45)]


def test_an_entity_named_in_two_groups_is_told_apart(sam: Browser, feed: World) -> None:
    with feed.database.write() as session:
        twin = session.get_one(LegalEntity, entity_named_id(feed, HOME))
        twin.name = CONSEIL

    assert "Famille Girard" in find(sam, CONSEIL)
    assert "Groupe Faure" in find(sam, CONSEIL)


def entity_named_id(feed: World, name: str) -> str:
    return entity_named(feed.database, name)
