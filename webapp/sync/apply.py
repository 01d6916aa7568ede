"""Apply: write one batch, with its fates and its cursor, in one transaction under the fence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from cardsync_sdk.types import Batch, FetchedTransaction, IdTrait, RemoteAccount
from webapp.domain.fates import Fate
from webapp.domain.planning import (
    AccountRules,
    KeyedRow,
    Known,
    RowOutcome,
    SyncPlan,
    plan,
    plan_removals,
)
from webapp.domain.relinking import found_again
from webapp.domain.transactions import IdentityCounter, trusts_ids
from webapp.storage import balances, ingest, relinked
from webapp.storage.holdings import lock_rules
from webapp.storage.leases import Claim, renew
from webapp.storage.runs import add_to_run

# The shared accounts of a run, by the source's account ref.
Accounts = Mapping[str, AccountRules]


@dataclass
class RunState:
    """What a run remembers from batch to batch, never across runs.

    ``counters`` are by the source's account ref. ``floors`` is false for a file whose giver asked
    for everything in it. ``booked``: transactions of the last batch that were announced before;
    ``changed``: all those of which the bank says something else now.
    ``listed``: the accounts the source says it shares, by its refs; ``None`` while it says nothing.
    """

    claim: Claim
    run_id: str
    entity_id: str
    account_ids: Sequence[str]
    counters: Mapping[str, IdentityCounter]
    floors: bool = True
    position: int = 0
    batches: int = 0
    seen: dict[str, set[str]] = field(default_factory=dict)
    booked: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    listed: set[str] | None = None
    warnings: list[str] = field(default_factory=list)

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


@dataclass
class _Tally:
    """What a batch came to, for the run's counts."""

    outcomes: int = 0
    expenses: int = 0
    counts: dict[Fate, int] = field(default_factory=dict)

    def add(self, outcomes: Sequence[RowOutcome]) -> None:
        self.outcomes += len(outcomes)
        for outcome in outcomes:
            self.counts[outcome.fate] = self.counts.get(outcome.fate, 0) + 1


def apply_batch(session: Session, state: RunState, batch: Batch) -> None:
    """Write ``batch`` in the caller's transaction: rows, expenses, fates, delivery, counts.

    Rows of accounts that are not shared are counted, and nothing of them is kept (R13).

    :raises FencedOff: if another worker has taken the interface over.
    """
    renew(session, state.claim)
    state.booked.clear()
    state.changed.clear()
    tally = _Tally()
    # Read here, under a lock, and not once per run: an attachment made meanwhile must count.
    rules = lock_rules(session, state.account_ids, floors=state.floors)
    shared = [row for row in batch.transactions if row.account_ref in rules]
    first = state.take_positions(len(shared))
    _keep_delivery(session, state, shared, first)
    # First what is withdrawn: a row that the same batch shows is there (A05).
    _apply_removals(session, state, rules, batch, tally)
    for account_ref, rows in _by_account(shared, first).items():
        _apply_rows(session, state, rules[account_ref], rows, tally)
    _quarantine(session, state, rules, batch, tally)
    strangers = _count_strangers(rules, batch)
    if strangers:
        tally.counts[Fate.NOT_SHARED] = strangers
    add_to_run(
        session,
        state.run_id,
        tally.counts,
        rows=tally.outcomes + strangers,
        expenses=tally.expenses,
    )
    state.note_listed(batch.accounts)
    balances.note(
        session,
        state.run_id,
        {ref: one.account_id for ref, one in rules.items()},
        batch.accounts,
        state.claim.as_of,
    )
    state.warnings.extend(batch.warnings)


def _keep_delivery(
    session: Session, state: RunState, rows: Sequence[FetchedTransaction], first: int
) -> None:
    state.batches += 1
    ingest.insert_delivery(
        session, rows, run_id=state.run_id, number=state.batches, first_position=first
    )


def _by_account(
    rows: Sequence[FetchedTransaction], first: int
) -> dict[str, list[tuple[int, FetchedTransaction]]]:
    groups: dict[str, list[tuple[int, FetchedTransaction]]] = {}
    for position, row in enumerate(rows, first):
        groups.setdefault(row.account_ref, []).append((position, row))
    return groups


def _apply_rows(
    session: Session,
    state: RunState,
    rules: AccountRules,
    rows: list[tuple[int, FetchedTransaction]],
    tally: _Tally,
) -> None:
    counter = state.counters[rules.account_ref]
    keyed = [_keyed(counter, row, position) for position, row in rows]
    keys = [one.key for one in keyed]
    booked = [one.replaces for one in keyed if one.replaces is not None]
    known = ingest.load_known(session, rules.identity_id, keys + booked)
    if IdTrait.CHANGES_ON_RELINK in counter.traits:
        unknown = [one for one in keyed if one.key not in known and one.replaces not in known]
        known |= _found_again(session, state, rules, unknown)
    seen = state.seen.setdefault(rules.account_ref, set())
    planned = plan(rules, known, keyed, seen_in_run=seen)
    seen.update(one.key for one in keyed)
    tally.expenses += _write_plan(session, state, rules, planned, known)
    tally.add(planned.outcomes)


