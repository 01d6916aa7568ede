"""One account: the history of its syncs (R44) and its operations with a search (R69)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import get_decimal_symbol
from flask import Blueprint, Response, abort, request
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlmodel import Session

from cardsync_sdk.money import exponent_of
from webapp.domain import history as rules
from webapp.domain.interfaces import Outcome
from webapp.domain.people import Right
from webapp.domain.searching import NotAnAmount, Search, amount_of, words_of
from webapp.storage import history, provenance
from webapp.storage import operations as operation_lists
from webapp.storage.history import Place, RunKey
from webapp.storage.operations import Key
from webapp.storage.runs import SyncRun, counts_of
from webapp.views import history_words, ledger_words, life_words, run_words
from webapp.views.access import current_scope, needs, now, scoped_or_404, services
from webapp.views.help_links import of_counts
from webapp.views.looking import note_look
from webapp.views.pages import render_page

blueprint = Blueprint("history", __name__)

RUNS_PER_PAGE = 20
ROWS_PER_PAGE = 50
NEWEST_SHOWN = 10
WEEKS, MANY_WEEKS = 5, 13
_ID = re.compile(r"[0-9A-Z]{26}")


@blueprint.app_template_filter("run_counts")
def run_counts(run: SyncRun) -> str:
    """Return the counts of a run over all its accounts, in one line."""
    return run_words.counts_text(counts_of(run))


@blueprint.get("/accounts/<account_id>/history")
@needs(Right.INSPECT)
def show(account_id: str) -> Response:
    """Show the syncs of an account: a calendar, each run with its counts, or the rows of one."""
    place = _place(account_id, "run" if request.args.get("run") else "history")
    if request.args.get("run"):
        return _show_run(place, request.args["run"])
    below, on = run_key(request.args.get("below")), day_of(request.args.get("day"))
    with services().database.read() as session:
        runs = history.runs(
            session,
            place.account,
            below=below,
            days=_instants(place, on) if on else None,
            limit=RUNS_PER_PAGE + 1,
        )
        newest = operation_lists.operations(
            session, place.account.id, search=Search(), below=None, limit=NEWEST_SHOWN
        )
        ages = operation_lists.ages_lately(session, place.account.id)
        weeks = _calendar(session, place)
        ledger = ledger_words.ledger(session, place.account, _today(place))
    shown = runs[:RUNS_PER_PAGE]
    return render_page(
        "history/show.html",
        **_shared(place),
        runs=shown,
        older=run_key_text(shown[-1].key) if len(runs) > RUNS_PER_PAGE else None,
        newest_page=below is None,
        on=on,
        operations=newest,
        usual_age=_usual_age(place, ages),
        weeks=weeks,
        many_weeks=_weeks_asked() == MANY_WEEKS,
        ledger=ledger,
        ledger_words=ledger_words,
    )


@blueprint.get("/accounts/<account_id>/operations")
@needs(Right.INSPECT)
def operations(account_id: str) -> Response:
    """Show the operations of an account, the newest first, or those that match a search."""
    place = _place(account_id, "operations")
    asked = _asked(place)
    below = operation_key(request.args.get("below"))
    with services().database.read() as session:
        found = (
            []
            if asked.errors
            else operation_lists.operations(
                session,
                place.account.id,
                search=asked.search,
                below=below,
                limit=ROWS_PER_PAGE + 1,
            )
        )
        others = history.siblings(session, place.entity.id)
    shown = found[:ROWS_PER_PAGE]
    return render_page(
        "history/operations.html",
        **_shared(place),
        operations=shown,
        older=operation_key_text(shown[-1].key) if len(found) > ROWS_PER_PAGE else None,
        newest_page=below is None,
        asked=asked,
        others=others,
    )


@blueprint.get("/accounts/<account_id>/operations/<transaction_id>")
@needs(Right.INSPECT)
def operation(account_id: str, transaction_id: str) -> Response:
    """Show one operation: what the bank said, where it comes from, and what happened to it."""
    place = _place(account_id, "transaction")
    with services().database.read() as session:
        found = operation_lists.find_operation(session, transaction_id, account_id=account_id)
        if found is None:
            abort(404)
        life = provenance.life_of(session, transaction_id)
    return render_page(
        "history/operation.html",
        **_shared(place),
        operation=found,
        life=life,
        life_words=life_words,
    )


def _show_run(place: Place, run_id: str) -> Response:
    after = _position(request.args.get("after"))
    with services().database.read() as session:
        found = history.find_run(session, place.account, run_id)
        if found is None:
            abort(404)
        rows = operation_lists.rows_of_run(
            session, run_id, place.account.id, after=after, limit=ROWS_PER_PAGE + 1
        )
    shown = rows[:ROWS_PER_PAGE]
    return render_page(
        "history/run.html",
        **_shared(place),
        found=found,
        rows=shown,
        later=shown[-1].position if len(rows) > ROWS_PER_PAGE else None,
        first_page=after == 0,
    )


def _place(account_id: str, what: str) -> Place:
    with services().database.read() as session:
        found = history.find_place(session, account_id)
    place = scoped_or_404(found, Right.INSPECT)
    note_look(what, account_id, place.entity)
    return place


def _shared(place: Place) -> dict[str, Any]:
    return {
        "place": place,
        "account": place.account,
        "interface": place.interface,
        "entity": place.entity,
        "configures": current_scope().allows(Right.CONFIGURE, place.entity.id),
        "zone": place.entity.timezone,
        "words": history_words,
        "run_words": run_words,
        "articles_of": of_counts,
    }


def _today(place: Place) -> date:
    return history_words.local_day(now(), place.entity.timezone)


def _instants(place: Place, day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and ends in the legal entity's zone."""
    zone = ZoneInfo(place.entity.timezone)
    begins = [datetime.combine(one, time(), tzinfo=zone) for one in (day, day + timedelta(days=1))]
    return begins[0].astimezone(UTC), begins[1].astimezone(UTC)


