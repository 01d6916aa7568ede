"""A run planned backwards, shown before it is done, and done on purpose (I3)."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from webapp.domain.interfaces import Trigger
from webapp.domain.people import Right
from webapp.domain.undoing import Stays, UndoPlan, UndoRefusal, UndoRefused
from webapp.jobs.asking import WHY_MAX, clean
from webapp.storage import undoing as plans
from webapp.storage.interfaces import Interface
from webapp.storage.operations import Operation
from webapp.storage.undoing import RunSeat
from webapp.sync.undoing import Undoer, refusal_of, undo
from webapp.views import history_words, run_words
from webapp.views import undo_words as words
from webapp.views.access import current_user, needs, now, scoped_or_404, services
from webapp.views.history import day_of
from webapp.views.looking import note_look
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("undoing", __name__)

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Part:
    """Transactions with one fate in the plan: how many, and the newest of them."""

    count: int
    shown: list[Operation]


@blueprint.get("/runs/<run_id>/undo")
@needs(Right.INSPECT)
def show(run_id: str) -> Response:
    """Show what undoing a run would come to, or that it is undone."""
    seat = _seat(run_id)
    note_look("run", run_id, seat.entity)
    return _page(seat)


@blueprint.post("/runs/<run_id>/undo")
@needs(Right.INSPECT)
def confirm(run_id: str) -> Response:
    """Undo the run as it was shown; pressed twice it is undone once."""
    seat = _seat(run_id)
    why = clean(request.form.get("why", ""))
    if not why:
        return _page(seat, status=422, error=_("Say why: the administrators of the group read it."))
    by = Undoer(now(), current_user().id, why, seen=request.form.get("seen", ""))
    try:
        with services().database.write() as session:
            before = plans.undo_plan(session, seat.run)
            days = plans.days_of(session, seat.run, before.since)
            plan = undo(session, run_id, by)
    except UndoRefused as error:
        if error.why is UndoRefusal.UNDONE:
            return see_other(url_for("undoing.show", run_id=run_id))
        announce(str(words.REFUSALS[error.why]), "warning", article="undo-a-run")
        return _page(seat, status=409, why=why)
    announce(words.done_text(plan))
    first, last = [day.isoformat() for day in days] if days else (None, None)
    return see_other(url_for("undoing.show", run_id=run_id, first=first, last=last))


def _seat(run_id: str) -> RunSeat:
    with services().database.read() as session:
        found = plans.run_seat(session, run_id)
    return scoped_or_404(found, Right.INSPECT)


def _page(seat: RunSeat, *, status: int = 200, error: str = "", why: str = "") -> Response:
    with services().database.read() as session:
        interface = session.get_one(Interface, seat.run.interface_id)
        plan = UndoPlan()
        if seat.run.undone_at is None:
            plan = plans.undo_plan(session, seat.run)
        refused = refusal_of(session, seat.run, plan)
        parts = _parts(session, plan)
        later = plans.later_runs(session, seat.run, plan.overtaken)
    return render_page(
        "history/undo.html",
        status=status,
        seat=seat,
        run=seat.run,
        entity=seat.entity,
        zone=seat.entity.timezone,
        interface=interface,
        by_file=seat.run.trigger == Trigger.FILE,
        plan=plan,
        parts=parts,
        refused=refused,
        later=later,
        days=_days(),
        error=error,
        why=why,
        why_max=WHY_MAX,
        words=history_words,
        run_words=run_words,
        undo_words=words,
        configures=False,
        extra="",
    )


def _parts(session: Session, plan: UndoPlan) -> dict[str, Part]:
    """Return the parts of a plan by name, and what stays by its reason."""
    ids = {"go": list(plan.go), "put_back": list(plan.put_back), "overtaken": list(plan.overtaken)}
    for why in Stays:
        ids[why.value] = [row_id for row_id, reason in plan.stay.items() if reason is why]
    return {
        name: Part(len(some), plans.shown_operations(session, some, SHOWN))
        for name, some in ids.items()
        if some
    }


def _days() -> tuple[date, date] | None:
    """Return the days to ask for again, as the address carries them after an undo."""
    first, last = day_of(request.args.get("first")), day_of(request.args.get("last"))
    return (first, last) if first and last else None
