"""My cards: why is my purchase of Tuesday not here? The holder's own answer, card by card."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Response, request
from flask_babel import gettext as _

from webapp.domain.history import Became
from webapp.domain.interfaces import InterfaceState
from webapp.domain.people import Right
from webapp.domain.whereabouts import Because, DayFacts, reasons_of
from webapp.storage import expense_lists
from webapp.storage import my_cards as store
from webapp.storage.my_cards import MyCard
from webapp.views.access import current_user, needs, now, services
from webapp.views.expense_lists import current_holder
from webapp.views.formats import day as day_text
from webapp.views.formats import instant
from webapp.views.history import day_of
from webapp.views.history_words import local_day
from webapp.views.interface_words import fed_by_files
from webapp.views.pages import render_page
from webapp.views.support_words import BADGES, Reason, told_alike


@dataclass(frozen=True, slots=True)
class Card:
    """A card of the person, and what explains the day that was asked for."""

    mine: MyCard
    by_file: bool
    reasons: list[Reason]


@needs(Right.OWN_EXPENSES)
def cards() -> Response:
    """Show the person's cards; for a day that was chosen, why a purchase of it is not here."""
    day = day_of(request.args.get("day"))
    user_id = current_user().id
    with services().database.read() as session:
        held = store.my_cards(session, user_id)
        ids = {one.account.id for one in held}
        came = store.came_on(session, user_id, ids, day) if day else {}
        admins = expense_lists.admins_of(session, current_holder().entities)
    return render_page(
        "expenses/cards.html",
        cards=[_card(one, day, came.get(one.account.id, {})) for one in held if _shows(one, day)],
        whom_to_ask=[admin for admin in admins if admin.id != user_id],
        day=day,
        typed=request.args.get("day", "")[:20],
        today=now().date(),
    )


def _shows(one: MyCard, day: date | None) -> bool:
    """A card of former days is shown where one asks for such a day."""
    return one.ends_on is None or (day is not None and one.held_on(day))


def _card(one: MyCard, day: date | None, came: Mapping[Became, int]) -> Card:
    by_file = fed_by_files(one.interface.connector, services().registry)
    if day is None:
        return Card(one, by_file, [])
    if not one.held_on(day):
        return Card(one, by_file, [_not_mine(one)])
    facts = _facts(one, day, came, by_file=by_file)
    return Card(one, by_file, [_words(because, one, facts) for because in reasons_of(facts)])


def _facts(one: MyCard, day: date, came: Mapping[Became, int], *, by_file: bool) -> DayFacts:
    account = one.account
    return DayFacts(
        day=day,
        today=local_day(now(), one.timezone),
        floor=account.import_from,
        fetched_until=account.complete_until,
        stopped_on=local_day(account.stopped_at, one.timezone) if account.stopped_at else None,
        state=InterfaceState(one.interface.state),
        held=True,
        mode=account.payment_mode is not None,
        by_file=by_file,
        became=came,
    )


def _not_mine(one: MyCard) -> Reason:
    text = _(
        "It is attached to you from %(day)s on. Older purchases are with whoever held it then, or "
        "wait.",
        day=day_text(one.starts_on),
    )
    return Reason("off", str(_("Not attached to you that day")), str(text))


def _words(because: Because, one: MyCard, facts: DayFacts) -> Reason:
    title, text = {**_came(), **_did_not_come(one, facts)}[because]
    return Reason(BADGES.get(because, "info"), str(title), str(text))


def _came() -> dict[Because, tuple[str, str]]:
    asked = _("Nothing is lost: your administrator has to act, then it becomes your expense.")
    return {
        Because.EXPENSES: (
            _("It is here"),
            _("Purchases of this day are in your list. Look at its month, and at “Not expenses”."),
        ),
        Because.NO_HOLDER: (_("It waits for a holder"), asked),
        Because.NO_MODE: (_("It waits for a choice: who pays"), asked),
        Because.REVIEW: (_("It waits for a review"), asked),
        **told_alike(),
        Because.UNREADABLE: (_("Rows could not be read"), asked),
    }


def _did_not_come(one: MyCard, facts: DayFacts) -> dict[Because, tuple[str, str]]:
    when = instant(one.interface.next_due_at, one.timezone)
    planned = (
        _("The next sync is planned for %(when)s.", when=when) if when else _("No sync is planned")
    )
    return {
        Because.TO_COME: (_("This day is still to come"), _("Choose a day that has begun.")),
        Because.BEFORE_FLOOR: (
            _("Before the first day to import"),
            _(
                "This card takes nothing from before %(day)s. If you need it, ask your "
                "administrator.",
                day=day_text(facts.floor),
            ),
        ),
        Because.STOPPED: (
            _("The card was stopped"),
            _("It is no longer synced since %(day)s.", day=day_text(facts.stopped_on)),
        ),
        Because.NEVER_FETCHED: (_("Nothing was fetched yet"), planned),
        Because.NOT_FETCHED_YET: (
            _("Too early, or late: this day is not fetched yet"),
            _("The card is complete up to %(day)s.", day=day_text(facts.fetched_until))
            + f" {planned}",
        ),
        Because.WAITS_FOR_PERSON: (
            _("The connection to the bank stands still"),
            _(
                "Your administrator must act and is told. Nothing is lost: it comes in as soon as "
                "the connection works again."
            ),
        ),
        Because.BY_FILE: (
            _("No statement handed in holds it"),
            _("This card is fed by statement files: your administrator hands in the next one."),
        ),
        Because.NOTHING_TOLD: (
            _("The bank has not sent it yet"),
            _(
                "This day was fetched with success, and the bank gave nothing for it that is not "
                "in your list. Merchants and banks take some days: each sync asks again for the "
                "days before. After two working days, tell your administrator the day and amount."
            ),
        ),
    }
