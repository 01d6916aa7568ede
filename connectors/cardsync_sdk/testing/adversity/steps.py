"""What happens at the source, each step plain data: its truth changes, and how it serves.

Days are written ``"03-16"`` (of the year the story begins in) or ``"2027-01-02"``; amounts are
decimals of the card's currency, minus = spend. Each purchase has a name that the steps use; the
name never reaches the engine as an id or a wording.
"""

from dataclasses import dataclass
from enum import StrEnum

from cardsync_sdk.testing.adversity.setting import Card, Serving
from cardsync_sdk.types import TransactionKind

# The id of a row the script says nothing about: made of its name, none where the card has no ids.
OWN = "(own)"
BAKERY = "CARTE BOULANGERIE EXEMPLE"


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
class BeDown:
    """The bank answers nobody for so many hours."""

    hours: int


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
    | BeDown
    | Meanwhile
    | NeverEnd
    | StillGathering
    | ForgetCursors
)
