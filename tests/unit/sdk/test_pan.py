"""Full card numbers are found and starred out; other long numbers are left alone."""

import pytest

from cardsync_sdk.pan import find_pans, mask_pans


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("4111111111111111", "************1111", id="plain"),
        pytest.param("CB 4111 1111 1111 1111 PARIS", "CB ************1111 PARIS", id="in groups"),
        pytest.param("5500-0000-0000-0004", "************0004", id="with hyphens"),
        pytest.param("378282246310005", "***********0005", id="fifteen digits"),
        pytest.param("2223003122003222", "************3222", id="the newer range"),
        pytest.param("4111111111111111 01", "************1111 01", id="a number behind it"),
        pytest.param("CB4111111111111111", "CB************1111", id="glued to letters"),
        pytest.param("a 4111111111111111, b 5500000000000004", None, id="two of them"),
    ],
)
def test_a_card_number_is_starred_out(text: str, masked: str | None) -> None:
    assert find_pans(text)
    assert find_pans(mask_pans(text)) == []
    if masked is not None:
        assert mask_pans(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("4111111111111112", id="wrong check digit"),
        pytest.param("1234567812345670", id="no card scheme's range"),
        pytest.param("FR7630006000011234567890189", id="an IBAN"),
        pytest.param("20260304120000123", id="a time stamp"),
        pytest.param("************1111", id="masked already"),
        pytest.param("411111111111", id="too short"),
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert find_pans(text) == []
    assert mask_pans(text) == text
