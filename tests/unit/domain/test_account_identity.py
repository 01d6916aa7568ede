"""Which account is which, whatever connection shows it (DESIGN, identity)."""

import re
from dataclasses import replace

import pytest

from cardsync_sdk import AccountKind, RemoteAccount
from webapp.domain.identity import account_key, account_keys, last_four, normal_iban, ref_key

IBAN = "FR76 3000 6000 0112 3456 7890 189"
CARD = RemoteAccount(
    ref="8803",
    name="Carte Hélène Martin",
    kind=AccountKind.CARD,
    currency="EUR",
    number_masked="4970 10XX XXXX 1234",
    holder_name="MME MARTIN Hélène",
)
CHECKING = RemoteAccount(
    ref="8801", name="Compte courant", kind=AccountKind.ACCOUNT, currency="EUR", iban=IBAN
)


def key(account: RemoteAccount, *, institution: str = "Banque Verte", link_ref: str = "310") -> str:
    return account_key(account, connector="bank", institution=institution, link_ref=link_ref)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(CHECKING, replace(CHECKING, ref="9001", name="Autre nom"), id="IBAN, new ref"),
        pytest.param(CHECKING, replace(CHECKING, iban=IBAN.replace(" ", "").lower()), id="spacing"),
        pytest.param(CARD, replace(CARD, ref="9003"), id="card, new ref"),
        pytest.param(CARD, replace(CARD, holder_name="helene martin"), id="title, accents, order"),
        pytest.param(CARD, replace(CARD, number_masked="************1234"), id="another mask"),
        pytest.param(CARD, replace(CARD, name="Renommée"), id="renamed by a person"),
    ],
)
def test_one_account_keeps_its_key_under_a_new_connection(
    left: RemoteAccount, right: RemoteAccount
) -> None:
    assert key(left) == key(right, link_ref="999")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(CHECKING, replace(CHECKING, currency="USD"), id="one IBAN, two currencies"),
        pytest.param(CARD, replace(CARD, number_masked="4970 10XX XXXX 1235"), id="last digits"),
        pytest.param(CARD, replace(CARD, holder_name="Hugo Martin"), id="holder"),
        pytest.param(
            replace(CARD, iban=IBAN), replace(CHECKING, kind=AccountKind.CARD), id="debit account"
        ),
    ],
)
def test_two_accounts_have_two_keys(left: RemoteAccount, right: RemoteAccount) -> None:
    assert key(left) != key(right)


def test_the_same_digits_and_holder_at_another_institution_are_another_card() -> None:
    assert key(CARD) != key(CARD, institution="Banque Bleue")


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param(replace(CARD, holder_name=None), id="no holder"),
        pytest.param(replace(CARD, holder_name="M."), id="a holder that is only a title"),
        pytest.param(replace(CARD, number_masked=None), id="no number"),
        pytest.param(replace(CARD, number_masked="12"), id="too few digits"),
        pytest.param(replace(CHECKING, iban="FR76 **** **** 0189"), id="masked IBAN"),
        pytest.param(replace(CHECKING, iban="FR7630006000011234567890188"), id="mistyped IBAN"),
    ],
)
def test_without_proof_only_link_and_ref_name_an_account(lacking: RemoteAccount) -> None:
    assert key(lacking) == ref_key(lacking.ref, connector="bank", link_ref="310")
    assert key(lacking) != key(lacking, link_ref="999")


def test_a_key_holds_digests_and_no_number() -> None:
    for account in (CARD, CHECKING, replace(CARD, holder_name=None)):
        assert re.fullmatch("(iban|number|ref):[0-9a-f]{64}", key(account))


def test_two_cards_that_look_alike_stay_two() -> None:
    twin = replace(CARD, ref="8804")
    keys = account_keys(
        [CARD, twin], {}, connector="bank", institution="Banque Verte", link_ref="310"
    )
    assert keys["8803"] != keys["8804"]


def test_a_card_known_before_its_twin_keeps_its_key() -> None:
    twin = replace(CARD, ref="8804")
    keys = account_keys(
        [twin, CARD],
        {"8803": key(CARD)},
        connector="bank",
        institution="Banque Verte",
        link_ref="310",
    )
    assert keys == {
        "8803": key(CARD),
        "8804": ref_key("8804", connector="bank", link_ref="310"),
    }


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("4970 10XX XXXX 1234", "1234"),
        ("00012345678", "5678"),
        ("*** 12", "12"),
        ("a94a8fe5ccb1", "1"),
        ("hash-abc", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_no_more_than_the_last_four_digits_are_kept(number: str | None, kept: str) -> None:
    assert last_four(number) == kept


def test_an_iban_is_believed_only_whole_and_with_right_check_digits() -> None:
    assert normal_iban("be68 5390 0754 7034") == "BE68539007547034"
    assert normal_iban("BE68539007547035") is None
    assert normal_iban("BE6") is None
    assert normal_iban(None) is None
