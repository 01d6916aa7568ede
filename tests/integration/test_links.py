"""The bounded calls to a connector that a page needs: a deadline, and errors as values."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cardsync_sdk import (
    Link,
    RateLimited,
    Settings,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from tests.support.link_desk import NOW, sogecarte
from tests.support.scripted_partner import PAGE, USER_SECRET, ScriptedPartner
from webapp.domain.schedule import FailureKind
from webapp.sync.links import MOST_AT_ONCE, LinkCalls, LinkProblem

SETTINGS = Settings()
LINK = Link("310", SETTINGS, {"token": "t"})


@pytest.fixture
def partner() -> ScriptedPartner:
    """A partner with one bank."""
    return sogecarte()


def test_a_hanging_connector_gives_a_message_never_a_hung_page(partner: ScriptedPartner) -> None:
    partner.hang["list_accounts"] = 0.5
    began = time.monotonic()
    problem = LinkCalls(partner.connector(), deadline=0.05).accounts(LINK)
    assert problem == LinkProblem(FailureKind.UNAVAILABLE, "deadline")
    assert time.monotonic() - began < 0.4


def test_connectors_that_hang_for_good_do_not_eat_up_every_thread(
    partner: ScriptedPartner,
) -> None:
    partner.hang["list_accounts"] = 1.0
    calls = LinkCalls(partner.connector(), deadline=0.0)
    for _call in range(MOST_AT_ONCE):
        calls.accounts(LINK)
    began = time.monotonic()
    patient = LinkCalls(partner.connector(), deadline=30)
    assert patient.accounts(LINK) == LinkProblem(FailureKind.UNAVAILABLE, "deadline")
    assert time.monotonic() - began < 0.5, "refused at once"
    partner.hang.clear()
    assert _soon(lambda: isinstance(patient.accounts(LINK), tuple)), "places come back"


def _soon(condition: object) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
    return False


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (
            SourceUnavailable("502", user_message="Banque fermée"),
            LinkProblem(FailureKind.UNAVAILABLE, "unavailable", "Banque fermée"),
        ),
        (
            RateLimited("slow down", until=NOW),
            LinkProblem(FailureKind.RATE_LIMITED, "rate_limited", None, NOW),
        ),
        (
            UserActionNeeded("tos", reason="terms_declined"),
            LinkProblem(FailureKind.USER_ACTION, "terms_declined"),
        ),
        (
            SourceRejected("not ours", code="foreign_connection"),
            LinkProblem(FailureKind.REJECTED, "foreign_connection"),
        ),
        (ValueError("a bug"), LinkProblem(FailureKind.PLUGIN_BUG, "plugin_bug")),
    ],
    ids=["down", "too fast", "admin", "integrator", "bug"],
)
def test_each_error_comes_back_as_a_value(
    partner: ScriptedPartner, error: Exception, problem: LinkProblem
) -> None:
    partner.fail["finish_link"] = error
    assert LinkCalls(partner.connector()).finish(SETTINGS, {}, LINK) == problem


def test_the_text_of_an_unforeseen_error_is_not_logged(
    partner: ScriptedPartner, caplog: pytest.LogCaptureFixture
) -> None:
    partner.fail["list_accounts"] = RuntimeError(f"refused {USER_SECRET}")
    with caplog.at_level(logging.DEBUG):
        LinkCalls(partner.connector()).accounts(LINK)
    assert "RuntimeError" in caplog.text
    assert USER_SECRET not in caplog.text


def test_a_wrong_answer_of_a_plugin_is_its_bug(partner: ScriptedPartner) -> None:
    partner.banks = {"310": ("Bred", ["not an account"])}  # type: ignore[list-item]
    partner.answers["begin_link"] = PAGE
    calls = LinkCalls(partner.connector())
    bug = LinkProblem(FailureKind.PLUGIN_BUG, "plugin_bug")
    assert calls.accounts(LINK) == bug
    assert calls.begin(SETTINGS, return_url="", state="", language="fr", link=None) == bug


def test_a_redirect_to_something_that_is_no_web_page_is_the_plugins_bug(
    partner: ScriptedPartner,
) -> None:
    partner.page = "javascript:alert(1)//"
    calls = LinkCalls(partner.connector())
    problem = calls.begin(SETTINGS, return_url="", state="", language="fr", link=None)
    assert problem == LinkProblem(FailureKind.PLUGIN_BUG, "plugin_bug")


def test_the_other_calls_go_through_and_one_a_plugin_lacks_says_so(
    partner: ScriptedPartner,
) -> None:
    calls = LinkCalls(partner.connector())
    assert calls.diagnose(LINK) == {"state": "connected"}
    assert calls.select(LINK, ["c1"]) is None
    assert partner.answers["selected"] == ("c1",)
    assert calls.unlink(LINK) is None
    assert partner.banks == {}
    poor = replace(partner.connector(), hooks=frozenset({"fetch_transactions"}))
    assert LinkCalls(poor).diagnose(LINK) == LinkProblem(FailureKind.REJECTED, "not_offered")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Let calls that were left behind end, so that the next test finds every place free."""
    yield
    for thread in threading.enumerate():
        if thread.name == "connector-call":
            thread.join(timeout=5)
