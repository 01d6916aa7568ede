"""The undo of a run in plain words: what goes, what is put back, what stays and why."""

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from webapp.domain.undoing import Stays, UndoPlan, UndoRefusal

STAYS: Final[Mapping[Stays, LazyString]] = {
    Stays.WORKED: lazy_gettext("Somebody worked on the expense"),
    Stays.IN_REPORT: lazy_gettext("The expense is in a report"),
    Stays.ANSWERED: lazy_gettext("A question about it was answered"),
    Stays.MERGED: lazy_gettext("It is one purchase with another"),
    Stays.TOLD_APART: lazy_gettext("Somebody said what it is"),
}

REFUSALS: Final[Mapping[UndoRefusal, LazyString]] = {
    UndoRefusal.UNDONE: lazy_gettext("This sync was undone already."),
    UndoRefusal.RUNNING: lazy_gettext(
        "This sync has not ended. Wait for its end, then open this page again."
    ),
    UndoRefusal.UNDER_WAY: lazy_gettext(
        "A sync of these accounts is under way. Wait a minute, then open this page again."
    ),
    UndoRefusal.OVERTAKEN: lazy_gettext(
        "Later syncs have built upon this one. Undo these first, from the top:"
    ),
    UndoRefusal.CHANGED: lazy_gettext(
        "Nothing was undone: something changed meanwhile. This is the plan as it stands now."
    ),
}


def gone_text(plan: UndoPlan) -> str:
    """Say how many transactions go."""
    return str(ngettext("%(num)d transaction goes", "%(num)d transactions go", len(plan.go)))


def put_back_text(plan: UndoPlan) -> str:
    """Say of how many transactions the values are put back."""
    return str(
        ngettext(
            "%(num)d transaction is put back as it was",
            "%(num)d transactions are put back as they were",
            len(plan.put_back),
        )
    )


def stay_text(plan: UndoPlan) -> str:
    """Say how many transactions stay because of what people did."""
    return str(ngettext("%(num)d transaction stays", "%(num)d transactions stay", len(plan.stay)))


def done_text(plan: UndoPlan) -> str:
    """Say what an undo came to."""
    return str(
        _(
            "The sync is undone: %(gone)s, %(back)s, %(stay)s.",
            gone=gone_text(plan),
            back=put_back_text(plan),
            stay=stay_text(plan),
        )
    )
