"""Is this row that transaction? Each rule with its cases by name."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cardsync_sdk import FetchedTransaction, IdTrait, Money, TransactionStatus
from webapp.domain.likeness import (
    Amounts,
    Candidate,
    Likeness,
    Policy,
    compare_amounts,
    likeness,
)
from webapp.domain.planning import Known
from webapp.domain.questions import Doubt
from webapp.domain.transactions import words_alike

DAY = date(2026, 3, 16)
MEMO = "CARTE BOULANGERIE EXEMPLE"
CONTENT_KEY = "c1:" + "0" * 24 + ":1"

STABLE = Policy("bank", frozenset({IdTrait.STABLE}))
RENAMES = Policy("bank", frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_BOOKING}))
NO_IDS = Policy("bank", frozenset({IdTrait.NONE}))
ANEW = Policy("bank", frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_RELINK}), "second link")

SAME = (Likeness.SAME, None)
TWIN = (Likeness.TWIN, None)


def doubt(why: Doubt) -> tuple[Likeness, Doubt]:
    return Likeness.DOUBT, why


def row(
    minor: int = -1250,
    *,
    day: date = DAY,
    memo: str = MEMO,
    announced: bool = False,
    original: int | None = None,
) -> FetchedTransaction:
    return FetchedTransaction(
        account_ref="card",
        amount=Money(minor, "EUR"),
        memo=memo,
        purchased_on=day,
        booked_on=None if announced else day,
        external_id="new",
        status=TransactionStatus.ANNOUNCED if announced else TransactionStatus.BOOKED,
        original=Money(original, "USD") if original else None,
    )


def held(
    minor: int = -1250,
    *,
    status: str = "booked",
    key: str = "bank:old",
    source: str = "bank",
    original: int | None = None,
) -> Candidate:
    return Candidate(
        Known("t1", key, status, "content", "old", minor),
        DAY,
        DAY if status == "booked" else None,
        "EUR",
        MEMO,
        source,
        (original, "USD" if original else None),
    )


HOLD = held(status="announced")
LONGER = MEMO + " LYON"
OTHER_SHOP = "CARTE TAXI"


@pytest.mark.parametrize(
    ("policy", "one", "fetched", "expected"),
    [
        pytest.param(RENAMES, HOLD, row(), SAME, id="A02 booked"),
        pytest.param(RENAMES, HOLD, row(day=DAY + timedelta(days=1)), SAME, id="B03 a day off"),
        pytest.param(RENAMES, held(status="cancelled"), row(), SAME, id="A05 withdrawn before"),
        pytest.param(
            RENAMES, HOLD, row(-1000), doubt(Doubt.AMOUNT_DIFFERS), id="A06 less than was held"
        ),
        pytest.param(RENAMES, HOLD, row(-1500), doubt(Doubt.AMOUNT_DIFFERS), id="A06 with a tip"),
        pytest.param(RENAMES, HOLD, row(-9900), None, id="A06 far more"),
        pytest.param(
            RENAMES,
            held(-1841, status="announced", original=-2000),
            row(-1843, original=-2000),
            SAME,
            id="A07 rounded otherwise",
        ),
        pytest.param(
            RENAMES, HOLD, row(memo=OTHER_SHOP), doubt(Doubt.WORDING_DIFFERS), id="other words"
        ),
        pytest.param(RENAMES, HOLD, row(-1000, memo=OTHER_SHOP), None, id="other words and amount"),
        pytest.param(RENAMES, HOLD, row(day=DAY + timedelta(days=46)), None, id="too late"),
        pytest.param(RENAMES, HOLD, row(day=DAY - timedelta(days=2)), None, id="too early"),
        pytest.param(RENAMES, HOLD, row(announced=True), TWIN, id="another hold"),
        pytest.param(
            NO_IDS,
            held(key=CONTENT_KEY),
            replace(row(-1300), external_id="old"),
            doubt(Doubt.AMOUNT_DIFFERS),
            id="a file's id and another amount",
        ),
        pytest.param(
            NO_IDS,
            held(key=CONTENT_KEY),
            replace(row(memo=OTHER_SHOP), external_id="old"),
            doubt(Doubt.WORDING_DIFFERS),
            id="a file's id and other words",
        ),
        pytest.param(
            NO_IDS,
            held(key=CONTENT_KEY),
            replace(row(day=DAY + timedelta(days=1)), external_id="old"),
            None,
            id="a file that numbers its lines each day",
        ),
        pytest.param(
            NO_IDS,
            held(key=CONTENT_KEY),
            replace(row(-990, memo=OTHER_SHOP), external_id="old"),
            None,
            id="a file's id on another purchase",
        ),
        pytest.param(
            NO_IDS,
            held(-10000, status="announced", key=CONTENT_KEY),
            replace(row(-6320, memo=OTHER_SHOP), replaces="old"),
            SAME,
            id="a file says what is booked",
        ),
        pytest.param(STABLE, HOLD, row(), TWIN, id="good ids: not guessed"),
        pytest.param(STABLE, held(), row(), TWIN, id="A08 equal under another good id"),
        pytest.param(STABLE, held(), row(memo=LONGER), None, id="good ids, other words"),
        pytest.param(STABLE, held(key=CONTENT_KEY), row(), SAME, id="A16 an id given later"),
        pytest.param(
            STABLE,
            held(key=CONTENT_KEY),
            row(memo=LONGER),
            doubt(Doubt.WORDING_DIFFERS),
            id="A16 and other words",
        ),
        pytest.param(STABLE, held(key=CONTENT_KEY, source="files"), row(), SAME, id="E10 file"),
        pytest.param(NO_IDS, held(source="feed"), row(), SAME, id="E10 the other way round"),
        pytest.param(STABLE, held(source="files"), row(memo=LONGER), SAME, id="E10 longer words"),
        pytest.param(
            STABLE,
            held(source="files"),
            row(day=DAY + timedelta(days=3)),
            doubt(Doubt.OTHER_SOURCE),
            id="E10 dated by the booking",
        ),
        pytest.param(
            STABLE, held(source="files"), row(day=DAY + timedelta(days=4)), None, id="E10 too far"
        ),
        pytest.param(
            STABLE,
            held(source="files"),
            row(memo=OTHER_SHOP),
            doubt(Doubt.OTHER_SOURCE),
            id="E10 a file with words of its own",
        ),
        pytest.param(STABLE, held(source="files"), row(-990), None, id="E10 another amount"),
        pytest.param(NO_IDS, held(key=CONTENT_KEY), row(memo=LONGER), SAME, id="A14 more words"),
        pytest.param(
            NO_IDS,
            held(key=CONTENT_KEY),
            replace(row(), booked_on=DAY + timedelta(days=4)),
            SAME,
            id="A26 another booking day",
        ),
        pytest.param(
            NO_IDS,
            held(key=CONTENT_KEY),
            row(day=DAY + timedelta(days=1)),
            None,
            id="the same coffee the day after",
        ),
        pytest.param(NO_IDS, held(key=CONTENT_KEY), row(memo=OTHER_SHOP), None, id="another shop"),
        pytest.param(
            ANEW, held(), row(memo=LONGER), doubt(Doubt.WORDING_DIFFERS), id="E01 and other words"
        ),
        pytest.param(
            ANEW, HOLD, row(-1500), doubt(Doubt.AMOUNT_DIFFERS), id="E01 and booked with a tip"
        ),
        pytest.param(ANEW, held(), row(memo=OTHER_SHOP), None, id="E01 another shop"),
        pytest.param(
            ANEW,
            held(),
            row(-1500, memo=LONGER),
            doubt(Doubt.AMOUNT_DIFFERS),
            id="E01 and another booked amount",
        ),
        pytest.param(ANEW, held(), row(-9900), None, id="E01 far more"),
        pytest.param(
            ANEW,
            held(status="cancelled"),
            row(memo=LONGER),
            doubt(Doubt.WORDING_DIFFERS),
            id="E01 a hold withdrawn",
        ),
        pytest.param(
            replace(ANEW, link=""), held(), row(memo=LONGER), None, id="E01 by the same link"
        ),
        pytest.param(
            RENAMES, replace(HOLD, currency="USD"), row(), None, id="another currency is another"
        ),
    ],
)
def test_what_a_row_may_be(
    policy: Policy,
    one: Candidate,
    fetched: FetchedTransaction,
    expected: tuple[Likeness, Doubt | None] | None,
) -> None:
    match = likeness(fetched, one, policy)
    assert (match and (match.likeness, match.doubt)) == expected


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("CARTE BOULANGERIE EXEMPLE", "CARTE BOULANGERIE EXEMPLE LYON", True),
        ("CB 16/03 TAXI EXEMPLE", "CARTE TAXI EXEMPLE 4821", True),
        ("Café de l'Île", "CAFE DE L'ILE", True),
        ("CARTE TAXI", "CARTE BOULANGERIE", False),
        ("PAIEMENT CB", "PAIEMENT CB", True),
        ("123 456", "789", False),
        ("", "", True),
    ],
)
def test_words_are_alike_if_they_name_the_same_merchant(one: str, other: str, alike: bool) -> None:
    assert words_alike(one, other) is alike
    assert words_alike(other, one) is alike


@pytest.mark.parametrize(
    ("announced", "booked", "rule"),
    [
        pytest.param(-10000, -10000, Amounts.EQUAL, id="as announced"),
        pytest.param(-2500, -2850, Amounts.TIP, id="a tip"),
        pytest.param(-20000, -31000, Amounts.EXTRAS, id="a hotel with its bar"),
        pytest.param(-10000, -6320, Amounts.RELEASED, id="a pump that reserved a round sum"),
        pytest.param(-15000, -1, Amounts.RELEASED, id="nearly all released"),
        pytest.param(-10000, -20001, None, id="more than twice as much"),
        pytest.param(-10000, 0, None, id="nothing at all"),
        pytest.param(-10000, 10000, None, id="the other sign"),
        pytest.param(0, 0, Amounts.EQUAL, id="a card check"),
    ],
)
def test_A06_how_a_booked_amount_stands_to_the_announced_one(
    announced: int, booked: int, rule: Amounts | None
) -> None:
    assert compare_amounts(booked, announced, foreign_alike=False) == rule
