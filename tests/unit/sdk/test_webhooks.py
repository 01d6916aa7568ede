"""Signatures of webhooks: what matches, what is fresh, and that comparing tells nothing (D06)."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from cardsync_sdk import webhooks
from cardsync_sdk.webhooks import FIVE_MINUTES, fresh, signature_matches

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def sign(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def test_a_known_signature_matches() -> None:
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert signature_matches("Jefe", expected, b"what do ya want ", "for nothing?")


@pytest.mark.parametrize("change", [str.upper, lambda text: f" {text}\n"])
def test_case_and_blanks_around_it_do_not_matter(change: object) -> None:
    given = sign("secret", b"12.body")

    assert signature_matches("secret", change(given), "12", ".", b"body")  # type: ignore[operator]


@pytest.mark.parametrize(
    "signature",
    ["", "0" * 64, sign("secret", b"other"), sign("other", b"12.body"), "\u00e9", "sha256="],
)
def test_D06_any_other_signature_does_not_match(signature: str) -> None:
    assert not signature_matches("secret", signature, "12", ".", b"body")


def test_D06_a_secret_that_nobody_set_up_matches_nothing() -> None:
    assert not signature_matches("", sign("", b"body"), b"body")


def test_D06_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    true = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return true(one, other)

    monkeypatch.setattr(webhooks.hmac, "compare_digest", watched)
    for given in (sign("secret", b"body"), "0" * 64):
        signature_matches("secret", given, b"body")

    assert [other for _one, other in compared] == [sign("secret", b"body").encode(), b"0" * 64]


@pytest.mark.parametrize(
    ("age", "is_fresh"),
    [
        (timedelta(0), True),
        (FIVE_MINUTES, True),
        (-FIVE_MINUTES, True),
        (FIVE_MINUTES + SECOND, False),
        (-FIVE_MINUTES - SECOND, False),
        (timedelta(minutes=10), False),
    ],
)
def test_D06_what_is_signed_too_long_ago_or_ahead_is_not_fresh(
    age: timedelta, is_fresh: bool
) -> None:
    assert fresh(str(int((NOW - age).timestamp())), NOW) is is_fresh


@pytest.mark.parametrize("text", ["", "yesterday", "nan", "inf", "-1", "1e400", "9" * 30])
def test_what_is_no_time_is_not_fresh(text: str) -> None:
    assert not fresh(text, NOW)
