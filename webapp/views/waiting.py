"""What waits in one account, and every way out of waiting (R27, R28, D-E, D-F).

Looked at first: chosen or all become expenses. From days of nobody: somebody is given those days.
"""

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from webapp.domain.attachments import Gap, Holding, gaps, holder_on
from webapp.domain.people import Right
from webapp.storage import people
from webapp.storage.accounts import Account, HolderDays, holder_days
from webapp.storage.people import LegalEntity
from webapp.storage.waiting import (
    ListedTransaction,
    Waiting,
    WaitingTransaction,
    listed_waiting,
    waiting_of,
)
from webapp.sync.attaching import Saver, fill_days, payment_mode
from webapp.sync.import_settings import take_in
from webapp.views.access import current_user, entity_or_404, needs, now, scoped_or_404, services
from webapp.views.account_forms import Choices, day_of
from webapp.views.attaching import announce_released
from webapp.views.pages import announce, render_page, see_other

PER_PAGE = 100
_KEY = re.compile(r"(\d{4}-\d{2}-\d{2})~([0-9A-Z]{26})")


@dataclass(frozen=True, slots=True)
class OfNobody:
    """Days of nobody with what waits of them; ``next_holder`` holds the account after them."""

    gap: Gap
    waiting: Waiting
    next_holder: HolderDays | None


@dataclass(frozen=True, slots=True)
class Place:
    """An account with what waits in it."""

    entity: LegalEntity
    account: Account
    holders: list[HolderDays]
    people: Choices
    waiting: list[WaitingTransaction]

    @property
    def holdings(self) -> list[Holding]:
        """Return its holders as the rules see them."""
        return [Holding(one.user_id, one.starts_on, one.ends_on) for one in self.holders]

    @property
    def today(self) -> date:
        """The day in the legal entity's time zone."""
        return now().astimezone(ZoneInfo(self.entity.timezone)).date()

    @property
    def of_nobody(self) -> list[OfNobody]:
        """Return the days of nobody of which something waits, the oldest first."""
        found = []
        for gap in gaps(self.holdings):
            rows = [one for one in self.waiting if gap.covers(one.day)]
            after = [one for one in self.holders if one.starts_on and one.starts_on > _last(gap)]
            if rows:
                found.append(OfNobody(gap, Waiting.of(rows), after[-1] if after else None))
        return found

    @property
    def held(self) -> Waiting:
        """Return what waits of days that somebody holds: it waits for a look only."""
        rows = [one for one in self.waiting if holder_on(self.holdings, one.day)]
        return Waiting.of(rows)


def _last(gap: Gap) -> date:
    return gap.last or date.max


@needs(Right.CONFIGURE)
def show(entity_id: str, interface_id: str, account_id: str) -> Response:
    """List what waits in an account, with a way out for each."""
    return _page(_place(entity_id, interface_id, account_id))


@needs(Right.CONFIGURE)
def take(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Make expenses of the transactions a person looked at: the chosen ones, or all."""
    place = _place(entity_id, interface_id, account_id)
    chosen = None if "all" in request.form else frozenset(request.form.getlist("transaction"))
    if chosen is not None and not chosen:
        announce(_("Nothing was chosen: tick the transactions first."), "warning")
        return _page(place, status=422)
    with services().database.write() as session:
        made = take_in(_saver(session, place), account_id, chosen)
    announce_released(made)
    if not made:
        announce(_("Nothing was left to do: these became expenses already."), "info")
    return _back(place)


@needs(Right.CONFIGURE)
def fill(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Give days of nobody to somebody, with what waits of them."""
    place = _place(entity_id, interface_id, account_id)
    user_id, last = request.form.get("holder", ""), day_of(request.form.get("last", ""))
    if last is None or user_id not in {person for person, _name in place.people}:
        return _refused(place, _("Choose who held it in those days."))
    first = None
    if request.form.get("start") == "from":
        first = day_of(request.form.get("from", ""))
        if first is None or first > last:
            return _refused(place, _("Give a first day within the days of nobody."))
    with services().database.write() as session:
        by = _saver(session, place)
        saved = fill_days(by, account_id, user_id, gap_last=last, first_day=first)
    if saved.changed:
        announce(_("Those days have a holder now."))
    else:
        announce(_("Nothing was changed: those days have a holder already."), "info")
    announce_released(saved.released)
    return _back(place)


def _saver(session: Session, place: Place) -> Saver:
    return Saver(session, place.entity, current_user().id, now())


def _refused(place: Place, words: str) -> Response:
    announce(words, "danger")
    return _page(place, status=422)


def _place(entity_id: str, interface_id: str, account_id: str) -> Place:
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        account = scoped_or_404(session.get(Account, account_id), Right.CONFIGURE)
        if (account.legal_entity_id, account.interface_id) != (entity.id, interface_id):
            abort(404)
        employees = people.employees_of(session, entity.id)
        return Place(
            entity=entity,
            account=account,
            holders=holder_days(session, [account.id]).get(account.id, []),
            people=[(person.id, person.name) for person in employees],
            waiting=waiting_of(session, [account.id]).get(account.id, []),
        )


def _back(place: Place) -> Response:
    return see_other(
        url_for(
            "imports.waiting",
            entity_id=place.entity.id,
            interface_id=place.account.interface_id,
            account_id=place.account.id,
        )
    )


def _page(place: Place, status: int = 200) -> Response:
    after = _KEY.fullmatch(request.args.get("after", ""))
    first = day_of(after[1]) if after else None
    with services().database.read() as session:
        listed = listed_waiting(
            session,
            place.account.id,
            after=(first, after[2]) if after and first else None,
            limit=PER_PAGE + 1,
        )
    shown = listed[:PER_PAGE]
    return render_page(
        "imports/waiting.html",
        status=status,
        entity=place.entity,
        account=place.account,
        place=place,
        everything=Waiting.of(place.waiting),
        ready=payment_mode(place.account) is not None,
        rows=[(one, _holder(place, one)) for one in shown],
        later=f"{shown[-1].day}~{shown[-1].id}" if len(listed) > PER_PAGE else None,
    )


def _holder(place: Place, one: ListedTransaction) -> str:
    """Return the name of who gets its expense, empty for a day of nobody."""
    holder = holder_on(place.holdings, one.day)
    return next((days.name for days in place.holders if days.user_id == holder), "")
