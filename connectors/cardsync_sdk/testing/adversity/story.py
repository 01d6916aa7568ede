"""The vocabulary of the adversity bank: a story is a row of steps, and every step is plain data.

Days are written ``"03-16"`` (of the year the story begins in) or ``"2027-01-02"``; amounts are
decimals of the card's currency, minus = spend. Each purchase has a name that the steps use; the
name never reaches the engine as an id or a wording.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cardsync_sdk.types import IdTrait, TransactionKind

STABLE = frozenset({IdTrait.STABLE})
NO_IDS = frozenset({IdTrait.NONE})
NEW_ID_WHEN_BOOKED = frozenset({IdTrait.CHANGES_ON_BOOKING})
NEW_IDS_AFTER_RELINK = frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_RELINK})

# The id of a row the script says nothing about: made of its name, none where the card has no ids.
OWN = "(own)"
BAKERY = "CARTE BOULANGERIE EXEMPLE"


class Serves(StrEnum):
    """What the bank answers: every row of the days asked for, or what changed since the cursor."""

    WINDOW = "window"
    CHANGES = "changes"


class Order(StrEnum):
    """In which order the bank lists its rows; ``SHUFFLED`` differs at each walk."""

    OLDEST = "oldest"
    NEWEST = "newest"
    SHUFFLED = "shuffled"


class Trouble(StrEnum):
    """The ways in which a page fails."""

    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    CONSENT_OVER = "consent_over"
    REJECTED = "rejected"
    CUT_JSON = "cut_json"
    HTML_PAGE = "html_page"
    WRONG_CHARSET = "wrong_charset"
    PLUGIN_BUG = "plugin_bug"


class Ends(StrEnum):
    """How a sync is expected to end; ``IDLE``: nothing may run until a person has acted.

    ``ANY`` where the engine may choose between stopping and keeping doubtful rows apart.
    """

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    IDLE = "idle"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card or, with an ``iban``, an account; ``traits`` is the id policy its source declares.

    ``holder_id``: the employee who holds it from the start, ``None`` for nobody. ``all_available``:
    everything the bank has is imported, instead of the month of the activation.
    """

    name: str = "card"
    traits: frozenset[IdTrait] = STABLE
    last4: str = "4821"
    iban: str | None = None
    currency: str = "EUR"
    held_by: str | None = "Camille"
    all_available: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How the bank serves. ``vouches``: it says that it gave all rows of the days it served.

    ``history_days``: it knows nothing older. ``lists_accounts``: each walk lists the accounts too.
    """

    mode: Serves = Serves.WINDOW
    page_size: int = 100
    order: Order = Order.OLDEST
    vouches: bool = True
    history_days: int | None = None
    lists_accounts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What must be so in the end. ``rows``: active transactions, booked or announced.

    ``questions``: doubts put to a person, instead of being decided in silence (I11). ``expenses``:
    live ones, ``of`` whom how many; ``waiting``: rows kept without an expense; ``runs``: syncs that
    ran; ``None``: not looked at.
    """

    rows: int
    expenses: int | None = None
    of: Mapping[str, int] | None = None
    waiting: int | None = None
    quarantined: int = 0
    questions: int = 0
    runs: int | None = None


# --- The source's truth changes ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Buy:
    """A row appears at the source. ``kept=False``: it must not be stored as ours."""

    what: str
    amount: str = "-12.50"
    on: str = "03-16"
    card: str = "card"
    memo: str = BAKERY
    id: str | None = OWN
    announced: bool = False
    booked: str | None = None
    value_on: str | None = None
    kind: TransactionKind = TransactionKind.PURCHASE
    original: tuple[str, str] | None = None
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Book:
    """An announced row is booked; under a new ``id`` it may name the one it ``replaces``."""

    what: str
    on: str = "03-17"
    id: str | None = OWN
    amount: str | None = None
    memo: str | None = None
    purchased: str | None = None
    original: tuple[str, str] | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The source says something else of a row it goes on showing; ``None`` leaves a value."""

    what: str
    id: str | None = None
    amount: str | None = None
    memo: str | None = None
    booked: str | None = None
    value_on: str | None = None
    kind: TransactionKind | None = None
    original: tuple[str, str] | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """The source withdraws a row: it was released, reversed or a mistake."""

    what: str


@dataclass(frozen=True, slots=True)
class ReissueIds:
    """Every row gets another id; nothing else changes."""

    prefix: str = "again-"


@dataclass(frozen=True, slots=True)
class ShowTwice:
    """The source repeats a row in one page."""

    what: str


@dataclass(frozen=True, slots=True)
class Garble:
    """The connector cannot read a row (``reason``); without a reason it can again."""

    what: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenCard:
    """One more card appears in the source's list."""

    card: Card


@dataclass(frozen=True, slots=True)
class HideCard:
    """The source lists the card no more."""

    card: str


@dataclass(frozen=True, slots=True)
class SwapCard:
    """Under the same account id the source now shows somebody else's card."""

    card: str
    last4: str
    holder: str


# --- How the bank behaves ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Serve:
    """The bank serves otherwise from now on."""

    how: Serving


