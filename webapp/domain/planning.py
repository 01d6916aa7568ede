"""Plan a batch: what we know and what the source says, turned into what is to be written.

One pure function. No clock, no session; its arguments are not changed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cardsync_sdk.types import FetchedTransaction, TransactionKind, TransactionStatus
from webapp.domain.attachments import Holding, holder_on
from webapp.domain.expenses import PaymentMode
from webapp.domain.fates import Fate
from webapp.domain.transactions import bank_content
from webapp.domain.windows import is_before

CANCELLED = "cancelled"
# Why a row waits although its card may have a holder.
REVIEW_FIRST = "review_first"


@dataclass(frozen=True, slots=True)
class Known:
    """A transaction we hold, as far as planning needs it. ``content`` as by ``bank_content``.

    ``external_id`` and ``amount_minor``: the id and the amount with which the source told it last.
    """

    id: str
    identity_key: str
    status: str
    content: str
    external_id: str | None = None
    amount_minor: int | None = None

    def was(self, external_id: str | None) -> bool:
        """Say whether ``external_id`` is a former id of it: it has been booked under another."""
        booked = self.status == TransactionStatus.BOOKED
        return booked and self.external_id not in (None, external_id)


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What decides over the rows of one account; ``account_ref`` is the source's name for it.

    ``review_first``: no expense is made before a person has looked (R64).
    """

    account_ref: str
    account_id: str
    identity_id: str
    floor: date | None
    mode: PaymentMode | None
    holdings: tuple[Holding, ...] = ()
    review_first: bool = False


@dataclass(frozen=True, slots=True)
class KeyedRow:
    """A fetched row with its identity key and its position in the run.

    ``replaces``: the identity key of the announced row that it books, where the source says so.
    """

    row: FetchedTransaction
    key: str
    position: int
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A row to insert; ``holder`` gets an expense for it, ``None`` leaves it as it is."""

    keyed: KeyedRow
    content: str
    holder: str | None


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
    outcomes: list[RowOutcome] = field(default_factory=list)
    inserted_at: dict[str, int] = field(default_factory=dict)
    changed_to: dict[str, str] = field(default_factory=dict)


def plan(
    rules: AccountRules,
    known: Mapping[str, Known],
    rows: Sequence[KeyedRow],
    *,
    seen_in_run: Collection[str] = frozenset(),
) -> SyncPlan:
    """Decide over ``rows`` of one account.

    :param known: by identity key, every transaction held for the keys of ``rows``, and for those
        they replace.
    :param seen_in_run: identity keys that earlier batches of the same run have already shown.
    """
    result = SyncPlan()
    met = set(seen_in_run)
    for keyed in rows:
        held = known.get(keyed.key) or _booked_by(result, known, keyed)
        fate = _decide(result, rules, held, keyed, repeated=keyed.key in met)
        met.add(keyed.key)
        reason = REVIEW_FIRST if fate is Fate.WAITING and rules.review_first else ""
        result.outcomes.append(
            RowOutcome(keyed.position, fate, keyed.key, keyed.row.external_id, reason)
        )
    return result


def _booked_by(result: SyncPlan, known: Mapping[str, Known], keyed: KeyedRow) -> Known | None:
    """Return the announced transaction that a row books under another id (A01).

    Each is booked once: a second row that names the same one is a purchase of its own.
    """
    held = known.get(keyed.replaces) if keyed.replaces is not None else None
    if held is None or held.status == TransactionStatus.BOOKED:
        return None
    if held.id in result.aliases.values():
        return None
    result.aliases[keyed.key] = held.id
    return held


def _decide(
    result: SyncPlan,
    rules: AccountRules,
    known: Known | None,
    keyed: KeyedRow,
    *,
    repeated: bool,
) -> Fate:
    row = keyed.row
    # What we hold is kept up to date, even where a later floor was chosen since: an announced row
    # must not stay announced for ever.
    if known is None and is_before(rules.floor, row.purchased_on, row.booked_on):
        return Fate.OUT_OF_WINDOW
    if known is None:
        return _tell_anew(result, keyed) if repeated else _insert(result, rules, keyed)
    if known.was(row.external_id) and row.status is TransactionStatus.ANNOUNCED:
        # What it was before it was booked: the source shows both for a while.
        return Fate.UNCHANGED
    content = bank_content(row)
    if repeated and not _is_newer(row, known.status, known.amount_minor):
        return Fate.REPEATED
    if content == known.content and known.status == row.status:
        return Fate.REPEATED if repeated else Fate.UNCHANGED
    if result.changed_to.get(known.id) == content:
        return Fate.REPEATED
    result.changed_to[known.id] = content
    result.to_change.append(ChangedTransaction(known.id, keyed, content))
    was_announced = known.status == TransactionStatus.ANNOUNCED or keyed.key in result.aliases
    return Fate.BOOKED if was_announced and row.status is TransactionStatus.BOOKED else Fate.UPDATED


def _tell_anew(result: SyncPlan, keyed: KeyedRow) -> Fate:
    """Take what is told last of a row that the same batch inserts (C01)."""
    place = result.inserted_at.get(keyed.key)
    if place is None:
        return Fate.REPEATED
    new, content = result.to_insert[place], bank_content(keyed.row)
    told = new.keyed.row
    if new.content == content or not _is_newer(keyed.row, told.status, told.amount.minor):
        return Fate.REPEATED
    result.to_insert[place] = replace(new, keyed=keyed, content=content)
    return Fate.UPDATED


def _is_newer(row: FetchedTransaction, status: str, amount_minor: int | None) -> bool:
    """Say whether a row told again in a run is a newer telling of what was told with these values.

    Another amount at the same stage is another purchase under a shared id: the first one stands.
    """
    if row.status != status:
        return row.status is not TransactionStatus.ANNOUNCED or status == CANCELLED
    return amount_minor in (None, row.amount.minor)


def _insert(result: SyncPlan, rules: AccountRules, keyed: KeyedRow) -> Fate:
    row = keyed.row
    summary = row.kind is TransactionKind.SUMMARY
    waits = summary or rules.review_first or rules.mode is None
    holder = None if waits else holder_on(rules.holdings, row.day)
    result.inserted_at[keyed.key] = len(result.to_insert)
    result.to_insert.append(NewTransaction(keyed, bank_content(row), holder))
    if summary:
        return Fate.SUMMARY
    return Fate.WAITING if holder is None else Fate.NEW


def plan_removals(
    known: Mapping[str, Known], withdrawn: Sequence[tuple[str, str]], first_position: int
) -> tuple[list[str], list[RowOutcome]]:
    """Decide over rows the source withdrew; returns the ids to cancel and the fates.

    An announced row is withdrawn when it is booked under another id: that cancels nothing.

    :param known: by identity key, the transactions held for the withdrawn rows.
    :param withdrawn: identity key and external id of each withdrawn row.
    :param first_position: position in the run of the first of them.
    """
    to_cancel: list[str] = []
    outcomes: list[RowOutcome] = []
    for position, (key, external_id) in enumerate(withdrawn, first_position):
        held = known.get(key)
        already = held is not None and (
            held.status == CANCELLED or held.id in to_cancel or held.was(external_id)
        )
        if held is not None and not already:
            to_cancel.append(held.id)
        fate = Fate.UNCHANGED if already else Fate.REMOVED
        outcomes.append(RowOutcome(position, fate, key, external_id))
    return to_cancel, outcomes
