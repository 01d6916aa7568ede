"""Apply: write one batch, with its fates and its cursor, in one transaction under the fence."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from sqlmodel import Session

from cardsync_sdk.types import Batch, FetchedTransaction, IdTrait
from webapp.domain.believing import check_readable, check_signs
from webapp.domain.fates import Fate
from webapp.domain.planning import (
    AccountRules,
    KeyedRow,
    Known,
    RowOutcome,
    SyncPlan,
    plan,
)
from webapp.domain.relinking import found_again
from webapp.domain.transactions import IdentityCounter, bank_content, trusts_ids
from webapp.storage import balances, candidates, ingest, relinked
from webapp.storage.budgets import note_calls
from webapp.storage.holdings import lock_rules
from webapp.storage.leases import renew
from webapp.storage.monthly_totals import monthly_totals
from webapp.storage.runs import add_to_run
from webapp.sync.other_cards import refuse_other_cards, refuse_rows
from webapp.sync.recognising import Sorting
from webapp.sync.state import Accounts, Asked, RunState, Tally
from webapp.sync.telling import told_of

# What leaves everything as it was.
NOTHING_NEW: Final = frozenset({Fate.UNCHANGED, Fate.REPEATED, Fate.OUT_OF_WINDOW, Fate.NOT_SHARED})


def apply_batch(session: Session, state: RunState, batch: Batch) -> None:
    """Write ``batch`` in the caller's transaction: rows, expenses, fates, delivery, counts.

    Rows of accounts that are not shared are counted, and nothing of them is kept (R13).

    :raises FencedOff: if another worker has taken the interface over.
    """
    renew(session, state.claim)
    check_readable(len(batch.rejected), len(batch.transactions))
    state.booked.clear()
    state.changed.clear()
    state.tells_changes = state.tells_changes or batch.next_cursor is not None
    tally = Tally()
    # Read here, under a lock, and not once per run: an attachment made meanwhile must count.
    rules = lock_rules(session, state.account_ids, floors=state.floors, by_file=state.by_file)
    state.note_listed(batch.accounts)
    refuse_other_cards(session, state, rules, batch.accounts)
    balances.note(
        session,
        state.run_id,
        {ref: one.account_id for ref, one in rules.items() if not state.of(ref).refused},
        batch.accounts,
        state.claim.as_of,
    )
    state.credits = state.credits or any(row.amount.minor > 0 for row in batch.transactions)
    shared = [
        row
        for row in batch.transactions
        if row.account_ref in rules and not state.of(row.account_ref).refused
    ]
    first = state.take_positions(len(shared))
    _keep_delivery(session, state, rules, batch, shared, first)
    # First what is withdrawn: a row that the same batch shows is there (A05).
    _note_withdrawn(state, rules, batch)
    for account_ref, rows in _by_account(shared, first).items():
        _apply_rows(session, state, rules, account_ref, rows, tally)
    refuse_rows(session, state, rules, batch.transactions, tally)
    _quarantine(session, state, rules, batch, tally)
    strangers = _count_strangers(rules, batch)
    if strangers:
        tally.counts[Fate.NOT_SHARED] = strangers
    count(session, state, tally, strangers)
    state.finished.update(batch.finished)
    state.warnings.extend(batch.warnings)


def count(session: Session, state: RunState, tally: Tally, strangers: int = 0) -> None:
    """Add what was decided to the run's counts, and the calls it took."""
    calls = state.new_calls()
    if calls and state.metered:
        note_calls(session, state.source, calls)
    add_to_run(
        session,
        state.run_id,
        tally.counts,
        rows=tally.outcomes + strangers,
        expenses=tally.expenses,
        calls=calls,
    )
    state.told.join(tally, strangers)


def _keep_delivery(
    session: Session,
    state: RunState,
    accounts: Accounts,
    batch: Batch,
    rows: Sequence[FetchedTransaction],
    first: int,
) -> None:
    state.batches += 1
    ingest.insert_delivery(
        session,
        rows,
        run_id=state.run_id,
        number=state.batches,
        first_position=first,
        told=told_of(state, accounts, batch),
    )


def keep_settled(
    session: Session, state: RunState, asked: Asked | None, refs: Collection[str]
) -> None:
    """Note among the deliveries, for replay, that the walk ``asked`` over ``refs`` was settled."""
    if not refs:
        return
    state.batches += 1
    told = {"walk": asked.number if asked else 0, "settled": sorted(refs)}
    ingest.insert_delivery(
        session,
        [],
        run_id=state.run_id,
        number=state.batches,
        first_position=state.position + 1,
        told=told,
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
    accounts: Accounts,
    account_ref: str,
    rows: list[tuple[int, FetchedTransaction]],
    tally: Tally,
) -> None:
    rules, memory = accounts[account_ref], state.of(account_ref)
    counter = state.counters[account_ref]
    keyed = [_keyed(counter, row, position) for position, row in rows]
    asked = [key for one in keyed for key in (one.key, one.replaces, *one.former) if key]
    known = ingest.load_known(session, rules.identity_id, asked)
    if IdTrait.CHANGES_ON_RELINK in counter.traits:
        unknown = [one for one in keyed if one.key not in known and one.replaces not in known]
        known |= _found_again(session, state, rules, unknown)
    check_signs(keyed, known)
    _show_again(session, state, rules, keyed, tally)
    identities = [one.identity_id for one in accounts.values()]
    sorting = Sorting(session, state, rules, memory, known, identities)
    write_rows(session, state, rules, sorting.sort(keyed), sorting.known, tally)