@dataclass(frozen=True, slots=True)
class Fail:
    """Page ``page`` of a walk fails ``times`` times, always before it is given.

    ``card``: only where the walk comes to this card. ``hours``: how long to wait, if it says so.
    """

    how: Trouble = Trouble.UNAVAILABLE
    page: int = 1
    times: int = 1
    card: str | None = None
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """While the next walk runs, after its page ``page`` was given, ``steps`` happen."""

    steps: tuple["SourceStep", ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class NeverEnd:
    """The next walk's pages lead round in a circle: there is always one more."""


@dataclass(frozen=True, slots=True)
class StillGathering:
    """The next walks are answered with an empty page: the source has not fetched yet itself."""

    times: int = 1


@dataclass(frozen=True, slots=True)
class ForgetCursors:
    """Every cursor given so far is refused for ever; a walk from the beginning works."""


# --- What people do ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attach:
    """An admin gives a card to an employee; ``at_once`` such presses happen at the same time."""

    card: str = "card"
    to: str = "Camille"
    first_day: str | None = None
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Complete:
    """The holder completes the expense of ``what``: category, comment and a receipt."""

    what: str


@dataclass(frozen=True, slots=True)
class Submit:
    """The holder submits the reports that completed expenses entered; they are locked then."""

    who: str = "Camille"


@dataclass(frozen=True, slots=True)
class SetAside:
    """The holder says that ``what`` is no expense."""

    what: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A person is asked whether the new row of ``what`` is the one known before, and answers."""

    what: str
    same: bool = True


@dataclass(frozen=True, slots=True)
class Merge:
    """A person says that two stored rows are the same purchase; the second goes."""

    stays: str
    goes: str


@dataclass(frozen=True, slots=True)
class EnterByHand:
    """The holder enters an expense with its receipt before the bank has the row ``what``."""

    what: str
    amount: str
    on: str


@dataclass(frozen=True, slots=True)
class StopCard:
    """An admin puts a card in the trash: it is not synced any more."""

    card: str = "card"


@dataclass(frozen=True, slots=True)
class RestoreCard:
    """An admin takes a stopped card up again."""

    card: str = "card"


@dataclass(frozen=True, slots=True)
class Relink:
    """An admin connects the bank anew: new link, new account ids, and new ids for every row.

    ``connector``: through another connector. ``same_ids``: the rows keep theirs.
    """

    connector: str | None = None
    same_ids: bool = False


@dataclass(frozen=True, slots=True)
class LinkAgain:
    """Another admin connects the bank once more, while the first link goes on working."""


@dataclass(frozen=True, slots=True)
class Share:
    """An admin shares every card that the source lists now; the link stays the same."""


@dataclass(frozen=True, slots=True)
class Reconsent:
    """An admin renews the consent on the bank's page; the link stays the same."""


@dataclass(frozen=True, slots=True)
class MoveToOtherEntity:
    """An admin stops a card here and connects it under the group's other legal entity.

    There it is imported from that day on; the history stays where it was.
    """

    card: str = "card"


@dataclass(frozen=True, slots=True)
class HandIn:
    """A person hands in a statement file that holds these rows, in this order, without ids."""

    file: str
    rows: tuple[str, ...]
    card: str = "card"


# --- The clock, and our own machinery ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sync:
    """Everything that can be synced is synced now."""

    ends: Ends = Ends.OK


@dataclass(frozen=True, slots=True)
class Look:
    """It must be so already at this point of the story, not only in the end."""

    expect: Expect


@dataclass(frozen=True, slots=True)
class NextDay:
    """It is six in the morning, ``days`` later, where the legal entity is."""

    days: int = 1


@dataclass(frozen=True, slots=True)
class Nights:
    """``count`` times: the next day comes, and everything is synced."""

    count: int


@dataclass(frozen=True, slots=True)
class At:
    """It is this moment: ``2026-03-28T23:00+01:00``; the clock may jump either way."""

    moment: str


@dataclass(frozen=True, slots=True)
class Ticks:
    """The clock looks every ``minutes`` for ``hours`` hours and runs what is due, nothing else."""

    hours: int
    minutes: int = 60


@dataclass(frozen=True, slots=True)
class ServerZone:
    """The server stands in this time zone from now on."""

    zone: str


@dataclass(frozen=True, slots=True)
class NewContentRule:
    """A new version of cardsync digests a row's content by a rule of another number."""

    number: int = 2


@dataclass(frozen=True, slots=True)
class DatabaseBusy:
    """In the next sync the look-up of known transactions fails."""


SourceStep = (
    Buy
    | Book
    | Change
    | Cancel
    | ReissueIds
    | ShowTwice
    | Garble
    | OpenCard
    | HideCard
    | SwapCard
    | Serve
    | Fail
    | Meanwhile
    | NeverEnd
    | StillGathering
    | ForgetCursors
)
PersonStep = (
    Attach
    | Complete
    | Submit
    | SetAside
    | Answer
    | Merge
    | EnterByHand
    | StopCard
    | RestoreCard
    | Relink
    | LinkAgain
    | Share
    | Reconsent
    | MoveToOtherEntity
    | HandIn
)
ClockStep = Sync | Look | NextDay | Nights | At | Ticks | ServerZone | NewContentRule | DatabaseBusy
Step = SourceStep | PersonStep | ClockStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One adversity: its name is that of the fault, ``invariant`` names what must hold.

    The link is made on the day ``begins``; the first step finds six in the morning of the day
    after, when the first sync may run. ``by_file``: no bank is connected, files are handed in.
    ``settles``: one more sync in the end must change nothing.
    """

    name: str
    story: str
    invariant: str
    steps: tuple[Step, ...]
    expect: Expect
    cards: tuple[Card, ...] = (Card(),)
    serving: Serving = field(default_factory=Serving)
    begins: str = "2026-03-17"
    zone: str = "Europe/Paris"
    by_file: bool = False
    settles: bool = True


def by_name(scripts: tuple[Script, ...]) -> Mapping[str, Script]:
    """Return the scripts by their names.

    :raises ValueError: if two have the same name.
    """
    found = {script.name: script for script in scripts}
    if len(found) != len(scripts):
        raise ValueError("two scripts have the same name")
    return found
