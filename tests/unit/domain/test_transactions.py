"""The identity of a transaction."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk import FetchedTransaction, IdTrait, Money
from webapp.domain.transactions import IdentityCounter, bank_content, content_key, normal_memo

DAY = date(2026, 3, 10)


def row(memo: str = "CAFE", minor: int = -250, id_: str | None = None) -> FetchedTransaction:
    return FetchedTransaction(
        account_ref="a",
        amount=Money(minor, "EUR"),
        memo=memo,
        purchased_on=DAY,
        external_id=id_,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("CAFÉ DE LA GARE", "cafe de la gare", id="case and accents"),
        pytest.param("CAFE\u00a0DE  LA GARE ", "CAFE DE LA GARE", id="spaces"),
        pytest.param("Cafe\u0301", "Caf\u00e9", id="Unicode forms"),
        pytest.param("ＣＡＦＥ", "CAFE", id="full-width letters"),
    ],
)
def test_A15_what_banks_change_at_will_does_not_change_identity(one: str, other: str) -> None:
    assert normal_memo(one) == normal_memo(other)
    assert content_key(row(one)) == content_key(row(other))


@pytest.mark.parametrize("other", [row("CAFE 2"), row(minor=-251), row(minor=250)])
def test_what_makes_a_row_recognisable_does(other: FetchedTransaction) -> None:
    assert content_key(row()) != content_key(other)


def test_A08_with_trusted_ids_content_is_not_looked_at() -> None:
    counter = IdentityCounter("bank", frozenset({IdTrait.STABLE}))
    assert counter.key(row(id_="1")) != counter.key(row(id_="2"))
    assert counter.key(row(id_="1")) == counter.key(row("OTHER WORDS", -999, id_="1"))


def test_A16_a_row_without_an_id_falls_back_to_content_and_never_borrows_one() -> None:
    counter = IdentityCounter("bank", frozenset({IdTrait.STABLE}))
    first, second = counter.key(row()), counter.key(row())
    assert first != second
    assert first == f"{content_key(row())}:1"


def test_ids_of_two_sources_never_mix() -> None:
    keys = {
        IdentityCounter(source, frozenset({IdTrait.STABLE})).key(row(id_="7"))
        for source in ("one", "two")
    }
    assert len(keys) == 2


rows = st.lists(
    st.builds(row, st.sampled_from(["CAFE", "TAXI"]), st.sampled_from([-100, -200])), max_size=12
)


@given(rows, st.randoms())
def test_A09_without_ids_any_order_of_a_delivery_gives_the_same_identities(
    delivery: list[FetchedTransaction], random: object
) -> None:
    def keys(order: list[FetchedTransaction]) -> Counter[str]:
        counter = IdentityCounter("files", frozenset({IdTrait.NONE}))
        return Counter(counter.key(one) for one in order)

    shuffled = list(delivery)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert keys(delivery) == keys(shuffled)
    assert len(keys(delivery)) == len(delivery)


def test_a_changed_word_of_the_bank_changes_the_content_digest() -> None:
    assert bank_content(row(id_="1")) == bank_content(row(id_="1"))
    assert bank_content(row(id_="1")) != bank_content(row("OTHER", id_="1"))
