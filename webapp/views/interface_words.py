"""How an interface stands, in words and with a shape: never by colour alone (R70)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from cardsync_sdk.registry import Registry
from webapp.domain.freshness import FRESH, trouble_of
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.storage.interfaces import Interface
from webapp.storage.leases import is_due
from webapp.storage.notices import feed_of
from webapp.storage.standing import Standing
from webapp.views import help_links

# What is due longer than this without a worker taking it up is no longer said to begin soon.
SOON: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page says of an interface.

    ``badge`` is a kind of the macro ``ui.badge``; ``next_step`` says who must act and how, empty
    where nobody must. ``partner`` and ``about_url`` name and explain the connector (R80).
    ``by_file``: files are handed in, no sync is planned. ``may_relaunch``: a sync can be asked for;
    ``pending``: one is due or under way. ``may_add``: accounts can be added at the partner's.
    ``article``: the help article of a state that has one.
    """

    badge: str
    state: str
    next_step: str
    partner: str
    about_url: str
    by_file: bool
    may_reconnect: bool
    may_relaunch: bool
    pending: bool
    may_add: bool = False
    article: str = ""


def fed_by_files(connector: str, registry: Registry) -> bool:
    """Say whether a connector reads the statement files that people hand in."""
    found = registry.connectors.get(connector)
    return found is not None and found.info.reads_files


def _partner(connector: str, registry: Registry) -> str:
    """Return what a connector calls itself; files are no partner: their name is translated."""
    found = registry.connectors.get(connector)
    if found is None:
        return connector
    return _("statement files") if found.info.reads_files else found.info.label


def shown(
    interface: Interface,
    registry: Registry,
    now: datetime,
    accounts: int,
    standing: Standing | None = None,
    *,
    not_seen: int = 0,
) -> Shown:
    """Return the words for ``interface``; ``accounts`` counts what it shares.

    :param standing: how its syncs stand, where the page shows one that is under way.
    :param not_seen: how many of its accounts the source no longer shows (D-O).
    """
    connector = registry.connectors.get(interface.connector)
    by_file = fed_by_files(interface.connector, registry)
    feed = connector is not None and not by_file and interface.state == InterfaceState.ACTIVE
    pending = feed and standing is not None and is_due(interface, now)
    badge, state, next_step = _state(interface, now, accounts, by_file=by_file)
    if badge == "good" and not_seen:
        badge, state, next_step = _not_seen(not_seen)
    if pending and standing is not None:
        badge, state, next_step = _pending(interface, standing, now) or (badge, state, next_step)
    if connector is None:
        badge, state = "bad", _("Connector missing")
        next_step = _(
            "The connector “%(name)s” is not installed here, or could not be loaded. "
            "Whoever runs this server must install it; nothing is lost meanwhile.",
            name=interface.connector,
        )
    links = connector is not None and "begin_link" in connector.hooks
    return Shown(
        badge=badge,
        state=state,
        next_step=next_step,
        partner=_partner(interface.connector, registry),
        about_url=connector.info.about_url if connector else "",
        by_file=by_file,
        may_reconnect=links and interface.state != InterfaceState.ACTIVE,
        may_add=links and interface.state == InterfaceState.ACTIVE,
        may_relaunch=feed,
        pending=pending,
        article=""
        if pending
        else _article(interface, now, known=connector is not None, misses=not_seen > 0),
    )


def _article(interface: Interface, now: datetime, *, known: bool, misses: bool) -> str:
    """Return the help article of a state that asks for something; empty where all is well."""
    if not known:
        return help_links.RUN_ERRORS["plugin_bug"]
    state = InterfaceState(interface.state)
    trouble = trouble_of(feed_of(interface, misses=misses), now)
    if trouble is not None and not interface.last_error:
        return help_links.of_trouble(trouble, interface.last_error_reason)
    if state is InterfaceState.ACTIVE and not interface.last_error:
        return ""
    return help_links.of_state(state, interface.last_error_reason)


def _state(
    interface: Interface, now: datetime, accounts: int, *, by_file: bool
) -> tuple[str, str, str]:
    match interface.state:
        case InterfaceState.NEEDS_USER:
            return "bad", _("Your action is needed"), needs_user(interface.last_error_reason)
        case InterfaceState.REJECTED:
            return (
                "bad",
                _("Refused by the partner"),
                _("The same request would be refused again. Connect again, or contact support."),
            )
        case InterfaceState.STOPPED:
            return "off", _("Stopped"), _stopped(accounts)
        case InterfaceState.INCOMPLETE:
            return "warn", _("Not finished"), _("Connect again to finish the set-up.")
    return ("info", _("By file"), "") if by_file else _active(interface, now)


def _pending(
    interface: Interface, standing: Standing, now: datetime
) -> tuple[str, str, str] | None:
    """Return the words for a sync that runs, or is about to; nothing if no worker takes it up."""
    if standing.running_since is not None:
        return "busy", _("Sync is running"), ""
    due = interface.next_due_at
    if due is None or now - due > SOON:
        return None
    asked = interface.due_reason == DueReason.DEMAND
    return "busy", _("Sync is asked for") if asked else _("Sync is about to start"), ""


def _active(interface: Interface, now: datetime) -> tuple[str, str, str]:
    if interface.last_error:
        return (
            "warn",
            _("Last sync failed"),
            _("Nobody has to act: it is tried again by itself, and nothing is lost."),
        )
    if not interface.nightly and interface.next_due_at is None:
        return "info", _("Only when asked"), ""
    if interface.last_ok_at is None:
        return "info", _("Waiting for its first sync"), ""
    if interface.nightly and now - interface.last_ok_at > FRESH:
        return (
            "warn",
            _("No sync for a while"),
            _("Ask whoever runs this server to look at “cardsync doctor”."),
        )
    return "good", _("Up to date"), ""


def _not_seen(count: int) -> tuple[str, str, str]:
    return (
        "warn",
        ngettext("%(num)d account not seen", "%(num)d accounts not seen", count),
        _(
            "The bank shows its accounts without it. Look below which one it is: it may be closed, "
            "replaced or no longer ticked at the partner. Nothing is deleted."
        ),
    )


def _stopped(accounts: int) -> str:
    return str(
        _("Nothing is fetched any more. Connect again to go on.")
        if accounts
        else _("No account is left to sync here: each is stopped, or under another interface now.")
    )


# What an administrator must do at the partner's, by the connector's reason.
NEEDS_USER: Final[Mapping[str, LazyString]] = {
    "consent_expired": lazy_gettext(
        "The consent given to the bank has run out. Connect again to renew it."
    ),
    "wrong_password": lazy_gettext(
        "The bank refused the user name or password. "
        "Connect again and type them on the partner's page."
    ),
    "password_expired": lazy_gettext(
        "The bank wants a new password. Change it at the bank, then connect again."
    ),
    "action_at_bank": lazy_gettext(
        "The bank wants something from you: log in at the bank's own site, do what it asks, "
        "then connect again."
    ),
    "code_needed": lazy_gettext(
        "The bank sends a code. Connect again to type it on the partner's page."
    ),
    "approval_needed": lazy_gettext(
        "The bank waits for your approval in its app. Approve, then connect again."
    ),
}


def needs_user(reason: str) -> str:
    """Return what an administrator must do at the partner's, by the connector's reason."""
    known = NEEDS_USER.get(reason)
    return str(known or _("The partner waits for you. Connect again to go on."))