def _keyed(counter: IdentityCounter, row: FetchedTransaction, position: int) -> KeyedRow:
    named = row.replaces is not None and trusts_ids(counter.traits)
    replaces = counter.key_of_id(row.replaces) if named and row.replaces else None
    return KeyedRow(row, counter.key(row), position, replaces)


def _found_again(
    session: Session, state: RunState, rules: AccountRules, unknown: Sequence[KeyedRow]
) -> dict[str, Known]:
    """Find what another link told of this account before: under new ids it would come twice."""
    if not unknown:
        return {}
    days = [one.row.day for one in unknown]
    before = relinked.told_by_others(
        session, rules.account_id, state.claim.interface_id, min(days), max(days)
    )
    found = found_again(before, unknown)
    relinked.give_new_keys(session, found.values(), run_id=state.run_id)
    return found


def _write_plan(
    session: Session,
    state: RunState,
    rules: AccountRules,
    planned: SyncPlan,
    known: Mapping[str, Known],
) -> int:
    """Write a plan's rows, expenses and fates; returns how many expenses were made."""
    inserted = ingest.insert_transactions(
        session,
        planned.to_insert,
        entity_id=state.entity_id,
        account_id=rules.account_id,
        identity_id=rules.identity_id,
        run_id=state.run_id,
        at=state.claim.as_of,
    )
    ingest.change_transactions(session, planned.to_change, run_id=state.run_id)
    ingest.insert_aliases(session, rules.identity_id, planned.aliases)
    ids = {**{key: one.id for key, one in known.items()}, **inserted, **planned.aliases}
    state.changed += [one.id for one in planned.to_change]
    state.booked += [
        ids[one.key] for one in planned.outcomes if one.fate is Fate.BOOKED and one.key
    ]
    made = 0
    if rules.mode is not None:
        made = ingest.insert_expenses(
            session,
            (
                (inserted[new.keyed.key], new.holder, new.keyed.row.day)
                for new in planned.to_insert
                if new.holder is not None
            ),
            entity_id=state.entity_id,
            account_id=rules.account_id,
            mode=rules.mode,
            at=state.claim.as_of,
        )
    _record(session, state, rules, planned.outcomes, ids)
    return made


def _apply_removals(
    session: Session, state: RunState, accounts: Accounts, batch: Batch, tally: _Tally
) -> None:
    """Cancel what the source withdrew; the transactions are kept."""
    for account_ref, rules in accounts.items():
        counter = state.counters[account_ref]
        withdrawn = [
            (counter.key_of_id(external_id), external_id)
            for ref, external_id in batch.removed_ids
            if ref == account_ref
        ]
        if not withdrawn:
            continue
        known = ingest.load_known(session, rules.identity_id, [key for key, _ in withdrawn])
        first = state.take_positions(len(withdrawn))
        to_cancel, outcomes = plan_removals(known, withdrawn, first)
        ingest.cancel_transactions(session, to_cancel, run_id=state.run_id)
        _record(session, state, rules, outcomes, {key: one.id for key, one in known.items()})
        tally.add(outcomes)


def _quarantine(
    session: Session, state: RunState, accounts: Accounts, batch: Batch, tally: _Tally
) -> None:
    """Record the rows a connector could not read, with their reason: never dropped in silence."""
    for rejected in batch.rejected:
        rules = accounts.get(rejected.account_ref)
        if rules is None:
            continue
        outcome = RowOutcome(
            state.take_positions(1),
            Fate.QUARANTINED,
            external_id=rejected.external_id,
            reason=rejected.reason,
        )
        _record(session, state, rules, [outcome], {})
        tally.add([outcome])


def _record(
    session: Session,
    state: RunState,
    rules: AccountRules,
    outcomes: Sequence[RowOutcome],
    ids: Mapping[str, str],
) -> None:
    ingest.insert_fates(
        session,
        outcomes,
        run_id=state.run_id,
        account_id=rules.account_id,
        transaction_ids=ids,
    )


def _count_strangers(accounts: Accounts, batch: Batch) -> int:
    refs = [row.account_ref for row in batch.transactions]
    refs += [row.account_ref for row in batch.rejected]
    refs += [ref for ref, _ in batch.removed_ids]
    return sum(ref not in accounts for ref in refs)
