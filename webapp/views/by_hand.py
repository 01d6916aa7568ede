"""Enter a purchase by hand that the bank has not told yet; change it or delete it until it has."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from babel.numbers import get_decimal_symbol
from flask import Response, request, url_for
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from cardsync_sdk.money import Money, exponent_of
from webapp.domain.by_hand import WORDS_MAX, Entry, Fault, faults_of
from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.expenses import Said, clean_comment
from webapp.domain.people import Right
from webapp.domain.searching import NotAnAmount, amount_of
from webapp.storage import by_hand as store
from webapp.storage import expense_lists
from webapp.storage.by_hand import CardRefused, NotChangeable, ToldAlready
from webapp.storage.columns import new_id
from webapp.storage.my_cards import MyCard
from webapp.views import choices
from webapp.views.access import current_user, needs, now, services
from webapp.views.expense_forms import Filled, show_form
from webapp.views.expense_lists import current_holder, own_line, shared_context
from webapp.views.forms import Form
from webapp.views.history import day_of
from webapp.views.history_words import local_day
from webapp.views.i18n import language
from webapp.views.pages import announce, render_page, see_other
from webapp.views.receipts import store as receipt_store
from webapp.views.report_pages import doer

_KEY: Final = re.compile(r"[0-9A-Z]{26}")
OTHER: Final = "other"


class EntryForm(Form):
    """What only the bank says otherwise; category, comment and receipt follow."""

    amount = StringField(
        lazy_gettext("Amount paid"),
        [InputRequired(lazy_gettext("Type the amount, like 12.50."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 30},
    )
    currency = SelectField(lazy_gettext("Currency"), [InputRequired()])
    day = StringField(
        lazy_gettext("Day of the purchase"),
        [InputRequired(lazy_gettext("Choose the day of the purchase."))],
        render_kw={"type": "date"},
    )
    words = StringField(
        lazy_gettext("Shop, or what it was"),
        [InputRequired(lazy_gettext("Say in a few words what it was."))],
        description=lazy_gettext("As you will recognise it, for example “Taxi to the station”."),
        render_kw={"autocomplete": "off", "maxlength": WORDS_MAX},
    )
    card = SelectField(lazy_gettext("Paid with"), [InputRequired()], validate_choice=False)


@needs(Right.OWN_EXPENSES)
def enter() -> Response:
    """Show the form, empty but for what is likely."""
    cards = _cards()
    day = day_of(request.args.get("day")) or _today(cards)
    form = _form(cards, {"day": day.isoformat()})
    if cards:
        form.currency.data = cards[0].account.currency
    return _page(form, cards, key=new_id())


@needs(Right.OWN_EXPENSES)
def save() -> Response:
    """Write the purchase, unless it is one that is here already: then that one opens."""
    cards = _cards()
    form = _form(cards)
    key = request.form.get("key", "")
    key = key if _KEY.fullmatch(key) else new_id()
    entry = _read(form, cards)
    if entry is None:
        return _page(form, cards, key=key, status=422)
    choice = request.form.get("same", "")
    if choice not in ("", OTHER):
        return _fill_in(choice, entry)
    shown = request.form.getlist("shown") if choice == OTHER else []
    try:
        with services().database.write() as session:
            expense_id = store.enter(session, doer(), entry, key=key, shown=shown)
    except ToldAlready:
        return _page(form, cards, key=key, told=_told(entry), status=409)
    except CardRefused:
        return _refused(form, cards, key=key)
    announce(_("Entered. Now say what it was for, and add the receipt."))
    return see_other(url_for("expenses.show", expense_id=expense_id))


def _told(entry: Entry) -> list[ExpenseLine]:
    with services().database.read() as session:
        return store.told_already(session, current_user().id, entry)


def _fill_in(expense_id: str, entry: Entry) -> Response:
    """Open the purchase that is here already, with what was typed; nothing is written yet."""
    line = own_line(expense_id)
    if not line.can_be_completed or line.locked or line.entered:
        announce(_("Nothing was entered: this is the purchase that was here already."), "info")
        return see_other(url_for("expenses.show", expense_id=line.id))
    said = Said(line.said.category_id, line.said.comment or entry.words)
    return show_form(line, Filled(said, line.version))


@needs(Right.OWN_EXPENSES)
def show(entry_id: str) -> Response:
    """Show what was entered, to be changed or deleted."""
    return _show(own_line(entry_id))


def _show(line: ExpenseLine, *, unsure: bool = False) -> Response:
    with services().database.read() as session:
        found = store.entered(session, line.id, current_holder().entities)
    if found is None or line.locked:
        return _too_late(line)
    entry = found.entry
    cards = _cards(entry.account_id)
    spent = Money(entry.spent_minor or 0, entry.currency).decimal
    form = _form(
        cards,
        {
            "amount": f"{spent:f}".replace(".", _decimal_mark()),
            "currency": entry.currency,
            "day": entry.day.isoformat() if entry.day else "",
            "words": entry.words,
            "card": entry.account_id,
        },
    )
    return _page(form, cards, line=line, unsure=unsure, status=422 if unsure else 200)


@needs(Right.OWN_EXPENSES)
def change(entry_id: str) -> Response:
    """Write what is to be changed of the day, the amount and the words."""
    line = own_line(entry_id)
    with services().database.read() as session:
        found = store.entered(session, line.id, current_holder().entities)
    if found is None:
        return _too_late(line)
    cards = _cards(found.entry.account_id)
    form = _form(cards)
    form.card.data = found.entry.account_id
    entry = _read(form, cards)
    if entry is None:
        return _page(form, cards, line=line, status=422)
    try:
        with services().database.write() as session:
            store.change(session, doer(), line.id, entry)
    except NotChangeable:
        return _too_late(line)
    except CardRefused:
        return _refused(form, cards, line=line)
    announce(_("“%(title)s” is changed.", title=entry.words))
    return see_other(url_for("expenses.show", expense_id=line.id))


@needs(Right.OWN_EXPENSES)
def delete(entry_id: str) -> Response:
    """Delete an entry with its receipts, once the box is ticked that says so."""
    line = own_line(entry_id)
    if not request.form.get("sure"):
        return _show(line, unsure=True)
    try:
        with services().database.write() as session:
            files = store.remove(session, doer(), line.id)
    except NotChangeable:
        return _too_late(line)
    receipt_store().discard(files)
    announce(_("“%(title)s”, entered by hand, is deleted.", title=line.title))
    return see_other(url_for("expenses.index"))


def _too_late(line: ExpenseLine) -> Response:
    announce(
        _(
            "Nothing was changed: it is in a submitted report, or it is a purchase that the bank "
            "has told."
        ),
        "warning",
    )
    return see_other(url_for("expenses.show", expense_id=line.id))


# --- The form ------------------------------------------------------------------------------------


def _cards(only: str = "") -> list[MyCard]:
    with services().database.read() as session:
        held = store.cards_to_enter(session, current_user().id, current_holder().entities)
    return [one for one in held if not only or one.account.id == only]


def _form(cards: Sequence[MyCard], data: dict[str, str] | None = None) -> EntryForm:
    form = EntryForm(data=data)
    names = {one.account.id: _name(one) for one in cards}
    form.card.choices = [SelectChoice(key, name) for key, name in names.items()]
    own = dict.fromkeys(one.account.currency for one in cards)
    form.currency.choices = choices.grouped(
        choices.currencies(language()),
        dict.fromkeys([*own, *choices.COMMON_CURRENCIES]),
        _("Often"),
        _("All currencies"),
    )
    latest = max((_today([one]) for one in cards), default=now().date())
    form.day.render_kw = {"type": "date", "max": latest.isoformat()}
    return form


def _name(one: MyCard) -> str:
    last4 = one.account.number_last4
    return f"{one.account.name} •••• {last4}" if last4 else one.account.name


def _read(form: EntryForm, cards: Sequence[MyCard]) -> Entry | None:
    """Return what was typed; nothing where something is wrong, which the form then says."""
    form.validate()
    currency = form.currency.data or ""
    entry = Entry(
        form.card.data or "",
        day_of(form.day.data),
        None if form.currency.errors else _minor(form.amount.data or "", currency),
        currency,
        clean_comment(form.words.data or "").replace("\n", " "),
    )
    mine = [one for one in cards if one.account.id == entry.account_id]
    held = any(_held(one, entry.day) for one in mine) if mine else None
    for name, fault in faults_of(entry, held=held, today=_today(mine)).items():
        if not form[name].errors:
            form[name].errors = [_fault_text(fault)]
    return None if form.errors else entry


def _held(one: MyCard, day: date | None) -> bool:
    return day is not None and one.held_on(day)


def _minor(text: str, currency: str) -> int | None:
    try:
        amount = amount_of(text, exponent=exponent_of(currency), decimal_mark=_decimal_mark())
    except NotAnAmount:
        return None
    return amount.minor


def _decimal_mark() -> str:
    return get_decimal_symbol(get_locale())


def _today(cards: Sequence[MyCard]) -> date:
    return local_day(now(), cards[0].timezone) if cards else now().date()


def _fault_text(fault: Fault) -> str:
    texts = {
        Fault.NO_CARD: _("Choose the card it was paid with."),
        Fault.NOT_HELD: _("This card was not attached to you on that day. Choose another one."),
        Fault.NO_DAY: _("This day cannot be read."),
        Fault.TO_COME: _("This day is still to come. Choose the day of the purchase."),
        Fault.NO_AMOUNT: _("This amount cannot be read. Type it like 12.50 or 1,234.50."),
        Fault.NOTHING_SPENT: _(
            "Type what was paid, without a sign. Money that comes back cannot be entered by hand."
        ),
        Fault.NO_WORDS: _("Say in a few words what it was."),
        Fault.WORDS_TOO_LONG: _("At most %(most)d characters fit. Shorten it.", most=WORDS_MAX),
    }
    return str(texts[fault])


def _refused(form: EntryForm, cards: Sequence[MyCard], **context: Any) -> Response:
    form.card.errors = [_fault_text(Fault.NOT_HELD)]
    return _page(form, cards, status=409, **context)


def _page(
    form: EntryForm,
    cards: Sequence[MyCard],
    *,
    key: str = "",
    line: ExpenseLine | None = None,
    told: Sequence[ExpenseLine] = (),
    unsure: bool = False,
    status: int = 200,
) -> Response:
    admins = []
    if not cards:
        with services().database.read() as session:
            admins = expense_lists.admins_of(session, current_holder().entities)
    return render_page(
        "expenses/by_hand.html",
        status=status,
        form=form,
        cards=cards,
        key=key,
        line=line,
        told=told,
        unsure=unsure,
        other=OTHER,
        choice=request.form.get("same", ""),
        whom_to_ask=[admin for admin in admins if admin.id != current_user().id],
        **shared_context(),
    )
