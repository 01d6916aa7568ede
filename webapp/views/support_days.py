"""One day of one account: why is my purchase of Tuesday not here?"""

from collections import Counter
from datetime import date

from flask import Response, request

from webapp.domain.fates import Fate
from webapp.domain.interfaces import InterfaceState
from webapp.domain.people import Right
from webapp.domain.searching import Search
from webapp.domain.whereabouts import DayFacts, reasons_of
from webapp.storage import history, operations, support
from webapp.storage.history import Place
from webapp.storage.operations import Operation, RunRow
from webapp.storage.standing import standings
from webapp.views import history_words, run_words, support_words
from webapp.views.access import needs, now, scoped_or_404, services
from webapp.views.history import day_of
from webapp.views.interface_words import fed_by_files, shown
from webapp.views.looking import note_look
from webapp.views.pages import render_page

OPERATIONS_SHOWN = 50


@needs(Right.INSPECT)
def show(account_id: str) -> Response:
    """Show an account and, for a day that was chosen, everything that explains it."""
    with services().database.read() as session:
        found = history.find_place(session, account_id)
    place = scoped_or_404(found, Right.INSPECT)
    day = day_of(request.args.get("day"))
    note_look("account", account_id, place.entity, **({"day": day.isoformat()} if day else {}))
    with services().database.read() as session:
        seat = support.all_accounts(session, [place.interface.id])
        how = standings(session, [place.interface.id])[place.interface.id]
        came: list[Operation] = []
        left: list[RunRow] = []
        holder = None
        if day is not None:
            search = Search(first=day, last=day)
            came = operations.operations(
                session, account_id, search=search, below=None, limit=OPERATIONS_SHOWN
            )
            left = [row for row in support.not_taken(session, place.account) if _may_be(row, day)]
            holder = support.holder_on(session, account_id, day)
    facts = None if day is None else _facts(place, day, holder, came, left)
    accounts = sum(account.shared for account, _holder in seat)
    return render_page(
        "support/account.html",
        place=place,
        account=place.account,
        interface=place.interface,
        entity=place.entity,
        zone=place.entity.timezone,
        shown=shown(place.interface, services().registry, now(), accounts, how),
        standing=how,
        typed=request.args.get("day", "")[:20],
        day=day,
        today=history_words.local_day(now(), place.entity.timezone),
        reasons=[support_words.reason_words(one, facts) for one in reasons_of(facts)]
        if facts
        else [],
        operations=came,
        left=left,
        holder_then=holder,
        words=history_words,
        run_words=run_words,
    )


def _may_be(row: RunRow, day: date) -> bool:
    """Say whether a row that was not taken may be of ``day``: one that is unreadable has none."""
    return row.told is None or row.told.day == day


def _facts(
    place: Place, day: date, holder: str | None, came: list[Operation], left: list[RunRow]
) -> DayFacts:
    account, zone = place.account, place.entity.timezone
    stopped = account.stopped_at
    return DayFacts(
        day=day,
        today=history_words.local_day(now(), zone),
        floor=account.import_from,
        fetched_until=account.complete_until,
        stopped_on=history_words.local_day(stopped, zone) if stopped else None,
        state=InterfaceState(place.interface.state),
        held=holder is not None,
        mode=account.payment_mode is not None,
        by_file=fed_by_files(place.interface.connector, services().registry),
        became=Counter(one.became for one in came),
        not_taken=Counter(Fate(row.fate) for row in left),
    )
