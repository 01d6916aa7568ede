"""Fetching over real sockets: all of it, then only what is new, whatever goes wrong on the way."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cardsync_sdk import (
    FetchWindow,
    Link,
    SourceRejected,
    SourceUnavailable,
    TransactionKind,
)
from tests.support.bookkeeping import MARCH, Book, fetch, truth
from tests.support.practice_bank import ALWAYS, PracticeBank


@pytest.fixture
def link(bank: PracticeBank) -> Link:
    return bank.connect()


@pytest.fixture
def book(bank: PracticeBank, link: Link) -> Book:
    return Book(bank, link)


def test_the_first_fetch_brings_everything_and_a_cursor_at_its_end(
    bank: PracticeBank, link: Link
) -> None:
    bank.control("page_size", size=50)
    batches = bank.fetch(link)
    assert len(batches) > 5
    assert [batch.complete for batch in batches] == [False] * (len(batches) - 1) + [True]
    assert [batch.next_cursor is None for batch in batches[:-1]] == [True] * (len(batches) - 1)
    first, last = batches[0], batches[-1]
    assert json.loads(last.next_cursor or "")["accounts"].keys() == {
        account.ref for account in first.accounts
    }
    assert last.next_sync_at == datetime(2026, 3, 17, 23, 30, tzinfo=UTC)
    assert list(last.warnings) == []


def test_R30_the_first_window_begins_where_the_host_says(bank: PracticeBank, link: Link) -> None:
    rows = [row for batch in bank.fetch(link, window=MARCH) for row in batch.transactions]
    assert rows
    # A deferred-debit purchase is dated on its statement, weeks ahead of the window's end.
    assert max(row.booked_on for row in rows if row.booked_on) == date(2026, 3, 31)
    assert all(row.booked_on is None or row.booked_on >= MARCH.first for row in rows)
    expected = {
        str(line["id"]) for line in bank.truth(link) if line["date"] >= MARCH.first.isoformat()
    }
    assert {row.external_id for row in rows} == expected


def test_R31_afterwards_only_what_changed_comes(bank: PracticeBank, book: Book) -> None:
    first = book.sync()
    for _ in range(5):
        bank.tick()
        book.sync(MARCH)
        assert book.content == truth(bank, book.link)
    assert len(book.content) > first
    assert book.sync(MARCH) < first / 3
    assert book.sync(MARCH) == book.sync(MARCH)


def test_months_of_life_end_in_the_same_set(bank: PracticeBank, book: Book) -> None:
    """Statements debited, holds posted, days without a run: the change feed tells it all."""
    book.sync()
    for days in (1, 3, 1, 16, 30, 1):
        bank.tick(days)
        book.sync(MARCH)
        assert book.content == truth(bank, book.link)


def test_a_statement_total_is_a_summary_beside_its_purchases(bank: PracticeBank) -> None:
    link = bank.connect()
    bank.tick(15)
    rows = [row for batch in bank.fetch(link) for row in batch.transactions]
    totals = [row for row in rows if row.kind is TransactionKind.SUMMARY]
    assert totals
    account = {row.account_ref for row in totals}
    assert len(account) == 1
    march = [
        row for row in rows if row.booked_on == date(2026, 3, 31) and row.account_ref not in account
    ]
    assert sum(row.amount.minor for row in march) == sum(
        row.amount.minor for row in totals if row.booked_on == date(2026, 3, 31)
    )


def test_changes_withdrawals_and_returns_are_told(bank: PracticeBank, book: Book) -> None:
    book.sync()
    changed, gone = list(book.rows)[3], list(book.rows)[4]
    bank.control(f"transactions/{changed}", value="-77.70")
    bank.control(f"transactions/{gone}", "DELETE")
    book.sync(MARCH)
    assert book.rows[changed][1] == -7770
    assert gone in book.removed
    bank.control(f"transactions/{gone}", deleted=False)
    book.sync(MARCH)
    assert gone not in book.removed
    assert book.content == truth(bank, book.link)


def test_a_row_posted_late_with_an_old_date_is_not_missed(bank: PracticeBank, book: Book) -> None:
    book.sync()
    bank.tick(20)
    card = bank.shared(book.link)[1].ref
    made = bank.control("transactions", id_account=card, rdate="2026-02-02", date="2026-02-02")
    book.sync(FetchWindow(date(2026, 3, 25), date(2026, 4, 5)))
    assert str(made["id"]) in book.rows


def test_two_equal_purchases_stay_two(bank: PracticeBank, book: Book) -> None:
    card = bank.shared(book.link)[1].ref
    made = [bank.control("transactions", id_account=card)["id"] for _ in range(2)]
    book.sync()
    assert all(str(number) in book.rows for number in made)


def test_an_account_shared_later_gets_its_past_though_the_cursor_is_ahead(
    bank: PracticeBank,
) -> None:
    link = bank.connect(tick=lambda ids: ids[:2])
    book = Book(bank, link)
    book.sync()
    bank.tick(3)
    refs = [account.ref for account in bank.accounts(link)]
    bank.connector.call("select_accounts", link=link, refs=refs[:3])
    book.sync(FetchWindow(date(2026, 3, 1), date(2026, 3, 20)))
    got = {name for name, (account, _) in book.content.items() if account == refs[2]}
    held = {
        str(line["id"])
        for line in bank.truth(link)
        if str(line["id_account"]) == refs[2] and line["date"] >= "2026-03-01"
    }
    assert got == held
    assert held


def test_a_wider_window_is_read_by_date_again(bank: PracticeBank, link: Link) -> None:
    """Somebody chose "all available" later: a change feed alone would never tell the past."""
    asked = bank.shared(link)[1:2]
    bank.tick(8)
    ahead = json.dumps({"v": 1, "accounts": {asked[0].ref: ["2026-03-01", "2026-03-23 00:30:00"]}})

    def days(window: FetchWindow) -> list[date]:
        batches = fetch(bank, link, asked, ahead, window)
        return [row.day for batch in batches for row in batch.transactions]

    assert min(days(MARCH), default=ALWAYS.last) > date(2026, 3, 1)
    assert min(days(ALWAYS)) < date(2026, 1, 31)


def test_R13_accounts_not_asked_for_are_not_handed_over(bank: PracticeBank, link: Link) -> None:
    asked = bank.shared(link)[1:2]
    batches = fetch(bank, link, asked)
    refs = {row.account_ref for batch in batches for row in batch.transactions}
    assert refs == {asked[0].ref}


def test_an_account_no_longer_shared_is_said(bank: PracticeBank, link: Link) -> None:
    asked = bank.shared(link)
    bank.connector.call("select_accounts", link=link, refs=[asked[0].ref])
    last = fetch(bank, link, asked)[-1]
    assert len(last.warnings) == 4
    assert asked[1].ref in last.warnings[0]


def test_with_no_account_shared_a_fetch_is_empty_and_complete(
    bank: PracticeBank, link: Link
) -> None:
    asked = bank.shared(link)
    bank.connector.call("select_accounts", link=link, refs=[])
    listed, last = fetch(bank, link, asked)
    assert (listed.complete, last.complete) == (False, True)
    assert not any((*listed.transactions, *last.transactions))


def test_a_first_load_that_still_runs_is_not_taken_for_no_purchases(bank: PracticeBank) -> None:
    book = Book(bank, bank.connect(login="slow"))
    with pytest.raises(SourceUnavailable, match="loading for the first time") as caught:
        book.sync(MARCH)
    assert caught.value.retry_after == timedelta(minutes=15)
    assert book.cursor is None
    bank.tick()
    # Whatever days are asked for now: the first ones are still owed.
    book.sync(MARCH)
    assert any(amount for _, amount in book.rows.values())


def test_an_account_not_loaded_yet_keeps_its_first_day_owed(bank: PracticeBank, link: Link) -> None:
    """Its rows come later, when the host's window begins later: none of them may be lost."""
    asked = bank.shared(link)
    unloaded = json.dumps({"v": 1, "accounts": {asked[1].ref: ["2026-02-01", None]}})
    late = FetchWindow(date(2026, 3, 10), date(2026, 3, 17))
    batches = fetch(bank, link, asked[1:2], unloaded, late)
    booked = [row.booked_on for batch in batches for row in batch.transactions if row.booked_on]
    assert min(booked) < date(2026, 3, 1)
    marks = json.loads(batches[-1].next_cursor or "")["accounts"]
    assert marks == {asked[1].ref: ["2026-02-01", "2026-03-17 09:00:00"]}


