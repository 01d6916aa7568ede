"""The accounts the aggregator lists, the states of a connection, and its naive stamps."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cardsync_budget_insight.accounts import holder_of, read_accounts
from cardsync_budget_insight.states import paris_time, state_error
from cardsync_sdk import (
    AccountKind,
    ConnectorError,
    Money,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)


def test_accounts_as_listed() -> None:
    euro = {"id": "EUR", "name": "Euro"}
    listed = read_accounts(
        [
            {"id": 1, "type": "checking", "name": "Compte", "iban": "FR76", "number": "00012345678"}
            | {"currency": euro, "balance": Decimal("15230.42"), "disabled": None},
            {"id": 2, "type": "card", "name": "CARTE MME DURAND", "number": "497010XXXXXX4821"}
            | {
                "id_parent": 1,
                "currency": None,
                "balance": None,
                "disabled": "2026-01-12 09:17:10",
            },
            {"id": 3, "type": "card", "name": "ANCIENNE", "deleted": "2026-02-01 04:12:00"},
            {"name": "without an id"},
        ]
    )
    account, card = listed
    assert (account.ref, account.kind, account.iban) == ("1", AccountKind.ACCOUNT, "FR76")
    assert (account.balance, account.shared) == (Money(1523042, "EUR"), True)
    assert (account.number_masked, account.holder_name) == ("**** 5678", None)
    assert (card.ref, card.kind, card.currency) == ("2", AccountKind.CARD, "EUR")
    assert (card.number_masked, card.holder_name) == ("**** 4821", "MME DURAND")
    assert (card.balance, card.shared) == (None, False)


@pytest.mark.parametrize(
    ("name", "holder"),
    [
        ("CARTE VISA AFFAIRES MME C DURAND", "MME C DURAND"),
        ("CARTE MASTERCARD CORPORATE 4970XXXXXX4821 M JEAN-PAUL LEROY", "M JEAN-PAUL LEROY"),
        ("DURAND CLAIRE", "DURAND CLAIRE"),
        ("AMERICAN EXPRESS BUSINESS GOLD M KARIM BENALI", "M KARIM BENALI"),
        ("CARTE VISA PREMIER", None),
        ("CB 4821", None),
        ("", None),
    ],
)
def test_the_holder_is_read_from_the_name_of_a_card(name: str, holder: str | None) -> None:
    assert holder_of({"original_name": name}) == holder


def connection(state: str | None, **fields: Any) -> dict[str, Any]:
    return {"id": 310, "state": state, "last_update": "2026-03-03 04:41:27", **fields}


@pytest.mark.parametrize(
    ("state", "expected", "word"),
    [
        (None, None, ""),
        ("SCARequired", UserActionNeeded, "consent_expired"),
        ("webauthRequired", UserActionNeeded, "bank_login_needed"),
        ("additionalInformationNeeded", UserActionNeeded, "code_needed"),
        ("decoupled", UserActionNeeded, "approval_needed"),
        ("actionNeeded", UserActionNeeded, "action_at_bank"),
        ("passwordExpired", UserActionNeeded, "password_expired"),
        ("wrongpass", UserActionNeeded, "wrong_password"),
        ("validating", SourceUnavailable, ""),
        ("websiteUnavailable", SourceUnavailable, ""),
        ("bug", SourceUnavailable, ""),
        ("rateLimiting", RateLimited, ""),
        ("notSupported", SourceRejected, "not_supported"),
        ("inventedTomorrow", SourceUnavailable, ""),
    ],
)
def test_states_are_named_after_who_acts(
    state: str | None, expected: type[ConnectorError] | None, word: str
) -> None:
    for fields in (connection(state), connection(None, error=state)):
        error = state_error(fields)
        if expected is None:
            assert error is None
            return
        assert type(error) is expected
        assert getattr(error, "reason", getattr(error, "code", "")) == word


def test_the_next_try_of_the_source_is_respected() -> None:
    limited = state_error(connection("rateLimiting", next_try="2026-07-03 08:11:00"))
    assert isinstance(limited, RateLimited)
    assert limited.until == datetime(2026, 7, 3, 6, 11, tzinfo=UTC)
    down = state_error(connection("websiteUnavailable", next_try="2001-01-01 00:00:00"))
    assert isinstance(down, SourceUnavailable)
    assert down.retry_after is not None
    assert down.retry_after.total_seconds() == 60


def test_what_the_bank_says_to_people_is_shown_but_no_address_of_it() -> None:
    terms = state_error(connection("actionNeeded", error_message="Acceptez les conditions"))
    assert terms is not None
    assert terms.user_message == "Acceptez les conditions"
    redirect = "Redirecting to https://bank.example/x"
    webauth = state_error(connection("webauthRequired", error_message=redirect))
    assert webauth is not None
    assert webauth.user_message is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-12 09:16:02", datetime(2026, 1, 12, 8, 16, 2, tzinfo=UTC)),
        ("2026-07-12 09:16:02", datetime(2026, 7, 12, 7, 16, 2, tzinfo=UTC)),
        ("2026-07-12T09:16:02+00:00", datetime(2026, 7, 12, 9, 16, 2, tzinfo=UTC)),
        ("soon", None),
        (None, None),
        (5, None),
    ],
)
def test_stamps_without_a_zone_are_paris_time(text: Any, moment: datetime | None) -> None:
    assert paris_time(text) == moment


def test_I8_a_card_has_no_balance_of_its_own() -> None:
    """Powens says nought of a card while its purchases come: that would never add up."""
    euro = {"currency": {"id": "EUR"}, "disabled": None, "balance": Decimal(0)}
    account, card = read_accounts(
        [{"id": 1, "type": "checking", **euro}, {"id": 2, "type": "card", **euro}]
    )
    assert (account.balance, card.balance) == (Money(0, "EUR"), None)
