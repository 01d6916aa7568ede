"""The step before waiting transactions become expenses, as a browser meets it (R27, R28, D-E)."""

from datetime import date

import pytest
from flask import Flask

from tests.support.import_admin import Admin, hand_in, words
from tests.support.web import HTMX

DAYS = (date(2026, 3, 3), date(2026, 3, 10), date(2026, 3, 20))


@pytest.fixture
def place(claire: Admin, app: Flask) -> str:
    """An interface of whose cards one has three transactions that wait."""
    place = claire.connect()
    hand_in(claire, app, "c2", *((day, -1000 - 20 * n) for n, day in enumerate(DAYS)))
    return place


def save(claire: Admin, place: str, ref: str = "c2") -> str:
    """Where the row of an account is saved."""
    return f"{place}/accounts/{claire.account(ref).id}"


def typed(claire: Admin, person: str = "camille", ref: str = "c2", **more: str) -> dict[str, str]:
    """Fill in the row: a holder, who pays, and what a preview asks."""
    return claire.fields(ref, claire.user(f"{person}@faure.example"), "company", **more)


def test_R27_each_account_says_how_many_wait_how_much_and_since_when(
    claire: Admin, place: str
) -> None:
    line = "3 waiting · -€30.60 · since 3 March 2026"
    assert line in words(claire.browser.get(place))
    listed = words(claire.browser.get(claire.home))
    assert f"In all: {line}" in listed
    assert listed.count(line) == 2, "in all, and at its interface"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "in the row"])
def test_R28_D_E_attaching_first_shows_what_it_makes(
    claire: Admin, place: str, headers: dict[str, str]
) -> None:
    answer = claire.browser.post(save(claire, place), typed(claire), headers=headers)
    assert answer.status_code == 200
    said = words(answer)
    for part in ("For Camille Moreau", "Expenses 3", "-€30.60", "Oldest 3 March 2026"):
        assert part in said
    assert "Nothing is saved yet" in said
    assert ("<html" in answer.text) is not bool(headers)
    assert claire.holders() == {}
    assert claire.expenses() == {}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "in the row"])
def test_R28_D_E_fewer_may_be_taken_and_the_rest_later(
    claire: Admin, place: str, headers: dict[str, str]
) -> None:
    chosen = {"start": "from", "from": "2026-03-10"}
    shown = claire.browser.post(
        save(claire, place), typed(claire, **chosen) | {"again": "1"}, headers=headers
    )
    assert "Expenses 2" in words(shown)
    assert "1 transaction goes on waiting. It is not lost" in words(shown)
    confirmed = typed(claire, **chosen, confirm="1")
    for _twice in range(2):
        claire.browser.post(save(claire, place), confirmed, headers=headers)
        assert set(claire.expenses()) == set(DAYS[1:])
    assert "1 waiting" in words(claire.browser.get(place))

    waiting = f"{save(claire, place)}/waiting"
    assert "Nobody held it until 9 March 2026" in words(claire.browser.get(waiting))
    given = {"holder": claire.user("julie@faure.example"), "last": "2026-03-09"}
    for _twice in range(2):
        claire.browser.post(f"{save(claire, place)}/holders", given)
        assert claire.expenses()[DAYS[0]] == "Julie Perrin"
    assert "Nothing waits" in words(claire.browser.get(waiting))


def test_R28_confirmed_once_more_or_from_another_tab_nothing_is_doubled(
    claire: Admin, place: str
) -> None:
    confirmed = typed(claire, start="all", confirm="1")
    for _tab in range(3):
        answer = claire.browser.post(save(claire, place), confirmed)
        assert answer.status_code == 303
        assert claire.expenses() == dict.fromkeys(DAYS, "Camille Moreau")


def test_a_confirmation_of_what_has_changed_meanwhile_is_shown_again(
    claire: Admin, place: str
) -> None:
    claire.browser.post(save(claire, place), typed(claire, "julie", confirm="1"))
    answer = claire.browser.post(save(claire, place), typed(claire, start="all", confirm="1"))
    assert answer.status_code == 200
    assert "Julie Perrin hands over to Camille Moreau" in words(answer)
    assert claire.holders() == {"Carte Camille": "Julie Perrin"}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "in the row"])
