"""What the pages of one's own expenses share: whose they are, filters, places in the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from babel.dates import get_month_names
from flask import abort, current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.expense_lines import ExpenseLine, Key, Month, Section
from webapp.domain.people import Right
from webapp.storage import expense_lines
from webapp.storage.expense_lists import Holder
from webapp.views.access import current_scope, current_user, now, scoped_or_404, services
from webapp.views.i18n import language
from webapp.views.wording import NOT_EXPENSE_REASONS

MONTHS_OFFERED = 36
LINE_ICONS = (
    "ban",
    "building-2",
    "camera",
    "check",
    "circle-dashed",
    "hourglass",
    "lock",
    "message-square",
    "pencil",
    "tag",
    "undo-2",
    "wallet",
)
SHOWN: dict[str, tuple[Section, ...]] = {
    "all": tuple(Section),
    "to_complete": (Section.TO_COMPLETE,),
    "complete": (Section.COMPLETE,),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which part of the list is looked at; it stays in the address of everything one opens."""

    show: str = "all"
    month: Month | None = None

    def args(self, **changes: str | None) -> dict[str, Any]:
        """Return the filters as they stand in an address, with ``changes``; defaults left out."""
        month = self.month and f"{self.month.first:%Y-%m}"
        args = {"show": self.show, "month": month, **changes}
        return {name: value for name, value in args.items() if value and value != "all"}


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring lines of one section; ``continued`` if the section began on an earlier page."""

    section: Section
    continued: bool
    lines: tuple[ExpenseLine, ...]


def current_holder() -> Holder:
    """Return the signed-in person as the holder of expenses."""
    return Holder(current_user().id, current_scope().entities(Right.OWN_EXPENSES))


def own_line(expense_id: str) -> ExpenseLine:
    """Return the person's own expense: outside their entities 404, somebody else's 403 (D-T)."""
    with services().database.read() as session:
        found = expense_lines.find(session, expense_id, current_scope().entities())
    line = scoped_or_404(found, Right.OWN_EXPENSES)
    if line.user_id != current_user().id:
        abort(403)
    return line


def current_filters() -> Filters:
    """Read the filters from the address; what cannot be read filters nothing."""
    show = request.args.get("show", "all")
    return Filters(show if show in SHOWN else "all", _month_from(request.args.get("month", "")))


def _month_from(text: str) -> Month | None:
    try:
        return Month(date.fromisoformat(f"{text}-01"))
    except ValueError:
        return None


def key_text(key: Key) -> str:
    """Return a key as it stands in an address."""
    return f"{key.section.value}.{key.day.isoformat()}.{key.id}"


def key_from(text: str | None) -> Key | None:
    """Read a key from an address; one that is none of ours answers 404."""
    if not text:
        return None
    section, _, rest = text.partition(".")
    day, _, line_id = rest.partition(".")
    try:
        return Key(Section(section), date.fromisoformat(day), line_id)
    except ValueError:
        abort(404)


def grouped(lines: Sequence[ExpenseLine], below: Key | None) -> list[Group]:
    """Return the lines of a page by section."""
    return [
        Group(section, below is not None and below.section is section, tuple(group))
        for section, group in groupby(lines, key=lambda line: line.section)
    ]


def months_between(reached: tuple[date, date] | None) -> list[Month]:
    """Return the months to choose from, the newest first."""
    months: list[Month] = []
    if reached is not None:
        oldest, newest = (day.replace(day=1) for day in reached)
        while newest >= oldest and len(months) < MONTHS_OFFERED:
            months.append(Month(newest))
            newest = (newest - timedelta(days=1)).replace(day=1)
    return months


@cache
def month_names(code: str) -> Mapping[int, str]:
    """Return the short names of the months, by their number."""
    return dict(get_month_names("abbreviated", "stand-alone", code))


def category_name(names: Mapping[str, str | None]) -> str:
    """Return the name of a category in the language of the page."""
    return names.get(language()) or ""


def line_context() -> dict[str, Any]:
    """Return what the parts of a line need, on whatever page it stands.

    Words and icons of a line are made once a page: fifty lines would ask for a thousand.
    """
    ui: Any = current_app.jinja_env.globals["ui"]
    return {
        "category_name": category_name,
        "entered_text": entered_text,
        "icons": {name: ui.icon(name) for name in LINE_ICONS},
        "month_names": month_names(language()),
        "not_expense_reasons": NOT_EXPENSE_REASONS,
        "this_year": now().year,
        "words": _line_words(),
    }


def shared_context() -> dict[str, Any]:
    """Return what the list and each of its lines need; addresses too are made once a page."""
    filters = current_filters()
    before, after = url_for("expenses.show", expense_id="*", **filters.args()).split("*")
    return {
        **line_context(),
        "address_of": lambda line: f"{before}{line.id}{after}",
        "filters": filters,
        "key_text": key_text,
        "several_entities": len(current_holder().entities) > 1,
    }


def entered_text(line: ExpenseLine) -> str:
    """Say since when an expense entered by hand has been waiting for the bank's word."""
    days = (now().date() - line.made_at.date()).days if line.made_at else 0
    if days <= 0:
        return str(_("Entered by hand today; the bank has not told it yet."))
    return str(
        ngettext(
            "Entered by hand %(num)d day ago; the bank has not told it yet.",
            "Entered by hand %(num)d days ago; the bank has not told it yet.",
            days,
        )
    )


def _line_words() -> dict[str, str]:
    return {
        "cancelled": _("Cancelled"),
        "category": _("Category"),
        "comment": _("Comment"),
        "company": _("Company"),
        "complete": _("Completed"),
        "ending_in": _("ending in"),
        "expired": _("Expired"),
        "locked": _("In a submitted report"),
        "missing": _("Missing:"),
        "not_expense": _("Not an expense"),
        "not_booked": _("Not booked by the bank yet: complete it now, report it once booked."),
        "receipt": _("Receipt"),
        "refund": _("Refund"),
        "reimburse": _("To reimburse"),
        "to_confirm": _("To confirm"),
    }
