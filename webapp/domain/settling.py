"""What is decided once a walk is whole: which held rows are known, which are new, what is asked.

Pure. Each transaction stands for one row at most, and two that look alike stay two.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from webapp.domain.likeness import Candidate, Likeness, Match, Policy, likeness
from webapp.domain.planning import KeyedRow
from webapp.domain.questions import Doubt, QuestionKind
from webapp.domain.transactions import normal_memo


@dataclass(frozen=True, slots=True)
class Flood:
    """How much at once is not believed: ``rows`` at least, and this ``share`` of what is new."""

    rows: int
    share: float


# The old ids are gone, or nobody says so: then more of them is needed to doubt.
REISSUED: Final = Flood(3, 0.5)
REISSUED_UNSAID: Final = Flood(5, 0.8)
# So many single questions would be no help to anybody: one is asked about all.
DOUBTS: Final = Flood(10, 0.5)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A row that waits for the end of its walk.

    ``base``: the transaction that its id names but that looks like another purchase (A17, A20).
    """

    keyed: KeyedRow
    base: Candidate | None = None

    @property
    def look(self) -> tuple[object, ...]:
        """Return all by which a person could tell it from another."""
        row = self.keyed.row
        return row.day, row.booked_on, row.amount.minor, normal_memo(row.memo)


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair put to a person: the row is stored as a transaction of its own meanwhile."""

    keyed: KeyedRow
    candidate: Candidate
    doubt: Doubt


@dataclass(slots=True)
class Settled:
    """What becomes of the held rows of one account, each in one of four ways.

    ``adopted``: by the row's key, the transaction it is. ``fresh``: new ones. ``asked``: new ones,
    with a question. ``stopped``: kept out until one question about all of them is answered.
    """

    adopted: dict[str, Candidate] = field(default_factory=dict)
    fresh: list[KeyedRow] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    stopped: list[tuple[KeyedRow, Candidate]] = field(default_factory=list)
    why: QuestionKind = QuestionKind.NEW_IDS


@dataclass(frozen=True, slots=True)
class _Edge:
    row: int
    one: Candidate
    match: Match

    @property
    def order(self) -> tuple[object, ...]:
        # Of two that look alike rather the one that a person has worked on.
        return self.match.distance, not self.one.worked, self.row


def settle(
    held: Sequence[HeldBack],
    candidates: Iterable[Candidate],
    policy: Policy,
    *,
    gone: Callable[[Candidate], bool],
    new_rows: int = 0,
) -> Settled:
    """Decide over the ``held`` rows of one account.

    :param candidates: transactions of the account that the walk has not shown.
    :param gone: says whether the source has really stopped showing one: it withdrew it, or vouched
        for its day without it.
    :param new_rows: how many rows of the walk were new without any doubt.
    """
    known = Index.of(candidates, policy)
    edges = [
        _Edge(number, one, match)
        for number, item in enumerate(held)
        for one in known.likely(item.keyed)
        if (match := likeness(item.keyed.row, one, policy)) is not None
    ]
    result = Settled()
    sure = [
        edge
        for edge in edges
        if edge.match.likeness is Likeness.SAME and (gone(edge.one) or not edge.match.needs_gone)
    ]
    several = _pair_up(result, held, sure)
    twins = [edge for edge in edges if edge.match.likeness is Likeness.TWIN]
    if any(_wanders(held[edge.row], edge.one) for edge in twins):
        # The ids of this source are proved to be numbers of lines: content decides instead.
        several |= _pair_up(result, held, twins)
    _ask(result, held, edges, several, gone)
    _stop_floods(result, held, edges, gone, new_rows)
    _store_the_rest(result, held)
    return result


def _wanders(item: HeldBack, one: Candidate) -> bool:
    """Say whether a row came under the id of one transaction with all that another one is."""
    return item.base is not None and item.base.known.id != one.known.id


@dataclass(slots=True)
class Index:
    """Candidates by currency and amount, by id, and those whose amount may be another by now."""

    by_amount: dict[tuple[str, int | None], list[Candidate]] = field(default_factory=dict)
    by_id: dict[str, list[Candidate]] = field(default_factory=dict)
    opened: list[Candidate] = field(default_factory=list)

    @classmethod
    def of(cls, candidates: Iterable[Candidate], policy: Policy) -> "Index":
        """Index ``candidates`` for rows of ``policy``."""
        made = cls()
        for one in candidates:
            amount = (one.currency, one.known.amount_minor)
            made.by_amount.setdefault(amount, []).append(one)
            if one.known.external_id is not None:
                made.by_id.setdefault(one.known.external_id, []).append(one)
            if one.open or policy.other_link(one):
                made.opened.append(one)
        return made

    def likely(self, keyed: KeyedRow) -> list[Candidate]:
        """Return the candidates that are worth a look for a row, each once."""
        row = keyed.row
        found = [*self.by_amount.get((row.amount.currency, row.amount.minor), ()), *self.opened]
        for external_id in (row.external_id, row.replaces):
            found += self.by_id.get(external_id, ()) if external_id is not None else ()
        return list({one.known.id: one for one in found}.values())


def _pair_up(result: Settled, held: Sequence[HeldBack], edges: Sequence[_Edge]) -> set[int]:
    """Adopt the nearest pairs; returns the rows for which several fit equally well."""
    of_row: dict[int, list[_Edge]] = {}
    of_one: dict[str, list[_Edge]] = {}
    for edge in edges:
        of_row.setdefault(edge.row, []).append(edge)
        of_one.setdefault(edge.one.known.id, []).append(edge)
    taken = {one.known.id for one in result.adopted.values()}
    done = {number for number, item in enumerate(held) if item.keyed.key in result.adopted}
    several: set[int] = set()
    for edge in sorted(edges, key=lambda one: one.order):
        if edge.row in done or edge.row in several or edge.one.known.id in taken:
            continue
        rivals = any(
            other.match.distance == edge.match.distance
            and other.one.known.id not in taken
            and other.one.look != edge.one.look
            for other in of_row[edge.row]
        ) or any(
            other.match.distance == edge.match.distance
            and other.row not in done
            and held[other.row].look != held[edge.row].look
            for other in of_one[edge.one.known.id]
        )
        if rivals:
            several.add(edge.row)
            continue
        result.adopted[held[edge.row].keyed.key] = edge.one
        taken.add(edge.one.known.id)
        done.add(edge.row)
    return several


def _ask(
    result: Settled,
    held: Sequence[HeldBack],
    edges: Sequence[_Edge],
    several: Collection[int],
    gone: Callable[[Candidate], bool],
) -> None:
    """Put the likeliest pair of each row in doubt to a person; each transaction is asked once."""
    taken = {one.known.id for one in result.adopted.values()}
    asked: set[int] = set()
    for edge in sorted(edges, key=lambda one: one.order):
        key = held[edge.row].keyed.key
        if key in result.adopted or edge.row in asked or edge.one.known.id in taken:
            continue
        doubt = _doubt_of(edge, several, gone)
        if doubt is not None:
            result.asked.append(Asked(held[edge.row].keyed, edge.one, doubt))
            taken.add(edge.one.known.id)
            asked.add(edge.row)
    for number, item in enumerate(held):
        base = item.base
        if base is None or number in asked or item.keyed.key in result.adopted:
            continue
        if base.worked and gone(base) and base.known.id not in taken:
            result.asked.append(Asked(item.keyed, base, Doubt.AMOUNT_DIFFERS))
            taken.add(base.known.id)


def _doubt_of(
    edge: _Edge, several: Collection[int], gone: Callable[[Candidate], bool]
) -> Doubt | None:
    if edge.match.likeness is Likeness.TWIN:
        return None
    if edge.match.needs_gone and not gone(edge.one):
        # Shown as it was, an announced row of another amount or wording is another purchase.
        return Doubt.STILL_SHOWN if edge.match.likeness is Likeness.SAME else None
    return Doubt.SEVERAL_FIT if edge.row in several else edge.match.doubt


def _stop_floods(
    result: Settled,
    held: Sequence[HeldBack],
    edges: Sequence[_Edge],
    gone: Callable[[Candidate], bool],
    new_rows: int,
) -> None:
    """Keep out what comes in such a number that the source's promise is broken (C16)."""
    open_rows = sum(item.keyed.key not in result.adopted for item in held)
    twins = _twins(result, held, edges)
    released = [pair for pair in twins if gone(pair[1])]
    looks = {one.look for _keyed, one in twins}
    new = new_rows + open_rows
    if _floods(REISSUED, len(released), new) or (
        len(looks) >= REISSUED.rows and _floods(REISSUED_UNSAID, len(twins), new)
    ):
        result.stopped = twins
    stopped = {keyed.key for keyed, _one in result.stopped}
    if _floods(DOUBTS, len(result.asked), open_rows):
        result.stopped += [
            (one.keyed, one.candidate) for one in result.asked if one.keyed.key not in stopped
        ]
        result.asked = []
    result.asked = [one for one in result.asked if one.keyed.key not in stopped]


def _twins(
    result: Settled, held: Sequence[HeldBack], edges: Sequence[_Edge]
) -> list[tuple[KeyedRow, Candidate]]:
    """Pair each row with the transaction that is equal to it in everything but the id."""
    taken = {one.known.id for one in result.adopted.values()}
    pairs: dict[int, Candidate] = {}
    for edge in edges:
        known = held[edge.row].keyed.key in result.adopted or edge.one.known.id in taken
        if edge.match.likeness is Likeness.TWIN and edge.row not in pairs and not known:
            pairs[edge.row] = edge.one
            taken.add(edge.one.known.id)
    return [(held[number].keyed, one) for number, one in pairs.items()]


def _floods(limit: Flood, count: int, new: int) -> bool:
    return count >= limit.rows and count >= limit.share * new


def _store_the_rest(result: Settled, held: Sequence[HeldBack]) -> None:
    decided = {*result.adopted, *(keyed.key for keyed, _one in result.stopped)}
    result.fresh = [item.keyed for item in held if item.keyed.key not in decided]
