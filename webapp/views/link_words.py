"""What went wrong on a trip to a partner's page: what happened, who must act, what to do next."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from flask_babel import gettext as _

from webapp.domain.schedule import FailureKind
from webapp.sync.links import LinkProblem
from webapp.views.errors import Explanation
from webapp.views.help_links import RETURN, of_problem

# The partner's trouble, a conflict with what the person did there, or ours.
_STATUS: Final = {
    FailureKind.UNAVAILABLE: 503,
    FailureKind.RATE_LIMITED: 503,
    FailureKind.USER_ACTION: 409,
    FailureKind.REJECTED: 409,
    FailureKind.PLUGIN_BUG: 502,
    FailureKind.OUR_FAULT: 500,
}


def status_of(problem: LinkProblem) -> int:
    """Return the HTTP status that fits ``problem``."""
    return _STATUS[problem.kind]


def explain(problem: LinkProblem, partner: str) -> Explanation:
    """Return the words for ``problem`` met at ``partner``."""
    words = REASONS.get(problem.reason) or _BY_KIND[problem.kind]
    return replace(words(partner), article=of_problem(problem))


def unknown_return() -> Explanation:
    """Return the words for a return that belongs to no trip of this person."""
    return Explanation(
        _("This return does not belong to a trip of yours"),
        _(
            "The address carries no state, or one that was given to somebody else. "
            "Nothing was changed."
        ),
        _("Start again from “Configuration of expense imports”, logged in as the same person."),
        "shield-alert",
        RETURN,
    )


def used_return() -> Explanation:
    """Return the words for a return that was taken before."""
    return Explanation(
        _("This return was already used"),
        _("Each trip to the partner's page can be ended once. Nothing was changed this time."),
        _("What you shared is in the list of banking interfaces. To share more, start again."),
        "history",
        RETURN,
    )


def expired_return() -> Explanation:
    """Return the words for a return that comes too late."""
    return Explanation(
        _("This trip took too long"),
        _("For your safety a trip to the partner's page must end within half an hour."),
        _("Start again; nothing is charged or connected twice."),
        "clock-alert",
        RETURN,
    )


def _down(partner: str) -> Explanation:
    return Explanation(
        _("%(partner)s does not answer as it should", partner=partner),
        _("The partner is out of order or unreachable at the moment. Nothing was changed."),
        _("Nobody has to act: try again in a few minutes."),
        "server-crash",
    )


def _slow(partner: str) -> Explanation:
    return Explanation(
        _("%(partner)s takes too long", partner=partner),
        _("There was no answer within the time a page may wait. Nothing was changed."),
        _("Nobody has to act: try again in a few minutes."),
        "clock-alert",
    )


def _too_many(partner: str) -> Explanation:
    return Explanation(
        _("%(partner)s asks us to wait", partner=partner),
        _("Too many requests were made in a short time. Nothing was changed."),
        _("Try again in a quarter of an hour."),
        "clock-alert",
    )


def _terms(partner: str) -> Explanation:
    return Explanation(
        _("The terms of %(partner)s were not accepted", partner=partner),
        _("Without them the partner connects no bank. Nothing was changed."),
        _("Start again if you want to accept them, or hand in statement files instead."),
        "file-text",
    )


def _session_over(partner: str) -> Explanation:
    return Explanation(
        _("Your session at %(partner)s ended", partner=partner),
        _("The partner's page was left open too long. Nothing was changed."),
        _("Start again; you will be asked for the bank once more."),
        "clock-alert",
    )


def _nothing(_partner: str) -> Explanation:
    return Explanation(
        _("No bank was connected"),
        _("You came back without having connected one. Nothing was changed."),
        _("Start again, choose the bank or card service and tick at least one account."),
        "landmark",
    )


def _foreign(_partner: str) -> Explanation:
    return Explanation(
        _("This return names somebody else's connection"),
        _(
            "The partner does not know the connection as one of this legal entity. "
            "Nothing was changed."
        ),
        _("Start again from this page. If it comes back, contact support."),
        "shield-alert",
    )


def _settings(partner: str) -> Explanation:
    return Explanation(
        _("%(partner)s is not set up correctly here", partner=partner),
        _("The partner refused the settings of this installation. Nothing was changed."),
        _("Whoever runs this server must check them; “cardsync doctor” says what is wrong."),
        "settings",
    )


def _refused(partner: str) -> Explanation:
    return Explanation(
        _("%(partner)s refused", partner=partner),
        _("The same request would be refused again. Nothing was changed."),
        _("Start again; if it is refused once more, contact support."),
        "octagon-alert",
    )


def _person(partner: str) -> Explanation:
    return Explanation(
        _("%(partner)s waits for you", partner=partner),
        _("The bank wants something that only you can do there. Nothing was changed."),
        _("Start again and follow the bank's instructions to the end."),
        "user",
    )


def _bug(partner: str) -> Explanation:
    return Explanation(
        _("The connector for %(partner)s failed", partner=partner),
        _("This is a mistake in the connector, not in what you did. It was written to the log."),
        _("Tell whoever runs this server. Statement files can be handed in meanwhile."),
        "server-crash",
    )


def _secrets(_partner: str) -> Explanation:
    return Explanation(
        _("The stored secrets cannot be opened"),
        _("The key they were encrypted with is not configured on this server any more."),
        _("Whoever runs this server must restore the key; “cardsync doctor” says which."),
        "lock",
    )


def _gone(partner: str) -> Explanation:
    return Explanation(
        _("The connector for %(partner)s is gone", partner=partner),
        _("It was removed from this server while you were away. Nothing was changed."),
        _("Whoever runs this server must install it again; then start again."),
        "plug",
    )


_BY_KIND: Final[dict[FailureKind, Callable[[str], Explanation]]] = {
    FailureKind.UNAVAILABLE: _down,
    FailureKind.RATE_LIMITED: _too_many,
    FailureKind.USER_ACTION: _person,
    FailureKind.REJECTED: _refused,
    FailureKind.PLUGIN_BUG: _bug,
    FailureKind.OUR_FAULT: _bug,
}
REASONS: Final[dict[str, Callable[[str], Explanation]]] = {
    "deadline": _slow,
    "terms_declined": _terms,
    "session_expired": _session_over,
    "nothing_connected": _nothing,
    "foreign_connection": _foreign,
    "bad_settings": _settings,
    "bad_address": _settings,
    "token_refused": _settings,
    "secrets_closed": _secrets,
    "connector_gone": _gone,
}
