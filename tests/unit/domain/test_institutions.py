"""The catalogue of institutions: joined over connectors, and searched (R39, R47, R49, R50)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk import Institution, Source
from cardsync_sdk.institutions import KNOWN, known
from webapp.domain.institutions import Entry, Why, catalogue, name_key, search

# The services of R49, as they were called when the list was written, and what each is today.
SERVICES = {
    "American Express": "American Express",
    "Banque Populaire": "Banque Populaire",
    "BforBank": "BforBank",
    "BNP Paribas": "BNP Paribas",
    "BNP Paribas Cartes Entreprises": "BNP Paribas Cartes Entreprises",
    "Bred": "BRED",
    "Caisse d'Epargne": "Caisse d'Epargne",
    "Caisse d'Epargne Global Affaires": "Caisse d'Epargne Global Affaires",
    "CIC": "CIC",
    "Corner": "Corner",
    "Crédit Agricole": "Crédit Agricole",
    "Crédit du Nord": "Société Générale",
    "Crédit Mutuel": "Crédit Mutuel",
    "Crédit Mutuel Cadrol": "Crédit Mutuel Cadrol",
    "Hello Bank": "Hello bank!",
    "LCL": "LCL",
    "Société Générale": "Société Générale",
    "Sogécarte Net": "Sogécarte Net",
    "Tarneaud": "Société Générale",
    "Total GR": "TotalEnergies Fleet",
}
ALL = catalogue([], KNOWN)


def names(text: str, entries: tuple[Entry, ...] = ALL) -> list[str]:
    return [found.entry.name for found in search(entries, text)]


def test_R49_the_list_is_whole() -> None:
    assert len(SERVICES) == 20
    assert {entry.name for entry in ALL} == set(SERVICES.values())


@pytest.mark.parametrize(("then", "today"), SERVICES.items())
def test_R49_each_of_the_20_services_is_found_under_its_present_name(then: str, today: str) -> None:
    found = {one.entry.name: one for one in search(ALL, then)}
    assert today in found
    expected = Why.FORMER_NAME if then in found[today].entry.former_names else Why.NAME
    assert (found[today].why, name_key(found[today].by)) == (expected, name_key(then))


@given(st.sampled_from([(entry, name) for entry in ALL for name in entry.names]), st.data())
def test_R49_every_entry_is_found_by_each_of_its_names_however_they_are_typed(
    entry_and_name: tuple[Entry, str], data: st.DataObject
) -> None:
    entry, name = entry_and_name
    spell = data.draw(
        st.sampled_from([str, str.upper, str.lower, name_key, lambda text: f"  {text} SA "])
    )
    assert entry in [found.entry for found in search(ALL, spell(name))]


@pytest.mark.parametrize("institution", KNOWN, ids=lambda one: one.key)
def test_R49_a_former_name_says_where_it_is_known_from(institution: Institution) -> None:
    told = [source for source in institution.sources if source.url.startswith("https://")]
    assert told or not institution.former_names
    assert all(source.says for source in institution.sources)


def test_R50_no_day_of_confirmation_is_invented() -> None:
    assert {entry.confirmed_on for entry in ALL} == {None}


@pytest.mark.parametrize(
    ("bank", "service"),
    [
        ("Société Générale", "Sogécarte Net"),
        ("societe generale", "Sogécarte Net"),
        ("SG", "Sogécarte Net"),
        ("BNP", "BNP Paribas Cartes Entreprises"),
        ("BNP Paribas", "BNP Paribas Cartes Entreprises"),
        ("Crédit Mutuel", "Crédit Mutuel Cadrol"),
        ("Caisse d’Épargne", "Caisse d'Epargne Global Affaires"),
        ("Caisse Epargne Ile de France", "Caisse d'Epargne Global Affaires"),
        ("Crédit Mutuel de Bretagne", "Crédit Mutuel Cadrol"),
    ],
)
def test_R39_the_search_for_an_issuing_bank_proposes_its_card_service_first(
    bank: str, service: str
) -> None:
    found = search(ALL, bank)
    assert (found[0].entry.name, found[0].why) == (service, Why.ISSUER)
    assert found[0].entry.issuer in [one.entry.name for one in found[1:]], "the bank comes after"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("sogecarte", "Sogécarte Net"),
        ("cadrol", "Crédit Mutuel Cadrol"),
        ("Crédit Mutuel Cadrol", "Crédit Mutuel Cadrol"),
        ("BNP Paribas Cartes Entreprises", "BNP Paribas Cartes Entreprises"),
        ("amex", "American Express"),
        ("hellobank", "Hello bank!"),
        ("credit lyonnais", "LCL"),
        ("total", "TotalEnergies Fleet"),
        ("TOTAL GR", "TotalEnergies Fleet"),
        ("Crédit Agricole Centre-Est", "Crédit Agricole"),
    ],
)
def test_the_best_fit_comes_first(text: str, first: str) -> None:
    found = search(ALL, text)
    assert (found[0].entry.name, found[0].why is Why.ISSUER) == (first, False)


@pytest.mark.parametrize("text", ["", "   ", "!?", "Banque Imaginaire", "x" * 10_000])
def test_what_nobody_is_called_finds_nothing(text: str) -> None:
    assert search(ALL, text) == ()


@given(st.text(max_size=150))
def test_any_text_may_be_searched(text: str) -> None:
    search(ALL, text)


# Over connectors (R47)


def test_R47_what_a_new_connector_offers_is_in_the_catalogue() -> None:
    newcomer = Institution("mooncard", "Mooncard", "card_service")
    entries = catalogue([("newcomer", [newcomer])], KNOWN)
    assert len(entries) == len(ALL) + 1
    (found,) = search(entries, "mooncard")
    assert [(way.connector, way.name) for way in found.entry.ways] == [("newcomer", "Mooncard")]


@pytest.mark.parametrize(
    "other", [Institution("lcl", "LCL Pro"), Institution("le_credit", "Lcl")], ids=["key", "name"]
)
def test_R47_a_bank_of_two_connectors_is_one_entry_reached_in_two_ways(other: Institution) -> None:
    entries = catalogue([("first", known("lcl")), ("second", [other])], KNOWN)
    assert len(entries) == len(ALL)
    (entry,) = [one for one in entries if one.key == "lcl"]
    assert [(way.connector, way.name) for way in entry.ways] == [
        ("first", "LCL"),
        ("second", other.name),
    ]
    assert names(other.name, entries)[0] == "LCL"


def test_a_connector_that_knows_less_does_not_hide_what_is_known() -> None:
    bare = Institution("bare", "Sogécarte Net", confirmed_on=date(2026, 3, 1))
    entries = catalogue([("bare", [bare])], KNOWN)
    (entry,) = [one for one in entries if one.key == "bare"]
    assert (entry.issuer, entry.confirmed_on) == ("Société Générale", date(2026, 3, 1))
    assert names("Société Générale", entries)[0] == "Sogécarte Net"


def test_a_service_no_connector_reaches_is_found_all_the_same() -> None:
    (found,) = search(ALL, "Total GR")
    assert found.entry.ways == ()


def test_an_unknown_issuer_is_a_name_all_the_same() -> None:
    service = Institution("x", "Xcards", "card_service", issuer="Banque X")
    assert names("banque x", catalogue([("x", [service])])) == ["Xcards"]


def test_a_source_without_an_address_is_not_confirmed() -> None:
    assert Source("Somebody said so.").url == ""
