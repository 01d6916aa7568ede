"""Connecting a bank through the aggregator's pages, over real sockets."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cardsync_sdk import (
    AccountKind,
    ConnectorError,
    Link,
    Settings,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from tests.support.practice_bank import RETURN, NotReached, PracticeBank, way_back


def test_R37_the_way_to_the_web_view(bank: PracticeBank) -> None:
    url, kept = bank.begin(language="fr")
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{bank.url}/webview/fr/connect"
    named = {"domain", "client_id", "redirect_uri", "code", "state", "max_connections"}
    assert query.keys() == named
    assert query["domain"] == "practice.biapi.pro"
    assert query["redirect_uri"] == RETURN
    assert query["state"] == "state/1+2"
    assert kept.secrets["user_token"] not in url
    assert bank.settings["client_secret"] not in url
    assert "/webview/en/connect?" in bank.begin(language="de")[0]


def test_R41_a_visit_gives_one_verified_link_with_the_ticked_accounts(bank: PracticeBank) -> None:
    url, kept = bank.begin()
    params = bank.visit(url, "Sogécarte Net", tick=lambda ids: ids[1:3])
    assert params.keys() == {"connection_id", "state"}
    assert params["state"] == "state/1+2"
    [link] = bank.finish(params, kept)
    assert (link.ref, link.institution, link.label) == (
        params["connection_id"],
        "Sogécarte Net",
        "Sogécarte Net",
    )
    assert link.secrets.keys() == {"user_token", "id_user"}
    listed = bank.accounts(link)
    assert [account.shared for account in listed] == [False, True, True, False, False]
    assert [account.kind for account in listed] == [AccountKind.ACCOUNT] + [AccountKind.CARD] * 4
    shared = [account for account in listed if account.shared]
    assert all(account.holder_name and account.number_masked for account in shared)


def test_one_user_at_the_aggregator_serves_all_the_banks_of_an_entity(bank: PracticeBank) -> None:
    first = bank.connect("Sogécarte Net")
    url, kept = bank.begin(replace(first, ref=""))
    [second] = bank.finish(bank.visit(url, "LCL"), kept)
    assert second.secrets == first.secrets
    assert second.ref != first.ref


def test_a_visit_given_up_and_begun_again_makes_no_second_user(bank: PracticeBank) -> None:
    _, kept = bank.begin()
    _, again = bank.begin(kept)
    assert again.secrets["id_user"] == kept.secrets["id_user"]


def test_a_refused_token_is_renewed_on_the_way_to_the_web_view(bank: PracticeBank) -> None:
    link = bank.connect()
    lost = replace(link, secrets={**link.secrets, "user_token": "revoked"})
    with pytest.raises(UserActionNeeded) as caught:
        bank.accounts(lost)
    assert caught.value.reason == "token_refused"
    _, kept = bank.begin(lost)
    assert kept.secrets["id_user"] == link.secrets["id_user"]
    assert bank.accounts(replace(lost, secrets=kept.secrets))


@pytest.mark.parametrize(
    ("params", "expected", "reason"),
    [
        ({"error": "access_denied"}, UserActionNeeded, "cancelled"),
        ({"error": "tos_declined"}, UserActionNeeded, "terms_declined"),
        ({"error": "session_expired"}, UserActionNeeded, "session_expired"),
        ({"error": "server_error", "error_description": "Internal"}, SourceUnavailable, None),
        ({"error": "invented_tomorrow"}, SourceUnavailable, None),
        ({"connection_id": "999999"}, SourceRejected, "foreign_connection"),
        ({"connection_id": "../../clients/1"}, SourceRejected, "foreign_connection"),
        ({"connection_ids": "310,999999"}, SourceRejected, "foreign_connection"),
        ({"connection_id": "", "state": "x"}, UserActionNeeded, "nothing_connected"),
        ({}, UserActionNeeded, "nothing_connected"),
    ],
)
def test_what_comes_back_is_a_claim(
    bank: PracticeBank,
    params: Mapping[str, str],
    expected: type[ConnectorError],
    reason: str | None,
) -> None:
    bank.connect()
    _, kept = bank.begin()
    with pytest.raises(expected) as caught:
        bank.finish(dict(params), kept)
    assert getattr(caught.value, "reason", getattr(caught.value, "code", None)) == reason


def test_a_foreign_connection_is_refused_though_it_exists(bank: PracticeBank) -> None:
    """The connection of another user must not become ours by naming it in the address."""
    theirs = bank.connect()
    _, kept = bank.begin()
    with pytest.raises(SourceRejected) as caught:
        bank.finish({"connection_id": theirs.ref}, kept)
    assert caught.value.code == "foreign_connection"


@pytest.mark.parametrize("named", ["", None])
def test_a_return_that_names_nothing_finds_what_is_new(
    bank: PracticeBank, named: str | None
) -> None:
    first = bank.connect("LCL")
    url, kept = bank.begin(replace(first, ref=""))
    made = bank.visit(url, "CIC")["connection_id"]
    params = {} if named is None else {"connection_id": named}
    assert [link.ref for link in bank.finish(params, kept)] == [made]


def test_several_banks_of_one_visit_give_several_links(bank: PracticeBank) -> None:
    url, kept = bank.begin()
    one = bank.visit(url, "LCL")["connection_id"]
    url, kept = bank.begin(kept)
    two = bank.visit(url, "CIC")["connection_id"]
    links = bank.finish({"connection_id": two, "connection_ids": f"{one},{two},{one}"}, kept)
    assert [link.institution for link in links] == ["LCL", "CIC"]


def test_R60_several_banks_are_connected_in_one_visit_to_the_web_view(bank: PracticeBank) -> None:
    url, kept = bank.begin()
    assert "max_connections=10" in url
    one = bank.visit(url, "LCL", another=True)
    assert one == {}, "the visit goes on"
    params = bank.visit(url, "CIC")
    assert params["connection_ids"].split(",")[-1] == params["connection_id"]
    assert [link.institution for link in bank.finish(params, kept)] == ["LCL", "CIC"]


def test_R60_who_gives_up_at_the_second_bank_keeps_the_first(bank: PracticeBank) -> None:
    url, kept = bank.begin()
    bank.visit(url, "LCL", another=True)
    page = bank.person.get(url, follow_redirects=True)
    answer = bank.person.post(str(page.url).replace("/banks", "/cancel"))
    assert [link.institution for link in bank.finish(way_back(answer) or {}, kept)] == ["LCL"]


def test_without_the_kept_link_nothing_is_believed(bank: PracticeBank) -> None:
    for kept in (None, Link("", secrets={})):
        with pytest.raises(SourceRejected) as caught:
            bank.finish({"connection_id": "310"}, kept)
        assert caught.value.code == "link_lost"


def test_a_broken_connection_is_repaired_not_added_twice(bank: PracticeBank) -> None:
    link = bank.connect(login="sca")
    bank.tick()
    url, kept = bank.begin(link)
    assert "/fr/reconnect?" in url
    assert f"connection_id={link.ref}" in url
    params = bank.visit(url)
    assert params == {"state": "state/1+2"}
    [repaired] = bank.finish(params, kept)
    assert repaired == link
    assert bank.fetch(repaired)[-1].complete


def test_R45_accounts_are_added_to_a_connection_that_works(bank: PracticeBank) -> None:
    link = bank.connect(tick=lambda ids: ids[:2])
    url, kept = bank.begin(link)
    assert "/fr/manage?" in url
    assert f"connection_id={link.ref}" in url
    page = bank.person.get(url, follow_redirects=True)
    ids = re.findall(r'name="account"\s+value="(\d+)"', page.text)
    assert len(re.findall(r"\bchecked\b", page.text)) == 2, "what is shared is ticked already"
    bank.person.post(page.url, data={"account": ids[:3]})
    [again] = bank.finish({}, kept)
    assert again == link
    assert [one.ref for one in bank.accounts(again) if one.shared] == ids[:3]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_secret": "wrong"}, "client_refused"),
        ({"client_secret": ""}, "bad_settings"),
        ({"client_id": "twelve"}, "bad_settings"),
        ({"base_url": "https://evil.example/2.0"}, "bad_address"),
        ({"base_url": "http://127.0.0.1:1"}, "bad_settings"),
        ({"base_url": ""}, "bad_address"),
        ({"webview_url": "https://evil.example"}, "bad_address"),
        ({"webview_url": "javascript:alert(1)"}, "bad_address"),
    ],
)
def test_wrong_settings_are_named(
    bank: PracticeBank, changed: Mapping[str, str], code: str
) -> None:
    settings = Settings({**bank.settings.values, **changed})
    with pytest.raises(SourceRejected) as caught:
        begin(bank, settings)
    assert caught.value.code == code
    assert "wrong" not in str(caught.value)


def begin(bank: PracticeBank, settings: Settings, **changed: Any) -> Any:
    arguments = {"return_url": RETURN, "state": "s", "language": "fr", "link": None, **changed}
    return bank.connector.call("begin_link", settings=settings, **arguments)


def test_the_user_is_made_once_even_when_the_source_fails(bank: PracticeBank) -> None:
    """Creating a user is billable: it is never tried again by itself."""
    bank.fail("500", path="/auth/init")
    with pytest.raises(SourceUnavailable):
        bank.begin()
    _, kept = bank.begin()
    assert kept.secrets["id_user"] == "41"


def test_select_accounts_shares_exactly_the_chosen(bank: PracticeBank) -> None:
    link = bank.connect(tick=lambda ids: ids[:2])
    refs = [account.ref for account in bank.accounts(link)]
    bank.connector.call("select_accounts", link=link, refs=[refs[1], refs[4]])
    assert [account.ref for account in bank.accounts(link) if account.shared] == [refs[1], refs[4]]
    bank.connector.call("select_accounts", link=link, refs=[refs[1], refs[4]])
    with pytest.raises(SourceRejected) as caught:
        bank.connector.call("select_accounts", link=link, refs=[refs[0], "999"])
    assert caught.value.code == "unknown_account"
    assert [account.ref for account in bank.accounts(link) if account.shared] == [refs[1], refs[4]]


def test_unlink_may_be_repeated(bank: PracticeBank) -> None:
    link = bank.connect()
    bank.connector.call("unlink", link=link)
    bank.connector.call("unlink", link=link)
    with pytest.raises(UserActionNeeded) as caught:
        bank.accounts(link)
    assert caught.value.reason == "connection_gone"


def test_a_refresh_too_soon_is_no_error_and_a_late_one_brings_news(bank: PracticeBank) -> None:
    link = bank.connect()
    before = len(bank.truth(link))
    bank.connector.call("request_refresh", link=link, interactive=False)
    assert len(bank.truth(link)) == before
    bank.control("connections/" + link.ref + "/state", state="SCARequired")
    with pytest.raises(UserActionNeeded):
        bank.connector.call("request_refresh", link=link, interactive=True)


def test_diagnose_says_in_words_how_the_link_stands(bank: PracticeBank) -> None:
    link = bank.connect(tick=lambda ids: ids[:2])
    words = bank.connector.call("diagnose", link=link)
    assert words["Bank"] == "Sogécarte Net"
    assert words["State"] == "ok"
    assert words["Accounts"] == "2 shared of 5"
    assert words["Consent ends"] == "2026-09-13 07:00 UTC"
    assert all(secret not in str(words) for secret in link.secrets.values() if len(secret) > 5)


@pytest.mark.parametrize("ref", ["", "310/../..", "310 ", "١٢", "abc"])
def test_only_a_number_becomes_part_of_a_path(bank: PracticeBank, ref: str) -> None:
    link = replace(bank.connect(), ref=ref)
    with pytest.raises(SourceRejected):
        bank.accounts(link)


def test_the_person_who_gives_up_or_ticks_nothing(bank: PracticeBank) -> None:
    url, kept = bank.begin()
    with pytest.raises(NotReached, match="Cochez au moins un compte"):
        bank.visit(url, tick=lambda ids: [])
    # The same visit goes on: the code is used, the page still there.
    page = bank.person.get(url, follow_redirects=True)
    cancel = re.search(r'action="([^"]+/cancel)"', page.text)
    assert cancel is not None
    back = bank.person.post(bank.url + cancel.group(1))
    assert "error=access_denied" in back.headers["location"]
    assert "state=state%2F1%2B2" in back.headers["location"]
    with pytest.raises(UserActionNeeded, match="no bank was connected"):
        bank.finish({}, kept)