def test_a_loaded_account_without_rows_is_read_up_to_its_refresh(
    bank: PracticeBank, link: Link
) -> None:
    """Else a card nobody uses would be read from its first day on, every day."""
    asked = bank.shared(link)[:1]
    today = FetchWindow(date(2026, 3, 17), date(2026, 3, 17))
    batches = fetch(bank, link, asked, window=today)
    assert not any(batch.transactions for batch in batches)
    marks = json.loads(batches[-1].next_cursor or "")["accounts"]
    assert marks == {asked[0].ref: ["2026-03-17", "2026-03-17 09:00:00"]}


def test_a_stamp_from_the_future_does_not_hide_what_changes_before_it(bank: PracticeBank) -> None:
    book = Book(bank, bank.connect(tick=lambda ids: ids[1:2]))
    card = bank.shared(book.link)[0].ref
    bank.control("transactions", id_account=card, answer={"last_update": "2999-01-01 00:00:00"})
    book.sync()
    before = len(book.rows)
    bank.tick(4)
    book.sync(MARCH)
    assert len(book.rows) > before
    assert book.content == truth(bank, book.link)


@pytest.mark.parametrize(
    "cursor",
    ["", "garbage", "[]", "{}", '{"v": 2, "accounts": {}}', '{"v": 1, "accounts": {"1": 5}}'],
)
def test_a_cursor_that_is_none_is_refused(bank: PracticeBank, link: Link, cursor: str) -> None:
    with pytest.raises(SourceRejected) as caught:
        bank.fetch(link, cursor)
    assert caught.value.code == "bad_cursor"


def test_new_ids_after_a_repaired_outage_show_the_same_purchases(
    bank: PracticeBank, link: Link
) -> None:
    def purchases() -> Counter[Any]:
        rows = [row for batch in bank.fetch(link) for row in batch.transactions]
        wanted = [row for row in rows if row.kind is not TransactionKind.SUMMARY]
        return Counter((row.day, row.amount, row.memo, row.card_last4) for row in wanted)

    before, ids = purchases(), {account.ref for account in bank.accounts(link)}
    bank.control(f"connections/{link.ref}/renumber")
    found = bank.accounts(link)
    assert not {account.ref for account in found} & ids
    assert not any(account.shared for account in found)
    bank.connector.call("select_accounts", link=link, refs=[account.ref for account in found])
    assert purchases() == before