@pytest.mark.parametrize(
    ("day", "said"),
    [("", "Give the first day."), ("31/12", "Give the first day."), ("2999-01-01", "to come")],
)
def test_D_E_a_day_that_is_none_or_to_come_is_refused_beside_its_field(
    claire: Admin, place: str, headers: dict[str, str], day: str, said: str
) -> None:
    fields = typed(claire, start="from", confirm="1") | {f"from-{claire.account('c2').id}": day}
    for path in (save(claire, place), f"{place}/accounts"):
        answer = claire.browser.post(path, fields, headers=headers)
        assert answer.status_code == 422
        assert said in words(answer)
    assert claire.holders() == {}


def test_no_preview_where_nothing_waits(claire: Admin, place: str) -> None:
    answer = claire.browser.post(save(claire, place, "c3"), typed(claire, ref="c3"))
    assert answer.status_code == 303
    assert claire.holders() == {"Carte Anna": "Camille Moreau"}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_R42_all_rows_saved_at_once_show_one_preview_with_a_sum_for_each(
    claire: Admin, app: Flask, place: str, headers: dict[str, str]
) -> None:
    hand_in(claire, app, "c1", (DAYS[0], -500))
    fields = typed(claire) | typed(claire, "julie", "c1") | typed(claire, "karim", "c3")
    answer = claire.browser.post(f"{place}/accounts", fields, headers=headers)
    said = words(answer)
    assert "For Camille Moreau Expenses 3" in said
    assert "For Julie Perrin Expenses 1" in said
    assert "Carte Anna" not in said, "nothing waits there"
    assert claire.holders() == {}
    confirmed = {f"confirm-{claire.account(ref).id}": "1" for ref in ("c1", "c2")}
    claire.browser.post(f"{place}/accounts", fields | confirmed, headers=headers)
    assert len(claire.holders()) == 3
    assert len(claire.expenses()) == 3, "two of one day by different people"


def test_what_was_typed_in_other_rows_is_carried_through_the_preview(
    claire: Admin, place: str
) -> None:
    fields = typed(claire) | typed(claire, "julie", "c3")
    preview = claire.browser.post(save(claire, place), fields).text
    julie, key = claire.user("julie@faure.example"), claire.account("c3").id
    assert f'name="holder-{key}" value="{julie}"' in preview


# Handing over (R14, D-F)


def test_R14_D_F_handing_over_asks_from_which_day_and_shows_past_holders(
    claire: Admin, place: str
) -> None:
    claire.browser.post(save(claire, place), typed(claire, confirm="1"))
    camille = claire.user("camille@faure.example")
    asked = claire.browser.post(save(claire, place), typed(claire, "julie"))
    assert "First day of Julie Perrin" in words(asked)
    handed = typed(claire, "julie", start="from", confirm="1", was=camille) | {
        f"from-{claire.account('c2').id}": "2026-03-15"
    }
    for _twice in range(2):
        assert claire.browser.post(save(claire, place), handed).status_code == 303
    shown = words(claire.browser.get(place))
    assert "Julie Perrin since 15 Mar 2026" in shown
    assert "Camille Moreau until 14 Mar 2026" in shown
    assert set(claire.expenses().values()) == {"Camille Moreau"}, "what is made never moves"


def test_D_F_it_cannot_be_handed_over_before_it_was_held(claire: Admin, place: str) -> None:
    camille = claire.user("camille@faure.example")
    first = typed(claire, start="from", confirm="1", **{"from": "2026-03-10"})
    claire.browser.post(save(claire, place), first)
    early = typed(claire, "julie", start="from", confirm="1", was=camille, **{"from": "2026-03-10"})
    answer = claire.browser.post(save(claire, place), early)
    assert answer.status_code == 422
    assert "choose 11 Mar 2026 or later" in words(answer)
    assert claire.holders() == {"Carte Camille": "Camille Moreau"}
