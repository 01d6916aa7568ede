"""Plan a batch: what we know and what the source says, turned into what is to be written.

One pure function. No clock, no session; its arguments are not changed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from cardsync_sdk.types import FetchedTransaction, TransactionKind, TransactionStatus
from webapp.domain.attachments import Holding, holder_on
from webapp.domain.expenses import PaymentMode
from webapp.domain.fates import Fate
from webapp.domain.transactions import bank_content
from webapp.domain.windows import is_before

CANCELLED = "cancelled"
DUPLICATE = "duplicate"
# Why a row waits although its card may have a holder.
REVIEW_FIRST = "review_first"


@dataclass(frozen=True, slots=True)
class Known:
    """A transaction we hold, as far as planning needs it. ``content`` as by ``bank_content``.

    ``external_id`` and ``amount_minor``: the id and the amount with which the source told it last.
    ``unbooked``: it has no booking date yet; a hold that was withdrawn may still be booked.
    """

    id: str
    identity_key: str
    status: str
    content: str
    external_id: str | None = None
    amount_minor: int | None = None
    unbooked: bool = False

    def was(self, external_id: str | None) -> bool:
        """Say whether ``external_id`` is a former id of it: it has been booked under another."""
        booked = self.status == TransactionStatus.BOOKED
        return booked and self.external_id not in (None, external_id)


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What decides over the rows of one account; ``account_ref`` is the source's name for it.

    ``review_first``: no expense is made before a person has looked (R64). ``is_card``: it is a
    card; an account may show the monthly total of deferred-debit cards (A25). ``by_file``: its rows
    come from a file this time, which knows less than a feed.
    """

    account_ref: str
    account_id: str
    identity_id: str
    floor: date | None
    mode: PaymentMode | None
    holdings: tuple[Holding, ...] = ()
    review_first: bool = False
    is_card: bool = True
    by_file: bool = False


@dataclass(frozen=True, slots=True)
class KeyedRow:
    """A fetched row with its identity key and its position in the run.

    ``replaces``: the identity key of the announced row that it books, where the source says so.
    ``former``: the keys that older rules gave it. ``reason``: why its id alone was not believed.
    ``content`` is its digest, where it was made already.
    """

    row: FetchedTransaction
    key: str
    position: int
    replaces: str | None = None
    former: tuple[str, ...] = ()
    reason: str = ""
    content: str = ""

    @property
    def says(self) -> str:
        """Return the digest of everything the bank says of the row."""
        return self.content or bank_content(self.row)


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A row to insert; ``holder`` gets an expense for it, ``None`` leaves it as it is.

    ``settles``: the card whose purchases it sums up.
    """

    keyed: KeyedRow
    content: str
    holder: str | None
    settles: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedTransaction:
    """A transaction whose bank values are to be replaced by those of the row."""

    id: str
    keyed: KeyedRow
    content: str


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """The fate of the row at ``position``; ``key`` finds its transaction, where it has one."""

    position: int
    fate: Fate
    key: str | None = None
    external_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A row the source withdrew: its identity key, its id and its position in the run."""

    key: str
    external_id: str
    position: int


@dataclass(slots=True)
class SyncPlan:
    """What a batch of one account comes to.

    ``aliases``: further identity keys of transactions we hold, each with the transaction's id.
    ``inserted_at``: where in ``to_insert`` a key stands; ``changed_to``: the content that a
    transaction was given last, by its id. So no row is looked for among all the others.
    """

    to_insert: list[NewTransaction] = field(default_factory=list)
    to_change: list[ChangedTransaction] = field(default_factory=list)
    to_cancel: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    aliased: set[str] = field(default_factory=set)
    outcomes: list[RowOutcome] = field(default_factory=list)
    inserted_at: dict[str, int] = field(default_factory=dict)
    changed_to: dict[str, str] = field(default_factory=dict)


def plan(
    rules: AccountRules,
    known: Mapping[str, Known],
    rows: Sequence[KeyedRow],
    *,
    seen_in_run: Collection[str] = frozenset(),
    adopted: Mapping[str, Known] = MappingProxyType({}),
    totals: Mapping[str, str] = MappingProxyType({}),
    kept: Collection[str] = frozenset(),
) -> SyncPlan:
    """Decide over ``rows`` of one account.

    :param known: by identity key, every transaction held for the keys of ``rows``, and for those
        they replace.
    :param seen_in_run: identity keys that earlier batches of the same run have already shown.
    :param adopted: by key, the transaction that a row of unknown key was found to be.
    :param totals: by key, the card of which a row is the monthly total (A25).
    :param kept: transactions of which another source knows more than the one that tells the rows.
    """
    result = SyncPlan()
    met = set(seen_in_run)
    for keyed in rows:
        held = known.get(keyed.key) or _under_another_key(result, known, keyed, adopted)
        repeated = keyed.key in met
        if held is None:
            fate = _take_in(result, rules, keyed, repeated, totals.get(keyed.key))
        else:
            fate = _follow(result, rules, held, keyed, repeated=repeated, kept=kept)
        met.add(keyed.key)
        review = REVIEW_FIRST if fate is Fate.WAITING and rules.review_first else ""
        result.outcomes.append(
            RowOutcome(
                keyed.position, fate, keyed.key, keyed.row.external_id, review or keyed.reason
            )
        )
    return result


