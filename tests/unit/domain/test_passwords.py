"""Which passwords are refused (ASVS 5.0, 6.2): by length and by being guessed, never by signs."""

import pytest

from webapp.domain.passwords import LONGEST, SHORTEST, Weakness, weakness_of

TOLD = ("Inès Caron", "ines.caron@atelier-nord.example", "Atelier Nord SARL")


@pytest.mark.parametrize(
    "password",
    [
        "trois mots tranquilles",
        "correct horse battery",
        "vélo-jaune-42-rue",
        "nur kleine buchstaben",
        "                 un espace de trop",
        "\u6f22\u5b57\u306e\u5408\u8a00\u8449\u306f\u9577\u3044\u307b\u3069\u826f\u3044",
        "caron mais avec autre chose derrière",
        "x" * 3 + "une suite de mots",
    ],
)
def test_long_and_unforeseen_is_enough(password: str) -> None:
    assert weakness_of(password, TOLD) is None


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("", Weakness.SHORT),
        ("Tr0p-court!", Weakness.SHORT),
        ("x" * (SHORTEST - 1), Weakness.SHORT),
        ("ab" * (LONGEST // 2) + "c", Weakness.LONG),
        ("aaaaaaaaaaaa", Weakness.REPETITIVE),
        ("abababababab", Weakness.REPETITIVE),
        ("123456789012", Weakness.REPETITIVE),
        ("987654321098", Weakness.REPETITIVE),
        ("azertyuiopqs", Weakness.REPETITIVE),
        ("qwertyuiopas", Weakness.REPETITIVE),
        ("abcdefghijkl", Weakness.REPETITIVE),
        ("ines.caron12", Weakness.PERSONAL),
        ("AtelierNord2026", Weakness.PERSONAL),
        ("cardsync-2026", Weakness.PERSONAL),
        ("motdepasse123", Weakness.PERSONAL),
        ("Password2026!", Weakness.PERSONAL),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, weakness: Weakness) -> None:
    assert weakness_of(password, TOLD) is weakness