def _weeks_asked() -> int:
    return MANY_WEEKS if request.args.get("weeks") == str(MANY_WEEKS) else WEEKS


def _calendar(session: Session, place: Place) -> list[list[rules.CalendarDay]]:
    today, weeks = _today(place), _weeks_asked()
    zone = place.entity.timezone
    first, _end = _instants(place, rules.first_day_shown(today, weeks))
    outcomes: dict[date, list[Outcome]] = {}
    for as_of, outcome in history.outcomes_since(session, place.account, first):
        outcomes.setdefault(history_words.local_day(as_of, zone), []).append(outcome)
    since = history_words.local_day(place.account.created_at, zone)
    return rules.calendar(outcomes, since=since, today=today, weeks=weeks)


def _usual_age(place: Place, ages: list[tuple[date, datetime]]) -> str:
    days = [
        rules.age_at_import(bought, history_words.local_day(imported, place.entity.timezone))
        for bought, imported in ages
    ]
    usual = rules.usual_age(days)
    return "" if usual is None else history_words.days_after(usual)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed into the search, and what of it could not be read."""

    typed: dict[str, str]
    search: Search
    errors: dict[str, str]

    @property
    def anything(self) -> bool:
        """Say whether anything is looked for."""
        return any(self.typed.values())


def _asked(place: Place) -> Asked:
    typed = {
        name: request.args.get(name, "").strip()[:100] for name in ("words", "amount", "from", "to")
    }
    errors: dict[str, str] = {}
    amount = None
    if typed["amount"]:
        try:
            amount = amount_of(
                typed["amount"],
                exponent=exponent_of(place.account.currency),
                decimal_mark=get_decimal_symbol(get_locale()),
            )
        except NotAnAmount:
            errors["amount"] = _("This amount cannot be read. Type it like 12.50 or 1,234.50.")
    days = {name: day_of(typed[name]) for name in ("from", "to")}
    for name, day in days.items():
        if typed[name] and day is None:
            errors[name] = _("This day cannot be read.")
    if days["from"] and days["to"] and days["from"] > days["to"]:
        errors["to"] = _("The last day is before the first one.")
    search = Search(words_of(typed["words"]), amount, days["from"], days["to"])
    return Asked(typed, search, errors)


def day_of(text: str | None) -> date | None:
    """Read a day; nothing for what is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def run_key_text(key: RunKey) -> str:
    """Return the key of a run as an address carries it."""
    return f"{key.started_at.isoformat()}~{key.id}"


def run_key(text: str | None) -> RunKey | None:
    """Read a key from an address; one that is none of ours answers 404."""
    if not text:
        return None
    started_at, run_id = _halves(text)
    try:
        return RunKey(datetime.fromisoformat(started_at).astimezone(UTC), run_id)
    except (ValueError, OverflowError):
        abort(404)


def _halves(text: str) -> tuple[str, str]:
    place, _mark, row_id = text.partition("~")
    if not _ID.fullmatch(row_id):
        abort(404)
    return place, row_id


def operation_key_text(key: Key) -> str:
    """Return the key of a transaction as an address carries it."""
    return f"{key.day.isoformat()}~{key.id}"


def operation_key(text: str | None) -> Key | None:
    """Read a key from an address; one that is none of ours answers 404."""
    if not text:
        return None
    day, operation_id = _halves(text)
    try:
        return Key(date.fromisoformat(day), operation_id)
    except ValueError:
        abort(404)


def _position(text: str | None) -> int:
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 9:
        abort(404)
    return int(text)
