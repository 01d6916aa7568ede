"""What an account's ledger says in words: days never fetched, and whether the balance agrees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import url_for
from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _
from sqlmodel import Session

from cardsync_sdk.types import FetchWindow
from webapp.domain.coverage import DayMark, Strip, complete_up_to, holes, strips
from webapp.domain.totals import Standing, Total, WhyNotKnown
from webapp.storage import balances, coverage
from webapp.storage.accounts import Account
from webapp.storage.coverage import Fetched
from webapp.views.formats import day, money

# Of how many months the strip is open, and how many intervals are listed.
MONTHS_OPEN: Final = 3
INTERVALS_SHOWN: Final = 30

HOLES, BALANCE = "days-not-fetched", "balance-differs"
STANDINGS: Final[Mapping[Standing, tuple[str, LazyString]]] = {
    Standing.AGREES: ("good", lazy_gettext("The balance agrees")),
    Standing.DIFFERS: ("warn", lazy_gettext("The balance differs")),
    Standing.NOT_KNOWN: ("off", lazy_gettext("Balance not known")),
}
NOT_KNOWN: Final[Mapping[WhyNotKnown, LazyString]] = {
    WhyNotKnown.NO_BALANCE: lazy_gettext(
        "The source told no balance of this account lately, so there is nothing to compare. "
        "Cards usually have none of their own."
    ),
    WhyNotKnown.ONE_BALANCE: lazy_gettext(
        "The source told a balance on one day so far. From the second day on it is compared."
    ),
}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The days of an account as the ledger has them, and its control total.

    ``until``: the last day that any sync fetched; later ones are to come.
    """

    account: Account
    complete_until: date | None
    until: date | None
    holes: Sequence[FetchWindow]
    strips: Sequence[Strip]
    fetched: Sequence[Fetched]
    intervals: int
    total: Total

    @property
    def summary(self) -> str:
        """Say in a sentence up to where nothing is missing."""
        if self.until is None:
            return str(
                _("No day is fetched whole yet: the first sync that ends well writes them here.")
            )
        if self.complete_until is None:
            return str(_("The first days were never fetched, so nothing is complete yet."))
        return str(_("Complete up to %(day)s.", day=day(self.complete_until, "d MMMM y")))

    @property
    def missing(self) -> list[tuple[str, str]]:
        """Return each hole in words, with the address where its days are asked for again."""
        return [(hole_text(hole), again_url(self.account, hole)) for hole in self.holes]


def ledger(session: Session, account: Account, today: date) -> Ledger:
    """Read the ledger of an account, in a fixed number of queries."""
    rows = coverage.fetched(session, account.id)
    intervals = [row.days for row in rows]
    until = max((one.last for one in intervals), default=None)
    floor = account.import_from
    return Ledger(
        account=account,
        complete_until=complete_up_to(intervals, floor),
        until=until,
        holes=holes(intervals, floor, until) if until else (),
        strips=strips(intervals, floor, until) if until else (),
        fetched=rows[:INTERVALS_SHOWN],
        intervals=len(rows),
        total=balances.total(session, account.id, today),
    )


def span(days: FetchWindow) -> str:
    """Return some days in words: one day, or the first and the last."""
    if days.first == days.last:
        return day(days.first, "d MMMM y")
    near = days.first.year == days.last.year
    first = day(days.first, "d MMMM" if near else "d MMMM y")
    return str(_("%(first)s to %(last)s", first=first, last=day(days.last, "d MMMM y")))


def hole_text(hole: FetchWindow) -> str:
    """Say which days were never fetched."""
    if hole.first == hole.last:
        return str(_("%(day)s was never fetched.", day=span(hole)))
    return str(_("%(days)s were never fetched.", days=span(hole)))


def strip_text(strip: Strip) -> str:
    """Say of a month how many of the days asked for were fetched."""
    asked = sum(mark is not DayMark.OUTSIDE for mark in strip.days)
    if not strip.missing:
        return str(ngettext("the %(num)d day asked for", "all %(num)d days", asked))
    return str(_("%(missing)d of %(num)d days missing", missing=strip.missing, num=asked))


def total_text(total: Total, currency: str) -> str:
    """Say how the balance stands beside the transactions."""
    if total.why is not None:
        return str(NOT_KNOWN[total.why])
    words = {
        "moved": money(total.moved, currency),
        "added": money(total.added, currency),
        "first": day(total.first, "d MMMM"),
        "last": day(total.last, "d MMMM y"),
    }
    if total.standing is Standing.AGREES:
        return str(
            _(
                "From %(first)s to %(last)s the bank’s balance moved by %(moved)s, "
                "and so do the transactions.",
                **words,
            )
        )
    return str(
        _(
            "From %(first)s to %(last)s the bank’s balance moved by %(moved)s, the transactions "
            "add up to %(added)s: %(difference)s differ since %(since)s.",
            **words,
            difference=money(total.difference, currency, signed=False),
            since=day(total.since, "d MMMM"),
        )
    )


def total_again_url(total: Total, account: Account) -> str:
    """Return where the days are asked for again between which the balance began to differ."""
    if total.since is None or total.last is None:
        return ""
    return again_url(account, FetchWindow(total.since, total.last))


def again_url(account: Account, days: FetchWindow) -> str:
    """Return where these days of an account are asked for again; empty where they cannot be."""
    if not account.shared:
        return ""
    return url_for(
        "support.interface",
        interface_id=account.interface_id,
        account=account.id,
        first=days.first.isoformat(),
        last=days.last.isoformat(),
        _anchor="days-title",
    )
