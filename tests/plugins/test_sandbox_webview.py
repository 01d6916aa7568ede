"""The practice bank's web view as a person without JavaScript meets it."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx2
import pytest

from cardsync_budget_insight.sandbox import CLIENT_ID, CLIENT_SECRET, DOMAIN
from cardsync_budget_insight.sandbox.catalogue import BANKS
from cardsync_budget_insight.sandbox.texts import LANGUAGES, translator
from cardsync_budget_insight.sandbox.webview import allowed_return, find_banks
from tests.support.practice_bank import RETURN, NotReached, PracticeBank, link_named

SECRET_TYPED = "9999-typed-by-a-person"


def entry(bank: PracticeBank, lang: str = "en", flow: str = "connect", **query: str) -> str:
    asked = {"domain": DOMAIN, "client_id": str(CLIENT_ID), "redirect_uri": RETURN, **query}
    return f"{bank.url}/webview/{lang}/{flow}?{urlencode(asked)}"


def opened(bank: PracticeBank, url: str) -> httpx2.Response:
    return bank.person.get(url, follow_redirects=True)


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Choose your bank"), ("fr", "Choisissez votre")]
)
def test_the_pages_speak_the_language_of_the_address(
    bank: PracticeBank, lang: str, words: str
) -> None:
    page = opened(bank, bank.begin(language=lang)[0])
    assert f'<html lang="{lang}">' in page.text
    assert words in page.text
    assert "<script" not in page.text


def test_every_text_exists_in_both_languages() -> None:
    english, french = translator("en"), translator("fr")
    for key in ("banks_title", "login_title", "none_ticked", "visit_over"):
        assert english(key, "x") != french(key, "x")
    assert LANGUAGES == ("en", "fr")


@pytest.mark.parametrize(
    ("query", "first", "also"),
    [
        ("société générale", "Sogécarte Net", "Société Générale"),
        ("SOCIETE GENERALE", "Sogécarte Net", "Société Générale"),
        ("bnp", "BNP Paribas Cartes Entreprises", "BNP Paribas"),
        ("crédit mutuel", "Crédit Mutuel Cadrol", "Crédit Mutuel"),
        ("amex", "American Express", None),
        ("sogecarte", "Sogécarte Net", None),
        ("caisse d'epargne", "Caisse d'Epargne Global Affaires", "Caisse d'Épargne"),
    ],
)
def test_R39_the_card_service_comes_before_the_bank_that_issued_the_cards(
    query: str, first: str, also: str | None
) -> None:
    found = [bank.name for bank in find_banks(query)]
    assert found[0] == first
    assert also is None or also in found[1:]


def test_the_search_page_shows_what_it_found_or_that_there_is_nothing(bank: PracticeBank) -> None:
    page = opened(bank, bank.begin()[0])
    found = bank.person.get(f"{page.url}?q={quote('société générale')}").text
    assert found.index("Sogécarte Net</a>") < found.index("Société Générale</a>")
    assert "LCL" not in found
    nothing = bank.person.get(f"{page.url}?q=<b>nowhere</b>").text
    assert "Aucun résultat" in nothing
    assert "<b>nowhere" not in nothing


def test_the_seed_services_can_be_chosen() -> None:
    names = {bank.name.casefold().replace("é", "e").rstrip("!") for bank in BANKS}
    wanted = [
        "American Express",
        "Banque Populaire",
        "BforBank",
        "BNP Paribas",
        "BNP Paribas Cartes Entreprises",
        "Bred",
        "Caisse d'Epargne",
        "Caisse d'Epargne Global Affaires",
        "CIC",
        "Corner",
        "Crédit Agricole",
        "Crédit du Nord",
        "Crédit Mutuel",
        "Crédit Mutuel Cadrol",
        "Hello Bank",
        "LCL",
        "Société Générale",
        "Sogécarte Net",
        "Tarneaud",
    ]
    assert {name.casefold().replace("é", "e") for name in wanted} <= names
    assert len({bank.uuid for bank in BANKS}) == len({bank.id for bank in BANKS}) == len(BANKS)


@pytest.mark.parametrize(
    ("login", "password", "words"),
    [
        ("test", SECRET_TYPED, "refuse cet identifiant"),
        ("", "1234", "Indiquez l&#39;identifiant"),
        ("test", "", "Indiquez l&#39;identifiant"),
    ],
)
def test_a_wrong_log_in_is_said_in_words_and_keeps_the_name_typed(
    bank: PracticeBank, login: str, password: str, words: str
) -> None:
    page = opened(bank, bank.begin()[0])
    page = bank.person.get(bank.url + link_named(page.text, "LCL"))
    answer = bank.person.post(page.url, data={"login": login, "password": password})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert f'value="{login}"' in answer.text
    assert SECRET_TYPED not in answer.text


def test_R40_nothing_is_ticked_beforehand_and_none_is_refused_politely(bank: PracticeBank) -> None:
    url, _ = bank.begin(language="en")
    with pytest.raises(NotReached) as caught:
        bank.visit(url, tick=lambda ids: [])
    page = str(caught.value)
    assert "Tick at least one account or card" in page
    assert page.count('type="checkbox"') == 5
    assert "checked" not in page


def test_accounts_of_somebody_else_cannot_be_ticked(bank: PracticeBank) -> None:
    theirs = bank.accounts(bank.connect("LCL"))[0].ref
    with pytest.raises(NotReached):
        bank.connect("CIC", tick=lambda ids: [theirs])


def test_R38_no_password_is_kept_anywhere(bank: PracticeBank) -> None:
    url, _ = bank.begin()
    with pytest.raises((NotReached, KeyError)):
        bank.visit(url, password=SECRET_TYPED)
    bank.connect("LCL")
    files = [path for path in bank.folder.rglob("*") if path.is_file()]
    assert files
    assert all(SECRET_TYPED.encode() not in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://127.0.0.1:8000/banking/return", True),
        ("http://localhost:8000/banking/return", True),
        ("http://[::1]:8000/x", True),
        ("http://127.0.0.1:8000/x?y=1", False),
        ("http://127.0.0.1:8000/x#y", False),
        ("https://127.0.0.1:8000/x", False),
        ("http://evil.example/x", False),
        ("http://127.0.0.1@evil.example/x", False),
        ("//evil.example", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_the_return_address_must_be_on_the_list(
    bank: PracticeBank, address: str, allowed: bool
) -> None:
    assert allowed_return(address) is allowed
    page = opened(bank, entry(bank, redirect_uri=address))
    assert page.status_code == (200 if allowed else 400)
    assert ("return address is not on the list" in page.text) is not allowed


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"client_id": "1"}, "client ID is not"),
        ({"code": "unknown"}, "temporary code is unknown"),
    ],
)
def test_what_is_wrong_with_the_address_is_said(
    bank: PracticeBank, query: dict[str, str], words: str
) -> None:
    page = opened(bank, entry(bank, **query))
    assert page.status_code == 400
    assert words in page.text


@pytest.mark.parametrize("path", ["/webview/xx/connect", "/webview/en/payment", "/webview/connect"])
def test_there_is_no_page_without_a_known_language_and_flow(bank: PracticeBank, path: str) -> None:
    assert bank.person.get(bank.url + path).status_code == 404


def test_a_code_opens_one_visit_and_a_finished_visit_stays_closed(bank: PracticeBank) -> None:
    url, _ = bank.begin()
    first, again = opened(bank, url).url, opened(bank, url).url
    assert first == again
    bank.visit(url)
    assert opened(bank, url).status_code == 400
    over = bank.person.get(first)
    assert over.status_code == 404
    assert "Cette visite est terminée" in over.text


def test_giving_up_leaves_nothing_behind(bank: PracticeBank) -> None:
    url, kept = bank.begin()
    page = opened(bank, url)
    login = bank.person.get(bank.url + link_named(page.text, "LCL"))
    accounts = bank.person.post(login.url, data={"login": "test", "password": "1234"})
    page = bank.person.get(bank.url + accounts.headers["location"])
    cancel = re.search(r'action="([^"]+/cancel)"', page.text)
    assert cancel is not None
    back = urlsplit(bank.person.post(bank.url + cancel.group(1)).headers["location"])
    assert dict(parse_qsl(back.query)) == {
        "error": "access_denied",
        "error_description": "User cancelled",
        "state": "state/1+2",
    }
    headers = {"Authorization": f"Bearer {kept.secrets['user_token']}"}
    listed = bank.person.get(f"{bank.url}/2.0/users/me/connections", headers=headers).json()
    assert listed["connections"] == []


def test_without_a_code_a_user_is_made_and_its_code_comes_back_once(bank: PracticeBank) -> None:
    back = bank.visit(entry(bank, state="s"), "LCL")
    assert back.keys() == {"connection_id", "code", "state"}
    assert "/" in back["code"]
    assert "+" in back["code"]
    asked = {"client_id": str(CLIENT_ID), "client_secret": CLIENT_SECRET, "code": back["code"]}
    exchange = f"{bank.url}/2.0/auth/token/access"
    token = bank.person.post(exchange, json=asked).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    listed = bank.person.get(f"{bank.url}/2.0/users/me/connections", headers=headers).json()
    assert [str(row["id"]) for row in listed["connections"]] == [back["connection_id"]]
    assert bank.person.post(exchange, json=asked).status_code == 400


def test_one_asked_connector_skips_the_picker(bank: PracticeBank) -> None:
    page = opened(bank, entry(bank, connector_uuids="f5c29767-1bc8-5337-9e4e-68a0fbd91c9a"))
    assert "Log in to Société Générale" in page.text


def test_manage_shares_exactly_what_is_ticked(bank: PracticeBank) -> None:
    link = bank.connect(tick=lambda ids: ids[:2])
    code = bank.person.get(
        f"{bank.url}/2.0/auth/token/code?type=singleAccess",
        headers={"Authorization": f"Bearer {link.secrets['user_token']}"},
    ).json()["code"]
    page = opened(bank, entry(bank, flow="manage", code=code, state="s"))
    ids = re.findall(r'value="(\d+)"', page.text)
    assert page.text.count("checked") == 2
    back = bank.person.post(page.url, data={"account": [ids[1], ids[4]]})
    assert back.headers["location"] == f"{RETURN}?state=s"
    assert [a.ref for a in bank.accounts(link) if a.shared] == [ids[1], ids[4]]


def test_the_pages_forbid_everything_they_do_not_need(bank: PracticeBank) -> None:
    page = opened(bank, bank.begin()[0])
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["referrer-policy"] == "no-referrer"
    style = re.search(r'rel="stylesheet"\s+href="([^"]+)"', page.text)
    assert style is not None
    assert bank.person.get(bank.url + style.group(1)).status_code == 200
