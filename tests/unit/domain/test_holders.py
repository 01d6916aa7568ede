"""Who is proposed as the holder of a card, from the name the bank gives (R14, R42)."""

import pytest

from webapp.domain.holders import proposed_holder

PEOPLE = [
    ("camille", "Camille Moreau"),
    ("anna", "Anna De Smet"),
    ("amelie", "Amélie Dubois"),
    ("jean", "Jean Petit"),
    ("jean-marc", "Jean-Marc Petit"),
    ("cher", "Cher"),
    ("m-1", "Marie Durand"),
    ("m-2", "Marie Durand"),
]


@pytest.mark.parametrize(
    ("told", "proposed"),
    [
        ("MME CAMILLE MOREAU", "camille"),
        ("MOREAU CAMILLE", "camille"),
        ("Mme AMELIE DUBOIS", "amelie"),
        ("MME ANNA DE SMET", "anna"),
        ("M JEAN PETIT", "jean"),
        ("MME MOREAU", None),
        ("M JEAN MARC PETIT", None),
        ("CHER", None),
        ("MLLE MARIE DURAND", None),
        ("CARTE DE SERVICE", None),
        ("", None),
    ],
)
def test_R42_only_the_one_person_who_fits_is_proposed(told: str, proposed: str | None) -> None:
    assert proposed_holder(told, PEOPLE) == proposed
