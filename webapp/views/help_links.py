"""Which help article belongs to which state, reason and page (R51, R81).

A test walks every closed list below: a new reason without an article fails it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import request, url_for
from flask_babel import LazyString, lazy_gettext

from webapp.domain.fates import Fate
from webapp.domain.freshness import Trouble
from webapp.domain.interfaces import InterfaceState
from webapp.domain.receipts import Refusal
from webapp.domain.reports import Hindrance, StepRefusal
from webapp.domain.schedule import FailureKind
from webapp.jobs.asking import Obstacle
from webapp.sync.links import LinkProblem

CONSENT, PASSWORD, BANK = "consent-expired", "wrong-password", "bank-waits-for-you"
PURCHASE: Final = "where-is-my-purchase"
LOG_IN: Final = "cannot-log-in"
RETURN: Final = "trip-not-finished"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A group of articles in the index."""

    title: LazyString
    slugs: tuple[str, ...]


SHELVES: Final[Sequence[Shelf]] = (
    Shelf(
        lazy_gettext("Getting things done"),
        (
            "first-interface",
            "card-service-not-bank",
            "what-the-partner-sees",
            "attach-cards",
            "finish-expense",
            "enter-by-hand",
            "holds-and-refunds",
            "reports",
            "stop-or-delete",
            "run-history",
            "undo-a-run",
            "audit-trail",
            "by-file",
        ),
    ),
    Shelf(
        lazy_gettext("Something is missing, or there twice"),
        (
            PURCHASE,
            "one-or-two",
            "waiting-transactions",
            "not-shared",
            "late-feed",
            "tried-again",
            "days-not-fetched",
            "balance-differs",
        ),
    ),
    Shelf(
        lazy_gettext("A connection needs you"),
        (
            CONSENT,
            PASSWORD,
            BANK,
            "account-not-seen",
            "refused-by-partner",
            "quota-used-up",
            "connector-fault",
            "interface-not-finished",
            "interface-stopped",
            "trip-not-finished",
            "partner-does-not-answer",
            "partner-not-set-up",
        ),
    ),
    Shelf(
        lazy_gettext("A page or a form says no"),
        (
            "receipt-refused",
            "expense-not-in-report",
            "report-step-refused",
            "changed-meanwhile",
            LOG_IN,
            "not-allowed",
            "page-not-found",
            "form-refused",
            "our-mistake",
        ),
    ),
)
SLUGS: Final = tuple(slug for shelf in SHELVES for slug in shelf.slugs)

# What a connector says a person must do; a word we do not know is still for a person.
NEEDS_USER: Final[Mapping[str, str]] = {
    "consent_expired": CONSENT,
    "connection_gone": CONSENT,
    "token_refused": CONSENT,
    "wrong_password": PASSWORD,
    "password_expired": PASSWORD,
    "action_at_bank": BANK,
    "approval_needed": BANK,
    "bank_login_needed": BANK,
    "code_needed": BANK,
    "nothing_connected": "trip-not-finished",
}
# Why a sync failed though nobody has to act at the bank.
RUN_ERRORS: Final[Mapping[str, str]] = {
    "unavailable": "tried-again",
    "limit_reached": "tried-again",
    "too_slow": "tried-again",
    "memory": "our-mistake",
    "interrupted": "tried-again",
    "database": "our-mistake",
    "rate_limited": "quota-used-up",
    "plugin_bug": "connector-fault",
    "signs_flipped": "connector-fault",
    "unreadable": "connector-fault",
}
TROUBLES: Final[Mapping[Trouble, str]] = {
    Trouble.NEEDS_USER: BANK,
    Trouble.REJECTED: "refused-by-partner",
    Trouble.NOT_SEEN: "account-not-seen",
    Trouble.LATE: "late-feed",
}
# Interfaces of these states have something to explain; an active one by its trouble or last error.
STATES: Final[Mapping[InterfaceState, str]] = {
    InterfaceState.INCOMPLETE: "interface-not-finished",
    InterfaceState.ACTIVE: "tried-again",
    InterfaceState.NEEDS_USER: BANK,
    InterfaceState.REJECTED: "refused-by-partner",
    InterfaceState.STOPPED: "interface-stopped",
}
OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.INCOMPLETE: "interface-not-finished",
    Obstacle.NEEDS_USER: BANK,
    Obstacle.REJECTED: "refused-by-partner",
    Obstacle.STOPPED: "interface-stopped",
    Obstacle.BY_FILE: "by-file",
    Obstacle.NO_CONNECTOR: "connector-fault",
    Obstacle.UNDER_WAY: "run-history",
}
# A sync that was asked for more often than the source bears.
PUT_OFF: Final = "quota-used-up"
TRIP_KINDS: Final[Mapping[FailureKind, str]] = {
    FailureKind.UNAVAILABLE: "partner-does-not-answer",
    FailureKind.RATE_LIMITED: "partner-does-not-answer",
    FailureKind.USER_ACTION: BANK,
    FailureKind.REJECTED: "refused-by-partner",
    FailureKind.PLUGIN_BUG: "connector-fault",
    FailureKind.OUR_FAULT: "our-mistake",
}
TRIP_REASONS: Final[Mapping[str, str]] = {
    "deadline": "partner-does-not-answer",
    "terms_declined": "trip-not-finished",
    "session_expired": "trip-not-finished",
    "nothing_connected": "trip-not-finished",
    "foreign_connection": "trip-not-finished",
    "cancelled": "trip-not-finished",
    "bad_settings": "partner-not-set-up",
    "bad_address": "partner-not-set-up",
    "token_refused": "partner-not-set-up",
    "secrets_closed": "partner-not-set-up",
    "connector_gone": "connector-fault",
}
FATES: Final[Mapping[Fate, str]] = {
    **dict.fromkeys(Fate, "run-history"),
    Fate.WAITING: "waiting-transactions",
    Fate.NOT_SHARED: "not-shared",
    Fate.QUARANTINED: "connector-fault",
}
RECEIPTS: Final[Mapping[Refusal, str]] = dict.fromkeys(Refusal, "receipt-refused")
HINDRANCES: Final[Mapping[Hindrance, str]] = dict.fromkeys(Hindrance, "expense-not-in-report")
STEP_REFUSALS: Final[Mapping[StepRefusal, str]] = dict.fromkeys(StepRefusal, "report-step-refused")
STATUS: Final[Mapping[int, str]] = {
    400: "form-refused",
    401: "not-allowed",
    403: "not-allowed",
    404: "page-not-found",
    405: "form-refused",
    409: "changed-meanwhile",
    413: "receipt-refused",
    422: "form-refused",
    429: LOG_IN,
    500: "our-mistake",
}

