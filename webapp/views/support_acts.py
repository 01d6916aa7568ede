"""What support does on an interface: look at it, ask for a sync, ask for days once more.

Each act needs a reason, which the group's administrators read in their audit trail.
"""

from datetime import date, timedelta

from flask import Response, request, url_for
from flask_babel import gettext as _

from webapp.domain.people import Right
from webapp.domain.windows import AskedDays, refusal_of
from webapp.jobs.asking import WHY_MAX, Asked, Demand, Joined, Later, ask_for_sync, clean
from webapp.storage import support
from webapp.storage.accounts import Account
from webapp.storage.standing import standings
from webapp.storage.support import Seat
from webapp.views import run_words, support_words
from webapp.views.access import current_user, needs, now, scoped_or_404, services
from webapp.views.history import day_of, run_key, run_key_text
from webapp.views.history_words import local_day
from webapp.views.interface_words import shown
from webapp.views.looking import note_look
from webapp.views.pages import announce, render_page, see_other
from webapp.views.relaunching import article_of, said

RUNS_PER_PAGE = 20
# What is offered first: the month before today.
USUAL_SPAN = timedelta(days=30)


@needs(Right.INSPECT)
def show(interface_id: str) -> Response:
    """Show an interface: state, last error, next try, lease, accounts and runs."""
    seat = _seat(interface_id)
    note_look("interface", interface_id, seat.entity)
    # A page that found days missing names them in its link.
    named = {name: request.args.get(name, "") for name in ("first", "last", "account")}
    return _page(seat, {}, {name: text for name, text in named.items() if text})


@needs(Right.INSPECT)
def resync(interface_id: str) -> Response:
    """Ask for a sync now, as the state icon does; with a reason."""
    seat = _seat(interface_id)
    typed = {"why": request.form.get("why", "")}
    if not clean(typed["why"]):
        return _page(seat, {"sync_why": _why_missing()}, typed, status=422)
    return _ask(seat, typed["why"], None)


@needs(Right.INSPECT)
def ask_again(interface_id: str) -> Response:
    """Ask the source for some days once more, of one account or of all; with a reason."""
    seat = _seat(interface_id)
    typed = {name: request.form.get(name, "") for name in ("first", "last", "account", "days_why")}
    days, errors = _read_days(seat, typed)
    if days is None or errors:
        return _page(seat, errors, typed, status=422)
    return _ask(seat, typed["days_why"], days)


def _seat(interface_id: str) -> Seat:
    with services().database.read() as session:
        found = support.seat_of(session, interface_id)
    return scoped_or_404(found, Right.INSPECT)


def _why_missing() -> str:
    return str(_("Say why: the administrators of the group will read it."))


def _ask(seat: Seat, why: str, days: AskedDays | None) -> Response:
    demand = Demand(
        seat.interface.id, seat.entity, current_user().id, now(), why, days, by_support=True
    )
    parts = services()
    answer = ask_for_sync(parts.database, parts.registry, parts.doorbell.ring, demand)
    text, kind = said(answer, seat.entity)
    if days is not None and isinstance(answer, Asked | Joined):
        text = _("The days are asked for with the next sync, which begins at once.")
    elif isinstance(answer, Asked | Joined):
        text = _("The sync is asked for. Its result stands below once it has ended.")
    if days is not None and isinstance(answer, Later):
        text += " " + _("It takes the days along.")
    announce(text, kind, article=article_of(answer))
    return see_other(url_for("support.interface", interface_id=seat.interface.id))


def _read_days(seat: Seat, typed: dict[str, str]) -> tuple[AskedDays | None, dict[str, str]]:
    errors: dict[str, str] = {}
    first, last = day_of(typed["first"]), day_of(typed["last"])
    for name, day in (("first", first), ("last", last)):
        if day is None:
            errors[name] = str(_("This day cannot be read."))
    if not clean(typed["days_why"]):
        errors["days_why"] = _why_missing()
    with services().database.read() as session:
        accounts = [row for row, _holder in support.all_accounts(session, [seat.interface.id])]
    chosen = _chosen(accounts, typed["account"])
    if not chosen:
        errors["account"] = str(_("Choose one of the accounts that are synced."))
    if first is None or last is None or errors:
        return None, errors
    days = AskedDays(first, last, typed["account"] or None)
    refused = refusal_of(
        days, floors=[account.import_from for account in chosen], today=_today(seat)
    )
    if refused is not None:
        errors["last"] = support_words.days_refused(refused)
    return days, errors


def _chosen(accounts: list[Account], account_id: str) -> list[Account]:
    return [one for one in accounts if one.shared and account_id in ("", one.id)]


def _today(seat: Seat) -> date:
    return local_day(now(), seat.entity.timezone)


def _page(
    seat: Seat, errors: dict[str, str], typed: dict[str, str], *, status: int = 200
) -> Response:
    below = run_key(request.args.get("below"))
    interface = seat.interface
    with services().database.read() as session:
        accounts = support.all_accounts(session, [interface.id])
        how = standings(session, [interface.id])[interface.id]
        runs = support.runs_of(session, interface.id, below=below, limit=RUNS_PER_PAGE + 1)
    today = _today(seat)
    preset = {"first": (today - USUAL_SPAN).isoformat(), "last": today.isoformat()}
    shared = sum(account.shared for account, _holder in accounts)
    return render_page(
        "support/interface.html",
        seat=seat,
        interface=interface,
        entity=seat.entity,
        zone=seat.entity.timezone,
        shown=shown(interface, services().registry, now(), shared, how),
        standing=how,
        wrong=run_words.mishap(how.last) if how.last else None,
        accounts=accounts,
        names={account.id: account.name for account, _holder in accounts},
        runs=runs[:RUNS_PER_PAGE],
        older=run_key_text(runs[RUNS_PER_PAGE - 1].key) if len(runs) > RUNS_PER_PAGE else None,
        newest_page=below is None,
        errors=errors,
        typed={**preset, **typed},
        today=today,
        why_max=WHY_MAX,
        run_words=run_words,
        status=status,
    )
