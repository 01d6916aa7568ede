"""Whatever goes wrong at the source: the right error, no cursor moved, nothing lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cardsync_sdk import (
    ConnectorError,
    Link,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from tests.support.bookkeeping import MARCH, Book, fetch, truth
from tests.support.practice_bank import PracticeBank, impatience

UNAVAILABLE = ["500", "503_html", "html", "cut_json", "wrong_charset", "timeout", "redirect"]


@pytest.fixture
def link(bank: PracticeBank) -> Link:
    return bank.connect()


@pytest.fixture
def book(bank: PracticeBank, link: Link) -> Book:
    return Book(bank, link)


@pytest.mark.parametrize("kind", UNAVAILABLE)
@pytest.mark.parametrize("path", ["/connections/310", "/accounts", "/transactions"])
def test_a_failing_source_is_unavailable_and_moves_no_cursor(
    bank: PracticeBank, book: Book, kind: str, path: str
) -> None:
    bank.fail(kind, count=3, path=path)
    with impatience(kind), pytest.raises(SourceUnavailable):
        book.sync()
    assert book.cursor is None
    book.sync()
    assert book.content == truth(bank, book.link)


@pytest.mark.parametrize("kind", UNAVAILABLE)
def test_a_short_failure_is_not_noticed(bank: PracticeBank, book: Book, kind: str) -> None:
    bank.fail(kind, path="/transactions")
    with impatience(kind, seconds=2.0):
        book.sync()
    assert book.content == truth(bank, book.link)


def test_R25_a_failure_between_two_pages_loses_nothing(bank: PracticeBank, book: Book) -> None:
    bank.control("page_size", size=40)
    book.sync()
    bank.tick(40)
    cursor = book.cursor
    bank.fail("html", count=3, path="/transactions")
    with pytest.raises(SourceUnavailable):
        book.sync(MARCH)
    assert book.cursor == cursor
    book.sync(MARCH)
    assert book.content == truth(bank, book.link)


def test_429_says_until_when(bank: PracticeBank, link: Link) -> None:
    bank.fail("429", retry_after=30)
    with pytest.raises(RateLimited) as caught:
        bank.fetch(link)
    assert caught.value.until is not None
    assert timedelta(seconds=20) < caught.value.until - datetime.now(UTC) < timedelta(seconds=31)
    bank.fail("429")
    with pytest.raises(RateLimited) as caught:
        bank.fetch(link)
    assert caught.value.until is None


@pytest.mark.parametrize("kind", ["foreign_next", "looping_next"])
def test_pages_that_lead_elsewhere_or_nowhere_are_a_failure(
    bank: PracticeBank, book: Book, kind: str
) -> None:
    bank.control("page_size", size=100)
    bank.fail(kind, count=5, path="/transactions")
    with pytest.raises(SourceUnavailable, match=r"circle|another host"):
        book.sync()
    assert book.cursor is None


@pytest.mark.parametrize(
    ("login", "expected", "reason"),
    [
        ("sca", UserActionNeeded, "consent_expired"),
        ("webauth", UserActionNeeded, "bank_login_needed"),
        ("otp", UserActionNeeded, "code_needed"),
        ("decoupled", UserActionNeeded, "approval_needed"),
        ("action", UserActionNeeded, "action_at_bank"),
        ("expired", UserActionNeeded, "password_expired"),
        ("wrongpass", UserActionNeeded, "wrong_password"),
        ("notsupported", SourceRejected, "not_supported"),
        ("ratelimit", RateLimited, None),
        ("down", SourceUnavailable, None),
        ("bug", SourceUnavailable, None),
        ("validating", SourceUnavailable, None),
    ],
)
def test_the_state_of_a_connection_says_who_acts(
    bank: PracticeBank, login: str, expected: type[ConnectorError], reason: str | None
) -> None:
    book = Book(bank, bank.connect("LCL", login))
    book.sync()
    before = book.cursor
    card = bank.shared(book.link)[1].ref
    read = bank.control("transactions", id_account=card)
    bank.tick()
    with pytest.raises(expected) as caught:
        book.sync(MARCH)
    assert getattr(caught.value, "reason", getattr(caught.value, "code", None)) == reason
    # What the aggregator read before the trouble is not kept waiting for the repair.
    assert str(read["id"]) in book.rows
    assert book.cursor == before


def test_passing_trouble_ends_by_itself_and_the_consent_after_180_days(bank: PracticeBank) -> None:
    book = Book(bank, bank.connect("LCL", "down"))
    book.sync()
    bank.tick()
    with pytest.raises(SourceUnavailable):
        book.sync(MARCH)
    bank.tick()
    book.sync(MARCH)
    assert book.content == truth(bank, book.link)
    bank.tick(180)
    with pytest.raises(UserActionNeeded) as caught:
        book.sync(MARCH)
    assert caught.value.reason == "consent_expired"


def test_a_connection_deleted_at_the_aggregator_needs_the_admin(
    bank: PracticeBank, link: Link
) -> None:
    asked = bank.shared(link)
    bank.connector.call("unlink", link=link)
    with pytest.raises(UserActionNeeded) as caught:
        fetch(bank, link, asked)
    assert caught.value.reason == "connection_gone"


def test_a_refused_token_needs_the_admin(bank: PracticeBank, link: Link) -> None:
    asked = bank.shared(link)
    with pytest.raises(UserActionNeeded) as caught:
        fetch(bank, replace(link, secrets={"user_token": "old"}), asked)
    assert caught.value.reason == "token_refused"
    with pytest.raises(SourceRejected):
        fetch(bank, replace(link, secrets={}), asked)


def test_a_bad_row_of_the_source_is_kept_aside_and_stops_nothing(
    bank: PracticeBank, book: Book
) -> None:
    card = bank.shared(book.link)[1].ref
    bad = bank.control("transactions", id_account=card, answer={"value": "NaN", "strange": 1})
    rejected = [row for batch in bank.fetch(book.link) for row in batch.rejected]
    assert [row.external_id for row in rejected] == [str(bad["id"])]
    assert rejected[0].raw["strange"] == 1
