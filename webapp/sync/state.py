"""What a run remembers from batch to batch, never across runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cardsync_sdk.quota import calls_counted
from cardsync_sdk.types import FetchWindow, RemoteAccount
from webapp.domain.fates import Fate
from webapp.domain.planning import AccountRules, KeyedRow, RowOutcome
from webapp.domain.settling import HeldBack
from webapp.domain.transactions import IdentityCounter
from webapp.storage.leases import Claim

# The shared accounts of a run, by the source's account ref.
Accounts = Mapping[str, AccountRules]


@dataclass
class AccountMemory:
    """What a run has seen of one account.

    ``seen``: identity keys shown, with the transaction of each where it has one. ``held``: rows
    that wait for the end of the walk, and ``again``: what told them once more. ``withdrawn``:
    positions by the external id. ``vouched``: days of which the source gave all rows.
    ``walked``: what was asked in each whole walk, and of what of it the source vouched. ``fresh``:
    how many rows were new. ``refused``: it looks like another card, nothing of it is taken.
    """

    seen: dict[str, str | None] = field(default_factory=dict)
    held: dict[str, HeldBack] = field(default_factory=dict)
    again: list[KeyedRow] = field(default_factory=list)
    withdrawn: dict[str, list[int]] = field(default_factory=dict)
    vouched: FetchWindow | None = None
    walked: list[tuple[FetchWindow, FetchWindow | None]] = field(default_factory=list)
    fresh: int = 0
    refused: bool = False
    has_history: bool | None = None

    @property
    def pending(self) -> bool:
        """Say whether something of it is decided only at the end of the walk."""
        return bool(self.held or self.withdrawn)

    @property
    def settled(self) -> bool:
        """Say whether the end of the walk leaves nothing to decide."""
        return not (self.held or self.again or self.withdrawn or self.vouched)

    def seen_ids(self) -> set[str]:
        """Return the transactions shown."""
        return {one for one in self.seen.values() if one is not None}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the walk under way asks of its source; ``number`` counts the walks of a run from 1."""

    number: int
    refs: tuple[str, ...]
    window: FetchWindow
    from_cursor: bool
    again: bool


@dataclass
class Tally:
    """What a batch came to, for the run's counts."""

    outcomes: int = 0
    expenses: int = 0
    counts: dict[Fate, int] = field(default_factory=dict)

    def add(self, outcomes: Iterable[RowOutcome]) -> None:
        """Count ``outcomes`` by their fate."""
        for outcome in outcomes:
            self.outcomes += 1
            self.counts[outcome.fate] = self.counts.get(outcome.fate, 0) + 1

    def join(self, other: "Tally", strangers: int) -> None:
        """Add what another came to, and rows of accounts that are not shared."""
        self.outcomes += other.outcomes + strangers
        self.expenses += other.expenses
        for fate, count in other.counts.items():
            self.counts[fate] = self.counts.get(fate, 0) + count


@dataclass
class RunState:
    """What a run remembers.

    ``counters`` and ``memory`` are by the source's account ref. ``floors`` is false for a file
    whose giver asked for everything in it; ``by_file``: the rows come from a file. ``booked``:
    transactions of the last batch that were announced before; ``changed``: all those of which the
    bank says something else now. ``listed``: the accounts the source says it shares, by its refs;
    ``None`` while it says nothing. ``finished``: those of which a walk gave everything.
    ``tells_changes``: the walk is a stream of changes, of which the last telling counts.
    ``brought``: something is not as it was before the run; ``credits``: it told of money that came
    in. ``settled_walks``: walks that left nothing to decide, to be noted at the end. ``told``: all
    that it came to so far.
    ``asked``: the walk under way; ``told_walk`` the last one that is kept for replay. ``calls``:
    those to the source that are noted already; ``metered``: it bears only so many a minute.
    """

    claim: Claim
    run_id: str
    source: str
    entity_id: str
    account_ids: Sequence[str]
    counters: Mapping[str, IdentityCounter]
    floors: bool = True
    by_file: bool = False
    position: int = 0
    batches: int = 0
    tells_changes: bool = False
    memory: dict[str, AccountMemory] = field(default_factory=dict)
    booked: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    listed: set[str] | None = None
    finished: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    asked: Asked | None = None
    told_walk: int = 0
    brought: bool = False
    credits: bool = False
    settled_walks: list[Asked] = field(default_factory=list)
    told: Tally = field(default_factory=Tally)
    calls: int = 0
    metered: bool = False

    def new_calls(self) -> int:
        """Return how many calls were made since this was last asked."""
        before, self.calls = self.calls, calls_counted()
        return self.calls - before

    def begin_walk(self, refs: Sequence[str], window: FetchWindow, **how: bool) -> None:
        """Note what the walk that begins now asks; ``how``: ``from_cursor``, and ``again``."""
        number = self.asked.number + 1 if self.asked else 1
        self.asked = Asked(number, tuple(refs), window, **how)

    def of(self, account_ref: str) -> AccountMemory:
        """Return what the run has seen of an account."""
        return self.memory.setdefault(account_ref, AccountMemory())

    @property
    def pending(self) -> bool:
        """Say whether rows wait for the end of the walk; no cursor may pass them."""
        return any(memory.pending for memory in self.memory.values())

    def take_positions(self, count: int) -> int:
        """Number ``count`` rows; returns the position of the first, counted from 1."""
        first = self.position + 1
        self.position += count
        return first

    def note_listed(self, accounts: Sequence[RemoteAccount]) -> None:
        """Remember which accounts a batch lists as shared."""
        if accounts:
            self.listed = {one.ref for one in accounts if one.shared} | (self.listed or set())

    def misses(self, account_ref: str) -> bool:
        """Say whether the source lists its accounts without this one (D-O)."""
        return self.listed is not None and account_ref not in self.listed