# What the "Help" link of a page leads to: by its endpoint, else by its blueprint.
PAGES: Final[Mapping[str, str]] = {
    "imports": "first-interface",
    "imports.add": "card-service-not-bank",
    "imports.add_files": "by-file",
    "imports.interface": "attach-cards",
    "imports.confirm_stop": "stop-or-delete",
    "history": "run-history",
    "undoing": "undo-a-run",
    "questions": "one-or-two",
    "same_purchase": "one-or-two",
    "audit": "audit-trail",
    "expenses": "finish-expense",
    **dict.fromkeys(
        ("expenses.enter", "expenses.save_entry", "expenses.entry", "expenses.change_entry"),
        "enter-by-hand",
    ),
    "reports": "reports",
    "approvals": "reports",
    "auth": LOG_IN,
}


def of_state(state: InterfaceState, reason: str) -> str:
    """Return the article of an interface's state; ``reason`` is that of its last failure."""
    if state is InterfaceState.NEEDS_USER:
        return NEEDS_USER.get(reason, BANK)
    if state is InterfaceState.ACTIVE:
        return of_passing(reason)
    return STATES[state]


def of_trouble(trouble: Trouble, reason: str) -> str:
    """Return the article of what is wrong with a feed."""
    return NEEDS_USER.get(reason, BANK) if trouble is Trouble.NEEDS_USER else TROUBLES[trouble]


def of_passing(reason: str) -> str:
    """Return the article of a failure that is tried again by itself."""
    return RUN_ERRORS.get(reason, "tried-again")


def of_problem(problem: LinkProblem) -> str:
    """Return the article of what went wrong on a trip to a partner's page."""
    return TRIP_REASONS.get(problem.reason) or TRIP_KINDS[problem.kind]


def of_counts(counts: Mapping[Fate, int]) -> list[str]:
    """Return the articles of those rows of a run that ask for something."""
    found = (slug for fate, slug in FATES.items() if counts.get(fate))
    return [slug for slug in found if slug != "run-history"]


def of_status(code: int) -> str:
    """Return the article of an error page."""
    return STATUS.get(code, STATUS[500] if code >= 500 else STATUS[400])


def of_page() -> str | None:
    """Return the article of the page being shown, if there is one of its own."""
    return PAGES.get(request.endpoint or "") or PAGES.get(request.blueprint or "")


def page_help_url() -> str:
    """Return the address of the article of the page being shown; empty where it has none."""
    slug = of_page()
    return help_url(slug) if slug else ""


def help_url(slug: str) -> str:
    """Return the address of an article."""
    return url_for("help.show", slug=slug)
