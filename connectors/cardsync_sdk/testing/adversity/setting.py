"""What a story takes place in: cards, the way the bank serves, and what is expected in the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cardsync_sdk.types import IdTrait

STABLE = frozenset({IdTrait.STABLE})
NO_IDS = frozenset({IdTrait.NONE})
NEW_ID_WHEN_BOOKED = frozenset({IdTrait.CHANGES_ON_BOOKING})
NEW_IDS_AFTER_RELINK = frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_RELINK})


class Serves(StrEnum):
    """What the bank answers: every row of the days asked for, or what changed since the cursor."""

    WINDOW = "window"
    CHANGES = "changes"


class Order(StrEnum):
    """In which order the bank lists its rows; ``SHUFFLED`` differs at each walk."""

    OLDEST = "oldest"
    NEWEST = "newest"
    SHUFFLED = "shuffled"


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
    quarantined: int | None = 0
    questions: int | None = 0
    runs: int | None = None
