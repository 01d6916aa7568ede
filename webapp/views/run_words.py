"""What a sync run says of itself: how it ended, its counts by fate, who must act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import LazyString, format_timedelta, lazy_gettext, ngettext
from flask_babel import gettext as _

from webapp.domain.fates import Fate
from webapp.domain.interfaces import Actor, InterfaceState, Outcome, Trigger
from webapp.storage.runs import SyncRun, counts_of
from webapp.views.help_links import of_passing, of_state
from webapp.views.interface_words import needs_user

FATES: Mapping[Fate, LazyString] = {
    Fate.NEW: lazy_gettext("new"),
    Fate.UPDATED: lazy_gettext("changed by the bank"),
    Fate.BOOKED: lazy_gettext("now booked"),
    Fate.REMOVED: lazy_gettext("withdrawn by the bank"),
    Fate.UNCHANGED: lazy_gettext("unchanged"),
    Fate.REPEATED: lazy_gettext("repeated in the same sync"),
    Fate.WAITING: lazy_gettext("waiting for a holder or a review"),
    Fate.OUT_OF_WINDOW: lazy_gettext("before the first day to import"),
    Fate.SUMMARY: lazy_gettext("monthly total"),
    Fate.DUPLICATE_OF: lazy_gettext("known from another source"),
    Fate.QUARANTINED: lazy_gettext("not readable"),
    Fate.NOT_SHARED: lazy_gettext("of accounts not shared"),
}

TRIGGERS: Mapping[Trigger, LazyString] = {
    Trigger.FIRST: lazy_gettext("First sync"),
    Trigger.SCHEDULE: lazy_gettext("Nightly sync"),
    Trigger.RETRY: lazy_gettext("New try by itself"),
    Trigger.DEMAND: lazy_gettext("On demand"),
    Trigger.WEBHOOK: lazy_gettext("The source rang"),
    Trigger.COMMAND: lazy_gettext("By command on the server"),
    Trigger.FILE: lazy_gettext("Statement file"),
}

# Badge of the macro ui.badge, and words.
OUTCOMES: Mapping[Outcome, tuple[str, LazyString]] = {
    Outcome.RUNNING: ("busy", lazy_gettext("Running")),
    Outcome.OK: ("good", lazy_gettext("Succeeded")),
    Outcome.PARTIAL: ("warn", lazy_gettext("Succeeded in part")),
    Outcome.FAILED: ("bad", lazy_gettext("Failed")),
    Outcome.INTERRUPTED: ("warn", lazy_gettext("Cut off")),
}

ACTORS: Mapping[Actor, LazyString] = {
    Actor.NOBODY: lazy_gettext(
        "Nobody has to act: it is tried again by itself, and nothing is lost."
    ),
    Actor.ADMIN: lazy_gettext("An administrator must act on the page of the interface."),
    Actor.INTEGRATOR: lazy_gettext(
        "Whoever maintains the connector must mend it. It is tried again by itself, and nothing "
        "is lost."
    ),
}

ERRORS: Mapping[str, LazyString] = {
    "unavailable": lazy_gettext("The bank or the partner did not answer."),
    "rate_limited": lazy_gettext("The partner allows no more requests for a while."),
    "limit_reached": lazy_gettext("There was more to fetch than one sync may take."),
    "too_slow": lazy_gettext("The source did not answer in time."),
    "memory": lazy_gettext("The sync needed more memory than a worker may have."),
    "database": lazy_gettext("The database of this installation could not be written."),
    "plugin_bug": lazy_gettext("The connector stumbled over something it does not know."),
    "interrupted": lazy_gettext("The worker was stopped before the end. What it had read is kept."),
}

# Told of every sync, be they none; the others only where there are some.
_ALWAYS = (Fate.NEW, Fate.UNCHANGED, Fate.WAITING)
_COUNTED: Mapping[Fate, Callable[[int], str]] = {
    Fate.NEW: lambda n: ngettext("%(num)d new", "%(num)d new", n),
    Fate.UPDATED: lambda n: ngettext(
        "%(num)d changed by the bank", "%(num)d changed by the bank", n
    ),
    Fate.BOOKED: lambda n: ngettext("%(num)d now booked", "%(num)d now booked", n),
    Fate.REMOVED: lambda n: ngettext(
        "%(num)d withdrawn by the bank", "%(num)d withdrawn by the bank", n
    ),
    Fate.UNCHANGED: lambda n: ngettext("%(num)d unchanged", "%(num)d unchanged", n),
    Fate.REPEATED: lambda n: ngettext(
        "%(num)d repeated in the same sync", "%(num)d repeated in the same sync", n
    ),
    Fate.WAITING: lambda n: ngettext("%(num)d waiting", "%(num)d waiting", n),
    Fate.OUT_OF_WINDOW: lambda n: ngettext(
        "%(num)d before the first day to import", "%(num)d before the first day to import", n
    ),
    Fate.SUMMARY: lambda n: ngettext("%(num)d monthly total", "%(num)d monthly totals", n),
    Fate.DUPLICATE_OF: lambda n: ngettext(
        "%(num)d known from another source", "%(num)d known from another source", n
    ),
    Fate.QUARANTINED: lambda n: ngettext("%(num)d not readable", "%(num)d not readable", n),
    Fate.NOT_SHARED: lambda n: ngettext(
        "%(num)d of accounts not shared", "%(num)d of accounts not shared", n
    ),
}


@dataclass(frozen=True, slots=True)
class Mishap:
    """Why a run did not end well: what happened, who acts, and what the source itself said.

    ``article`` is the help article about it.
    """

    what: str
    who: str
    source_words: str
    article: str


def counts_text(counts: Mapping[Fate, int]) -> str:
    """Return counts by fate in one line: ``3 new, 12 unchanged, 0 waiting``."""
    told = [*_ALWAYS, *(fate for fate in Fate if fate not in _ALWAYS and counts.get(fate))]
    return ", ".join(_COUNTED[fate](counts.get(fate, 0)) for fate in told)


def mishap(run: SyncRun) -> Mishap | None:
    """Return why a run did not end well; nothing for one that did, or that still runs."""
    if run.outcome in (Outcome.OK, Outcome.RUNNING):
        return None
    who = Actor(run.who_acts)
    known = ERRORS.get(run.error_kind)
    article = of_passing(run.error_kind)
    if who is Actor.ADMIN:
        what = needs_user(run.error_kind)
        article = of_state(InterfaceState.NEEDS_USER, run.error_kind)
    else:
        what = str(known or _("The bank or the partner refused the request."))
    return Mishap(what, str(ACTORS[who]), run.error, article)


def result_text(run: SyncRun) -> tuple[str, str]:
    """Return what is announced at the end of a run a person waited for, and its kind (R68)."""
    counts = counts_text(counts_of(run))
    wrong = mishap(run)
    if wrong is None:
        return str(_("The sync went well: %(counts)s.", counts=counts)), "success"
    if run.outcome == Outcome.PARTIAL:
        text = _(
            "The sync succeeded in part (%(counts)s). %(what)s %(who)s",
            counts=counts,
            what=wrong.what,
            who=wrong.who,
        )
    else:
        text = _("The sync did not succeed. %(what)s %(who)s", what=wrong.what, who=wrong.who)
    return str(text), "warning"


def duration_text(run: SyncRun) -> str:
    """Return how long a run took, in words; an empty text while it runs."""
    if run.ended_at is None:
        return ""
    took = max(run.ended_at - run.started_at, timedelta(0))
    if took < timedelta(seconds=1):
        return str(_("less than a second"))
    return str(format_timedelta(took, granularity="second", threshold=1.5))


def started_text(trigger: str) -> str:
    """Return what started a run."""
    return str(TRIGGERS[Trigger(trigger)])
