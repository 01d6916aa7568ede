"""The life of a transaction in plain words: what happened, and which values it replaced."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from webapp.domain.life import EventKind
from webapp.domain.monthly_totals import TickedOff
from webapp.domain.provenance import Change, KnownUnder
from webapp.storage.provenance import Life
from webapp.views.formats import day, money

# Icon and words of each kind of event.
EVENTS: Final[Mapping[EventKind, tuple[str, LazyString]]] = {
    EventKind.BOOKED: ("circle-check", lazy_gettext("Booked by the bank")),
    EventKind.CHANGED: ("pencil", lazy_gettext("Changed by the bank")),
    EventKind.CANCELLED: ("ban", lazy_gettext("Withdrawn by the bank")),
    EventKind.EXPIRED: ("hourglass", lazy_gettext("Announced and never booked: it expired")),
    EventKind.SHOWN_AGAIN: ("rotate-ccw", lazy_gettext("Shown again by the bank")),
    EventKind.KEYED: ("key-round", lazy_gettext("The source tells it under another number now")),
    EventKind.MERGED: ("link", lazy_gettext("Recognised as the same purchase as another")),
    EventKind.SPLIT: ("unlink", lazy_gettext("Taken apart again: two purchases after all")),
    EventKind.UNDONE: ("undo-2", lazy_gettext("What a sync had changed was taken back")),
}

COLUMNS: Final[Mapping[str, LazyString]] = {
    "status": lazy_gettext("State"),
    "amount_minor": lazy_gettext("Amount"),
    "currency": lazy_gettext("Currency"),
    "original_minor": lazy_gettext("Amount where it was spent"),
    "original_currency": lazy_gettext("Currency where it was spent"),
    "fee_minor": lazy_gettext("Fee"),
    "purchased_on": lazy_gettext("Purchased on"),
    "booked_on": lazy_gettext("Booked on"),
    "value_on": lazy_gettext("Value date"),
    "kind": lazy_gettext("Kind"),
    "label": lazy_gettext("Wording"),
    "memo": lazy_gettext("Memo"),
    "merchant": lazy_gettext("Merchant"),
    "card_last4": lazy_gettext("Card"),
    "external_id": lazy_gettext("The source’s number"),
}

STATUSES: Final[Mapping[str, LazyString]] = {
    "announced": lazy_gettext("announced"),
    "booked": lazy_gettext("booked"),
    "cancelled": lazy_gettext("withdrawn"),
    "expired": lazy_gettext("expired"),
    "duplicate": lazy_gettext("the same as another"),
    "entered": lazy_gettext("entered by a person"),
}

KINDS: Final[Mapping[str, LazyString]] = {
    "purchase": lazy_gettext("purchase"),
    "refund": lazy_gettext("refund"),
    "fee": lazy_gettext("fee"),
    "cash": lazy_gettext("cash"),
    "transfer": lazy_gettext("transfer"),
    "summary": lazy_gettext("monthly total"),
    "other": lazy_gettext("other"),
}

_DAYS: Final = ("purchased_on", "booked_on", "value_on")


def change_text(change: Change, life: Life) -> str:
    """Say which value became which."""
    return str(
        _(
            "%(what)s: %(before)s → %(after)s",
            what=COLUMNS[change.column],
            before=value_text(change.column, change.before, life),
            after=value_text(change.column, change.after, life),
        )
    )


def value_text(column: str, value: Any, life: Life) -> str:
    """Return a stored value as a reader knows it."""
    if value is None or value == "":
        return str(_("nothing"))
    if column in _DAYS:
        return day(date.fromisoformat(value))
    words: Mapping[str, Callable[[Any], object]] = {
        "status": lambda one: STATUSES.get(one, one),
        "kind": lambda one: KINDS.get(one, one),
        "merchant": lambda one: one.get("name") or one.get("city") or _("nothing"),
        "amount_minor": lambda one: money(one, life.currency),
        "fee_minor": lambda one: money(one, life.currency),
        "original_minor": lambda one: money(one, life.original_currency or life.currency),
    }
    return str(words.get(column, str)(value))


def known_under_text(known: KnownUnder) -> str:
    """Say under which number of the source a transaction is known, or by what else."""
    if known.number is not None:
        return known.number
    if known.nth == 1:
        return str(_("no number of its own: known by day, amount and wording"))
    return str(
        _(
            "no number of its own: known by day, amount and wording, number %(nth)d of equal ones",
            nth=known.nth,
        )
    )


def ticked_text(ticked: TickedOff | None, currency: str) -> str:
    """Say whether the purchases of a card add up to its monthly total."""
    if ticked is None:
        return str(_("No purchase of the card is known yet for these days."))
    words = {
        "first": day(ticked.first),
        "last": day(ticked.last),
        "sum": money(ticked.sum_minor, currency),
    }
    text: str = ngettext(
        "%(num)d purchase from %(first)s to %(last)s: %(sum)s.",
        "%(num)d purchases from %(first)s to %(last)s add up to %(sum)s.",
        ticked.purchases,
        **words,
    )
    if not ticked.apart:
        return f"{text} {_('That is the total.')}"
    apart = money(ticked.apart, currency)
    more = _("%(apart)s are missing to the total: ask for the days of the card again.", apart=apart)
    return f"{text} {more}"