def _under_another_key(
    result: SyncPlan, known: Mapping[str, Known], keyed: KeyedRow, adopted: Mapping[str, Known]
) -> Known | None:
    """Return the transaction that a row of unknown key is: told so, by an older rule, or found.

    The source says which announced row it books (A01); each is booked once, and a second row that
    names the same one is a purchase of its own.
    """
    named = known.get(keyed.replaces) if keyed.replaces is not None else None
    if named is not None and named.status == TransactionStatus.BOOKED:
        named = None
    older = next((known[key] for key in keyed.former if key in known), None)
    for held in (named, older, adopted.get(keyed.key)):
        if held is not None and held.id not in result.aliased:
            result.aliases[keyed.key] = held.id
            result.aliased.add(held.id)
            return held
    return None


def _take_in(
    result: SyncPlan, rules: AccountRules, keyed: KeyedRow, repeated: bool, settles: str | None
) -> Fate:
    """Decide over a row we hold nothing of."""
    if is_before(rules.floor, keyed.row.purchased_on, keyed.row.booked_on):
        return Fate.OUT_OF_WINDOW
    return _tell_anew(result, keyed) if repeated else _insert(result, rules, keyed, settles)


def _follow(
    result: SyncPlan,
    rules: AccountRules,
    known: Known,
    keyed: KeyedRow,
    *,
    repeated: bool,
    kept: Collection[str],
) -> Fate:
    """Decide over a row of a transaction we hold.

    It is kept up to date even where a later floor was chosen since: an announced row must not stay
    announced for ever.
    """
    row, content = keyed.row, keyed.says
    if known.status == DUPLICATE:
        return Fate.REPEATED if repeated else Fate.DUPLICATE_OF
    if known.was(row.external_id) and row.status is TransactionStatus.ANNOUNCED:
        # What it was before it was booked: the source shows both for a while.
        return Fate.UNCHANGED
    announced = row.status is TransactionStatus.ANNOUNCED
    old = announced and known.status == TransactionStatus.BOOKED
    if known.id in kept or (rules.by_file and old):
        # The feed goes on telling it: a file does not write that over. Nor does a file that was
        # made before the booking.
        return Fate.REPEATED if repeated else Fate.UNCHANGED
    if repeated and not _is_newer(row, known.status):
        return Fate.REPEATED
    if content == known.content and known.status == row.status:
        return Fate.REPEATED if repeated else Fate.UNCHANGED
    if result.changed_to.get(known.id) == content:
        return Fate.REPEATED
    result.changed_to[known.id] = content
    result.to_change.append(ChangedTransaction(known.id, keyed, content))
    was_open = known.status != TransactionStatus.BOOKED and (
        known.unbooked or known.status == TransactionStatus.ANNOUNCED
    )
    return Fate.BOOKED if was_open and row.status is TransactionStatus.BOOKED else Fate.UPDATED


def _tell_anew(result: SyncPlan, keyed: KeyedRow) -> Fate:
    """Take what is told last of a row that the same batch inserts (C01)."""
    place = result.inserted_at.get(keyed.key)
    if place is None:
        return Fate.REPEATED
    new, content = result.to_insert[place], keyed.says
    if new.content == content or not _is_newer(keyed.row, new.keyed.row.status):
        return Fate.REPEATED
    result.to_insert[place] = replace(new, keyed=keyed, content=content)
    return Fate.UPDATED


def _is_newer(row: FetchedTransaction, status: str) -> bool:
    """Say whether a row told again in a run may be a newer telling: what is booked stays so."""
    return row.status is not TransactionStatus.ANNOUNCED or status != TransactionStatus.BOOKED


def _insert(
    result: SyncPlan, rules: AccountRules, keyed: KeyedRow, settles: str | None = None
) -> Fate:
    row = keyed.row
    summary = row.kind is TransactionKind.SUMMARY or settles is not None
    waits = summary or rules.review_first or rules.mode is None
    holder = None if waits else holder_on(rules.holdings, row.day)
    result.inserted_at[keyed.key] = len(result.to_insert)
    result.to_insert.append(NewTransaction(keyed, keyed.says, holder, settles))
    if summary:
        return Fate.SUMMARY
    return Fate.WAITING if holder is None else Fate.NEW


def plan_removals(
    known: Mapping[str, Known],
    withdrawn: Sequence[Withdrawn],
    *,
    standing: Collection[str] = frozenset(),
) -> tuple[list[str], list[RowOutcome]]:
    """Decide over rows the source withdrew; returns the ids to cancel and the fates.

    An announced row is withdrawn when it is booked under another id: that cancels nothing.

    :param known: by identity key, the transactions held for the withdrawn rows.
    :param standing: transactions that stay whatever is withdrawn: a question is open about them,
        or another row, the same purchase, is told on.
    """
    to_cancel: list[str] = []
    outcomes: list[RowOutcome] = []
    for one in withdrawn:
        held = known.get(one.key)
        already = held is not None and (
            held.status in (CANCELLED, DUPLICATE)
            or held.id in standing
            or held.id in to_cancel
            or held.was(one.external_id)
        )
        if held is not None and not already:
            to_cancel.append(held.id)
        fate = Fate.UNCHANGED if already else Fate.REMOVED
        outcomes.append(RowOutcome(one.position, fate, one.key, one.external_id))
    return to_cancel, outcomes
