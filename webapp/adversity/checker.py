"""Compare what is stored with the bank's truth: nothing lost, nothing doubled, all accounted for.

Pure: a :class:`Picture` of the database and of the truth goes in, a :class:`Verdict` comes out, so
that the checker itself can be checked with pictures that are wrong on purpose.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from cardsync_sdk.testing.adversity.setting import Expect
from cardsync_sdk.types import FetchWindow

DAY = timedelta(days=1)


class Content(NamedTuple):
    """What makes a row what it is, as the bank says it and as we hold it."""

    card: str
    status: str
    kind: str
    purchased_on: date | None
    booked_on: date | None
    value_on: date | None
    amount: int
    currency: str
    original: tuple[int, str] | None
    memo: str


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the source; ``kept``: it must be an active transaction.

    ``anonymous``: it has no id, so that nobody can tell it from another that says the same.
    ``now_under``: the card under which the source shows it now, if it moved there.
    """

    name: str
    content: Content
    kept: bool = True
    anonymous: bool = False
    now_under: str = ""

    def says(self, content: Content) -> bool:
        """Say whether ``content`` is what the source says, under the one card or the other."""
        moved = self.content._replace(card=self.now_under or self.content.card)
        return content in (self.content, moved)


@dataclass(frozen=True, slots=True)
class Held:
    """A stored transaction; ``told_as``: the names of the source's rows it was seen as, in order.

    ``expenses``: how many live expenses it has; ``refused``: a person said that it is none.
    """

    id: str
    content: Content
    active: bool
    told_as: tuple[str, ...] = ()
    expenses: int = 0
    refused: bool = False
    summary: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What a person did for the purchase ``what``; ``mark`` is the comment they gave."""

    what: str
    mark: str
    receipts: int = 1


@dataclass(frozen=True, slots=True)
class Expense:
    """A stored expense, as far as a person's work shows on it."""

    transaction_id: str
    mark: str
    receipts: int
    holder: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A run's counts: as the run has them, as its row fates have them, as the bank gave them."""

    id: str
    ok: bool
    rows_seen: int
    counts: Mapping[str, int]
    recorded: Mapping[str, int]
    given: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Covered:
    """Days of a card that count as fetched, and those that the run's walks vouched for."""

    card: str
    days: FetchWindow
    told: tuple[FetchWindow, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the checker looks at. ``syncs``: how many the story had.

    ``questions``: doubts put to a person and still open.
    """

    told: Sequence[Told]
    held: Sequence[Held]
    works: Sequence[Work] = ()
    expenses: Sequence[Expense] = ()
    runs: Sequence[Run] = ()
    covered: Sequence[Covered] = ()
    quarantined: int = 0
    questions: int = 0
    syncs: int = 0


@dataclass(slots=True)
class Verdict:
    """The counts of a script, and in words everything that did not hold."""

    name: str
    rows_true: int = 0
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Say whether everything held."""
        return not self.misses


def check(name: str, expect: Expect, picture: Picture) -> Verdict:
    """Give the verdict over a picture, by what the script expects."""
    verdict = Verdict(name)
    partner = _check_rows(verdict, picture)
    if verdict.rows_true != expect.rows:
        verdict.misses.append(
            f"the script is wrong: it expects {expect.rows} rows, its steps make "
            f"{verdict.rows_true}"
        )
    _check_expected(verdict, expect, picture)
    in_doubt = bool(expect.questions or picture.questions)
    _check_work(verdict, picture, partner, in_doubt=in_doubt)
    for run in picture.runs:
        verdict.misses += _misses_of_run(run)
    for one in picture.covered:
        verdict.misses += _unfetched(one)
    return verdict


def _check_rows(verdict: Verdict, picture: Picture) -> dict[str, str]:
    """Count what is lost and what is doubled; returns the transaction of each row by its name."""
    kept = [one for one in picture.told if one.kept]
    active = [one for one in picture.held if one.active]
    partner, stale = match(kept, active)
    lost = [one for one in kept if one.name not in partner]
    taken = set(partner.values())
    surplus = [one for one in active if one.id not in taken]
    verdict.rows_true, verdict.stored = len(kept), len(active)
    verdict.lost, verdict.doubled = len(lost), len(surplus)
    verdict.misses += [f"lost: {one.name}" for one in lost]
    verdict.misses += [f"doubled: {_seen_as(one)}" for one in surplus]
    verdict.misses += [f"stored, but not as the bank says it now: {name}" for name in stale]
    verdict.misses += [
        f"{one.expenses} expenses of one transaction: {_seen_as(one)}"
        for one in picture.held
        if one.expenses > 1
    ]
    return partner


def match(told: Sequence[Told], held: Sequence[Held]) -> tuple[dict[str, str], list[str]]:
    """Pair rows with transactions, each once; returns the pairs and the names of outdated ones.

    First what agrees in everything, and of those rather what was last seen as that very row: equal
    rows without ids may stand for each other. Then what was seen as the row but says otherwise.
    """
    free = {one.id: one for one in held}
    partner: dict[str, str] = {}

    def take(row: Told, fits: Sequence[Held]) -> None:
        if row.name not in partner and fits:
            partner[row.name] = fits[0].id
            del free[fits[0].id]

    def last(row: Told, one: Held) -> bool:
        return one.told_as[-1:] == (row.name,)

    for row in told:
        take(row, [h for h in free.values() if row.says(h.content) and last(row, h)])
    for row in told:
        take(row, [h for h in free.values() if row.says(h.content)])
    exact = set(partner)
    for row in told:
        take(row, [h for h in free.values() if last(row, h)])
    for row in told:
        take(row, [h for h in free.values() if row.name in h.told_as])
    return partner, [row.name for row in told if row.name in partner and row.name not in exact]


def _check_expected(verdict: Verdict, expect: Expect, picture: Picture) -> None:
    active = [one for one in picture.held if one.active]
    live = [one for one in active if one.expenses and not one.refused]
    bare = [one for one in active if not one.expenses and not one.refused and not one.summary]
    holders = Counter(one.holder for one in picture.expenses if not one.refused)
    for wanted, found, words in (
        (expect.expenses, len(live), "live expenses"),
        (expect.waiting, len(bare), "rows waiting without an expense"),
        (expect.quarantined, picture.quarantined, "rows in quarantine"),
        (expect.questions, picture.questions, "questions put to a person"),
        (expect.runs, picture.syncs, "syncs"),
        *((n, holders[who], f"expenses of {who}") for who, n in (expect.of or {}).items()),
    ):
        if wanted is not None and wanted != found:
            verdict.misses.append(f"{words}: {wanted} expected, {found} found")


def _check_work(
    verdict: Verdict, picture: Picture, partner: Mapping[str, str], *, in_doubt: bool
) -> None:
    """Look for every person's work: there once, with its receipt, on the purchase it was for.

    :param in_doubt: a question is open: until it is answered, work stays where it was given.
    """
    by_id = {one.id: one for one in picture.held}
    rows = {one.name: one for one in picture.told}
    for work in picture.works:
        marked = [one for one in picture.expenses if one.mark == work.mark]
        if len(marked) != 1:
            verdict.misses.append(f"work on {work.what}: on {len(marked)} expenses instead of one")
            continue
        if marked[0].receipts != work.receipts:
            verdict.misses.append(f"work on {work.what}: the receipt is gone")
        where = by_id.get(marked[0].transaction_id)
        named = where is not None and (
            work.what in where.told_as or where.content.status == "entered"
        )
        stays = in_doubt and named
        if where is None or not (stays or _right(rows[work.what], where, partner)):
            verdict.misses.append(
                f"work on {work.what}: it stands on {_seen_as(where) if where else 'nothing'}"
            )


def _right(row: Told, where: Held, partner: Mapping[str, str]) -> bool:
    """Say whether work for ``row`` may stand on ``where``.

    Of equal rows without ids, any that is active will do. Else a withdrawn row keeps its work, and
    a row that stays has it where it is now itself.
    """
    if row.anonymous and where.active and where.content == row.content:
        return True
    if not row.kept:
        return row.name in where.told_as and where.id not in partner.values()
    return where.active and partner.get(row.name) == where.id


def _misses_of_run(run: Run) -> list[str]:
    counted = sum(run.counts.values())
    misses = []
    if counted != run.rows_seen:
        misses.append(f"counts: {run.rows_seen} rows seen, {counted} have a fate")
    written = {fate: count for fate, count in run.counts.items() if count and fate != "not_shared"}
    if written != dict(run.recorded):
        misses.append(f"counts: the run says {written}, its rows say {dict(run.recorded)}")
    if not run.ok and not run.error:
        misses.append("a sync failed without saying why")
    if run.rows_seen > run.given or (run.ok and run.rows_seen != run.given):
        misses.append(f"counts: the bank gave {run.given} rows, the run saw {run.rows_seen}")
    return misses


def _unfetched(covered: Covered) -> list[str]:
    """Return a miss if a day counts as fetched that no walk of the run vouched for."""
    day = covered.days.first
    while day <= covered.days.last:
        fits = [one for one in covered.told if one.first <= day <= one.last]
        if not fits:
            return [f"coverage: {day} of {covered.card} counts as fetched and was not"]
        day = max(one.last for one in fits) + DAY
    return []


def _seen_as(one: Held) -> str:
    amount = f"{one.content.amount} {one.content.currency}"
    names = " / ".join(dict.fromkeys(one.told_as)) or "what the bank never showed"
    return f"{names} ({amount}, {one.content.status})"
