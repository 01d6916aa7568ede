"""The words of support: why a purchase is not here, and why days cannot be asked for again."""

from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.domain.whereabouts import Because, DayFacts
from webapp.domain.windows import FARTHEST_BACK, DaysRefusal
from webapp.views.formats import day


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of the answer; ``badge`` is a kind of the macro ``ui.badge``."""

    badge: str
    title: str
    text: str


BADGES = {
    Because.EXPENSES: "good",
    Because.BY_HAND: "info",
    Because.NO_HOLDER: "warn",
    Because.NO_MODE: "warn",
    Because.REVIEW: "warn",
    Because.UNREADABLE: "bad",
    Because.NEVER_FETCHED: "warn",
    Because.NOT_FETCHED_YET: "warn",
    Because.WAITS_FOR_PERSON: "bad",
    Because.STOPPED: "off",
    Because.BEFORE_FLOOR: "off",
}


def reason_words(because: Because, facts: DayFacts) -> Reason:
    """Return what is true of a day, who must act, and what to do."""
    title, text = {**_came(), **_did_not_come(facts)}[because]
    return Reason(BADGES.get(because, "info"), str(title), str(text))


def told_alike() -> dict[Because, tuple[str, str]]:
    """Return the reasons that a holder and support read in the same words."""
    return {
        Because.SUMMARY: (
            _("It is a monthly total"),
            _(
                "The total line of a deferred-debit card never becomes an expense; its purchases "
                "do."
            ),
        ),
        Because.WITHDRAWN: (
            _("The bank withdrew it"),
            _("It was announced or booked, and then taken back. Nobody has to act."),
        ),
        Because.DUPLICATE: (
            _("It is the same purchase as another row"),
            _(
                "An administrator said that two rows are one purchase: its expense and its "
                "receipts are with the other row, maybe on another day. This can be taken back."
            ),
        ),
        Because.BY_HAND: (
            _("It was entered by hand"),
            _(
                "A purchase of this day was entered by hand. When the bank tells it too, a person "
                "is asked whether the two are one."
            ),
        ),
    }


def _came() -> dict[Because, tuple[str, str]]:
    return {
        Because.EXPENSES: (
            _("It became an expense"),
            _("What came in of this day is listed below, with its holder and its state."),
        ),
        Because.NO_HOLDER: (
            _("It waits for a holder"),
            _(
                "Nobody held this card on that day. An administrator attaches the card on the page "
                "of the interface; then the expenses appear at once."
            ),
        ),
        Because.NO_MODE: (
            _("It waits for a choice"),
            _(
                "Who pays, the company or the employee, is not chosen for this card. An "
                "administrator chooses on the page of the interface; then the expenses appear."
            ),
        ),
        Because.REVIEW: (
            _("It waits for a look"),
            _(
                "The account is reviewed first, or was left waiting when it was attached. An "
                "administrator makes it an expense on the page of what waits."
            ),
        ),
        **told_alike(),
        Because.UNREADABLE: (
            _("Rows could not be read"),
            _(
                "The newest sync met rows that the connector could not read; they may be of this "
                "day. Whoever maintains the connector must mend it; the rows are kept."
            ),
        ),
    }


def _did_not_come(facts: DayFacts) -> dict[Because, tuple[str, str]]:
    return {
        Because.TO_COME: (_("This day is still to come"), _("Choose a day that has begun.")),
        Because.BEFORE_FLOOR: (
            _("Before the first day to import"),
            _(
                "This account takes nothing from before %(day)s, as its import was set up.",
                day=day(facts.floor),
            )
            if facts.floor
            else _("The row lies before the first day to import."),
        ),
        Because.STOPPED: (
            _("The account was stopped"),
            _(
                "An administrator stopped syncing it on %(day)s. It can be restored on the page of "
                "the interface.",
                day=day(facts.stopped_on),
            ),
        ),
        Because.NEVER_FETCHED: (
            _("Nothing was fetched yet"),
            _("The first sync of this account is still to come."),
        ),
        Because.NOT_FETCHED_YET: (
            _("Not fetched yet"),
            _(
                "Everything is fetched up to and including %(day)s. A day is complete once it is "
                "over and a sync has gone well after it.",
                day=day(facts.fetched_until),
            ),
        ),
        Because.WAITS_FOR_PERSON: (
            _("The interface stands still"),
            _("See the state of the interface above: it says who must act."),
        ),
        Because.BY_FILE: (
            _("No statement handed in holds it"),
            _("This account is fed by statement files: an administrator hands in the next one."),
        ),
        Because.NOTHING_TOLD: (
            _("The bank told of nothing"),
            _(
                "This day was fetched with success and the bank gave no row for it. Banks post "
                "late: each sync asks again for the days before. If it is missing for longer, ask "
                "for the day once more below."
            ),
        ),
    }


def days_refused(why: DaysRefusal) -> str:
    """Say why days cannot be asked for once more."""
    words = {
        DaysRefusal.REVERSED: _("The last day is before the first one."),
        DaysRefusal.TO_COME: _("The last day is still to come: ask for days up to today."),
        DaysRefusal.TOO_FAR_BACK: _(
            "The first day is too far back: at most %(days)d days can be asked for.",
            days=FARTHEST_BACK.days,
        ),
        DaysRefusal.BEFORE_FLOOR: _(
            "These days lie before the first day to import: whatever the bank told would be left "
            "out. An administrator sets that day on the page of the interface."
        ),
    }
    return str(words[why])
