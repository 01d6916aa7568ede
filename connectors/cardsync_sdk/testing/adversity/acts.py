"""What people do in a story, and what the clock and our own machinery do; plain data."""

from dataclasses import dataclass
from enum import StrEnum

from cardsync_sdk.testing.adversity.setting import Expect
from cardsync_sdk.testing.adversity.steps import SourceStep


class Ends(StrEnum):
    """How a sync is expected to end; ``IDLE``: nothing may run until a person has acted.

    ``ANY`` where the engine may choose between stopping and keeping doubtful rows apart.
    """

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    IDLE = "idle"
    ANY = "any"


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
class TakeUp:
    """The holder says that ``what`` is an expense after all."""

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


PersonStep = (
    Attach
    | Complete
    | Submit
    | SetAside
    | TakeUp
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
