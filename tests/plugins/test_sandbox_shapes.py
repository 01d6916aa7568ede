"""The practice bank answers in the very shapes of the recorded samples of the API."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from cardsync_budget_insight.sandbox import CLIENT_ID, CLIENT_SECRET
from cardsync_sdk import Link
from tests.support.needs import shared_material
from tests.support.practice_bank import PracticeBank, practice_bank
from tests.support.shapes import shape_of

CLIENT = {"client_id": str(CLIENT_ID), "client_secret": CLIENT_SECRET}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeBank]:
    with practice_bank(tmp_path_factory.mktemp("bank")) as opened:
        yield opened


@pytest.fixture(scope="module")
def link(bank: PracticeBank) -> Link:
    """A connection with everything a sample shows: deferred cards, holds, abroad, refunds."""
    link = bank.connect(tick=lambda ids: ids[:-1])
    card = next(ref.ref for ref in bank.shared(link) if ref.ref != bank.shared(link)[0].ref)
    bank.control("transactions", id_account=card, value=None, gross_value="300.00")
    return link


def sample(name: str) -> Any:
    path = shared_material(f"budget_insight/payloads/{name}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def expect_shape(actual: Any, *samples: Any) -> None:
    differences = list(shape_of(samples).differences(actual))
    assert not differences, "\n".join(differences[:10])


def call(bank: PracticeBank, link: Link | None, path: str, method: str = "GET", **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {link.secrets['user_token']}"} if link else {}
    answer = bank.person.request(
        method, f"{bank.url}/2.0{path}", headers=headers, json=body or None
    )
    answer.raise_for_status()
    return answer.json()


def without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key not in keys}


def test_users_and_tokens(bank: PracticeBank) -> None:
    lasting = call(bank, None, "/auth/init", "POST", **CLIENT)
    expect_shape(lasting, sample("auth_init_permanent"))
    expect_shape(call(bank, None, "/auth/init", "POST"), sample("auth_init_temporary"))
    user = Link("", secrets={"user_token": lasting["auth_token"]})
    for method in ("GET", "POST"):
        code = call(bank, user, "/auth/token/code?type=singleAccess", method)
        expect_shape(code, sample("auth_token_code"))
    exchanged = call(bank, None, "/auth/token/access", "POST", **CLIENT, code=code["code"])
    expect_shape(exchanged, sample("auth_token_access"))
    renewed = call(bank, None, "/auth/renew", "POST", **CLIENT, id_user=lasting["id_user"])
    expect_shape(renewed, sample("auth_renew"))
    expect_shape(call(bank, user, "/users/me"), sample("users_me"))
    expect_shape(call(bank, user, f"/clients/{CLIENT_ID}"), sample("clients_get"))


def test_connectors(bank: PracticeBank) -> None:
    expect_shape(call(bank, None, "/connectors"), sample("connectors_list"))
    path = "/connectors/338178e6-3d01-564f-9a7b-52ca442459bf?expand=sources,fields"
    recorded = sample("connector_expand_sources_fields")
    # A connector without transfers says null, as one in the recorded list does.
    expect_shape(call(bank, None, path), recorded, recorded | {"transfer_mechanism": None})


def test_accounts(bank: PracticeBank, link: Link) -> None:
    listed, every = sample("accounts_list"), sample("accounts_all_with_disabled")
    path = f"/users/me/connections/{link.ref}/accounts"
    expect_shape(call(bank, link, path), listed)
    expect_shape(call(bank, link, f"{path}?all"), listed, every)
    accounts = {row["id"]: row for row in call(bank, link, f"{path}?all")["accounts"]}
    hidden = [row for row in accounts.values() if row["disabled"]]
    assert hidden
    expect_shape(hidden[0], *[row for row in every["accounts"] if row["disabled"]])
    expect_shape(call(bank, link, "/account_types"), sample("account_types"))


def test_accounts_are_shared_as_the_recorded_request_asks(bank: PracticeBank) -> None:
    link = bank.connect("Société Générale")
    asked = sample("account_enable_request")
    ids = ",".join(account.ref for account in bank.accounts(link)[:2])
    path = f"/users/me/connections/{link.ref}/accounts/{ids}?all"
    changed = call(bank, link, path, asked["method"], disabled=True)
    assert [row["disabled"] is not None for row in changed["accounts"]] == [True, True]
    changed = call(bank, link, path, asked["method"], **asked["json"])
    assert [row["disabled"] for row in changed["accounts"]] == [None, None]


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (None, "connection_ok"),
        ("actionNeeded", "connection_action_needed"),
        ("additionalInformationNeeded", "connection_additional_information_needed"),
        ("bug", "connection_bug"),
        ("decoupled", "connection_decoupled"),
        ("passwordExpired", "connection_password_expired"),
        ("rateLimiting", "connection_rate_limiting"),
        ("SCARequired", "connection_sca_required"),
        ("validating", "connection_validating"),
        ("webauthRequired", "connection_webauth_required"),
        ("websiteUnavailable", "connection_website_unavailable"),
        ("wrongpass", "connection_wrongpass"),
    ],
)
def test_a_connection_in_each_state(
    bank: PracticeBank, link: Link, state: str | None, name: str
) -> None:
    bank.control(f"connections/{link.ref}/state", state=state)
    answer = call(bank, link, f"/users/me/connections/{link.ref}")
    # The recorded webauth state alone shows when the attempt ends.
    expected = sample(name) | {"expire": None}
    expect_shape(answer, expected)
    assert answer["state"] == expected["state"]
    assert (answer["next_try"] is None) is (expected["next_try"] is None)
    sources = call(bank, link, f"/users/me/connections/{link.ref}/sources")
    expect_shape(without(sources["sources"][0], "state", "next_try"), *_sources())
    bank.control(f"connections/{link.ref}/state", state=None)


def _sources() -> list[Any]:
    return [without(row, "state", "next_try") for row in sample("connection_sources")["sources"]]


def test_transactions(bank: PracticeBank, link: Link) -> None:
    pages = [sample("transactions_page1"), sample("transactions_page2_last")]
    changes = without(sample("transactions_incremental_all"), "_request")
    first = call(bank, link, "/users/me/transactions?min_date=2026-01-01&limit=200")
    expect_shape(first, *pages, changes)
    last = bank.person.get(
        first["_links"]["next"]["href"],
        headers={"Authorization": f"Bearer {link.secrets['user_token']}"},
    ).json()
    expect_shape(last, *pages, changes)
    assert last["_links"]["next"] is None
    rows = first["transactions"] + last["transactions"]
    assert {row["type"] for row in rows} >= {"deferred_card", "summary_card"}
    assert any(row["coming"] for row in rows)
    assert any(row["original_currency"] for row in rows)
    gone = last["transactions"][-1]["id"]
    bank.control(f"transactions/{gone}", "DELETE")
    path = "/users/me/transactions?limit=1000&all&last_update=2026-03-16%2004:00:00"
    incremental = call(bank, link, path)
    expect_shape(incremental, *pages, changes)
    assert any(row["deleted"] for row in incremental["transactions"])


@pytest.mark.parametrize(
    ("path", "method", "token", "code"),
    [
        ("/users/me/transactions", "GET", True, "missingParameter"),
        ("/users/me/transactions?limit=10&min_date=yesterday", "GET", True, "invalidValue"),
        ("/users/me", "GET", False, "unauthorized"),
        ("/users/me/connections", "POST", True, "forbidden"),
        ("/users/me/connections/999999", "GET", True, "notFound"),
        ("/nothing", "GET", True, "notFound"),
        ("/auth/init", "GET", False, "methodNotAllowed"),
        ("/users/me/connections/{ref}", "PUT", True, "tooManySync"),
    ],
)
def test_refusals(
    bank: PracticeBank, link: Link, path: str, method: str, token: bool, code: str
) -> None:
    answer = refused(bank, link if token else None, path.format(ref=link.ref), method)
    known = [row for row in sample("errors") if isinstance(row["body"], dict)]
    assert answer.json()["code"] == code
    assert answer.status_code in {row["status"] for row in known if row["body"]["code"] == code}
    expect_shape(answer.json(), *[row["body"] for row in known])


def test_no_account_shared_is_refused(bank: PracticeBank) -> None:
    link = bank.connect("LCL")
    bank.connector.call("select_accounts", link=link, refs=[])
    path = f"/users/me/connections/{link.ref}/transactions?limit=10"
    answer = refused(bank, link, path)
    assert (answer.status_code, answer.json()["code"]) == (409, "noAccount")


def refused(
    bank: PracticeBank, link: Link | None, path: str, method: str = "GET"
) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {link.secrets['user_token']}"} if link else {}
    return bank.person.request(method, f"{bank.url}/2.0{path}", headers=headers)