def write_rows(
    session: Session,
    state: RunState,
    rules: AccountRules,
    rows: Sequence[KeyedRow],
    known: Mapping[str, Known],
    tally: Tally,
    adopted: Mapping[str, Known] = MappingProxyType({}),
) -> dict[str, str]:
    """Plan ``rows`` and write what comes of them; returns the transactions by key."""
    memory = state.of(rules.account_ref)
    totals = monthly_totals(session, state.entity_id, rules, rows, known)
    planned = plan(
        rules,
        known,
        rows,
        seen_in_run=memory.seen,
        adopted=adopted,
        totals=totals,
        kept=_fed(session, state, rows, {**known, **adopted}) if rules.by_file else (),
    )
    ids = _write_plan(session, state, rules, planned, known, tally)
    memory.seen |= {one.key: ids.get(one.key) for one in rows}
    memory.fresh += len(planned.to_insert)
    return ids


def _fed(
    session: Session, state: RunState, rows: Sequence[KeyedRow], known: Mapping[str, Known]
) -> set[str]:
    """Return what another source than this file told last, of what the rows say otherwise."""
    otherwise = {
        held.id
        for one in rows
        for key in (one.key, one.replaces, *one.former)
        if key is not None
        and (held := known.get(key)) is not None
        and (held.content, held.status) != (one.says, one.row.status)
    }
    found = candidates.by_ids(session, otherwise)
    return {row_id for row_id, one in found.items() if one.source != state.source}


def _show_again(
    session: Session,
    state: RunState,
    rules: AccountRules,
    rows: Sequence[KeyedRow],
    tally: Tally,
) -> None:
    """Forget that a row was withdrawn which the source shows after all (A05)."""
    memory = state.of(rules.account_ref)
    if not memory.withdrawn:
        return
    shown = [one.row.external_id for one in rows if one.row.external_id in memory.withdrawn]
    outcomes = [
        RowOutcome(position, Fate.UNCHANGED, external_id=external_id)
        for external_id in dict.fromkeys(shown)
        if external_id is not None
        for position in memory.withdrawn.pop(external_id)
    ]
    record(session, state, rules, outcomes, {}, tally)


def _keyed(counter: IdentityCounter, row: FetchedTransaction, position: int) -> KeyedRow:
    named = row.replaces is not None and trusts_ids(counter.traits)
    replaces = counter.key_of_id(row.replaces) if named and row.replaces else None
    return KeyedRow(
        row,
        counter.key(row),
        position,
        replaces,
        former=counter.former_keys(row),
        content=bank_content(row),
    )


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
    relinked.give_new_keys(session, found.values(), run_id=state.run_id, at=state.claim.as_of)
    return found


def _write_plan(
    session: Session,
    state: RunState,
    rules: AccountRules,
    planned: SyncPlan,
    known: Mapping[str, Known],
    tally: Tally,
) -> dict[str, str]:
    """Write a plan's rows, expenses and fates; returns the transactions by key."""
    inserted = ingest.insert_transactions(
        session,
        planned.to_insert,
        entity_id=state.entity_id,
        account_id=rules.account_id,
        identity_id=rules.identity_id,
        run_id=state.run_id,
        at=state.claim.as_of,
    )
    ingest.change_transactions(
        session, planned.to_change, run_id=state.run_id, at=state.claim.as_of
    )
    ingest.insert_aliases(session, rules.identity_id, planned.aliases, run_id=state.run_id)
    ids = {**{key: one.id for key, one in known.items()}, **inserted, **planned.aliases}
    state.changed += [one.id for one in planned.to_change]
    state.booked += [
        ids[one.key] for one in planned.outcomes if one.fate is Fate.BOOKED and one.key
    ]
    if rules.mode is not None:
        tally.expenses += ingest.insert_expenses(
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
    record(session, state, rules, planned.outcomes, ids, tally)
    return ids


def _note_withdrawn(state: RunState, accounts: Accounts, batch: Batch) -> None:
    """Number what the source withdrew; what becomes of it is decided at the end of the walk (A03).

    An announced row is withdrawn when it is booked under another id, and that may come pages later.
    """
    for account_ref, external_id in batch.removed_ids:
        if account_ref in accounts:
            positions = state.of(account_ref).withdrawn.setdefault(external_id, [])
            positions.append(state.take_positions(1))


def _quarantine(
    session: Session, state: RunState, accounts: Accounts, batch: Batch, tally: Tally
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
        record(session, state, rules, [outcome], {}, tally)


def record(
    session: Session,
    state: RunState,
    rules: AccountRules,
    outcomes: Sequence[RowOutcome],
    ids: Mapping[str, str],
    tally: Tally,
) -> None:
    """Write the fates of rows and count them; ``ids`` finds their transactions by key."""
    ingest.insert_fates(
        session,
        outcomes,
        run_id=state.run_id,
        account_id=rules.account_id,
        transaction_ids=ids,
    )
    tally.add(outcomes)
    state.brought = state.brought or any(one.fate not in NOTHING_NEW for one in outcomes)


def _count_strangers(accounts: Accounts, batch: Batch) -> int:
    refs = [row.account_ref for row in batch.transactions]
    refs += [row.account_ref for row in batch.rejected]
    refs += [ref for ref, _ in batch.removed_ids]
    return sum(ref not in accounts for ref in refs)
