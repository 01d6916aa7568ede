"""Settle a walk: decide over everything that could not be decided row by row.

Rows that waited, what the source withdrew, and what its whole days came without. One transaction
under the fence, together with the cursor that passes those rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlmodel import Session

from cardsync_sdk.types import FetchWindow, TransactionStatus
from webapp.domain.fates import Fate
from webapp.domain.likeness import Candidate, Policy
from webapp.domain.planning import (
    AccountRules,
    KeyedRow,
    Known,
    RowOutcome,
    Withdrawn,
    plan_removals,
)
from webapp.domain.questions import QuestionKind
from webapp.domain.removals import Missing, believable, victims
from webapp.domain.settling import HeldBack, Settled, settle
from webapp.storage import asking, candidates, ingest, relinked
from webapp.storage.holdings import lock_rules
from webapp.storage.leases import renew
from webapp.sync.apply import count, keep_settled, record, write_rows
from webapp.sync.recognising import candidates_of, moved, policy_of
from webapp.sync.state import AccountMemory, Accounts, RunState, Tally

BROKEN_OFF = "walk_broken_off"
TOO_MANY_GONE = "too_many_gone"


def settle_walk(session: Session, state: RunState, refs: Collection[str]) -> None:
    """Decide over what the walk over the accounts ``refs`` left open, in the caller's transaction.

    Once for an account: one that could not be settled is left to the next run (:func:`put_off`).

    :raises FencedOff: if another worker has taken the interface over.
    """
    renew(session, state.claim)
    state.booked.clear()
    state.changed.clear()
    accounts = lock_rules(session, state.account_ids, floors=state.floors, by_file=state.by_file)
    tally = Tally()
    walked = {ref: rules for ref, rules in accounts.items() if ref in refs}
    for ref, rules in walked.items():
        if state.of(ref).held:
            _settle_rows(session, state, accounts, rules, tally)
    for ref, rules in walked.items():
        _cancel_withdrawn(session, state, rules, tally)
        memory = state.of(ref)
        if memory.vouched is not None and not memory.refused:
            _cancel_missing(session, state, rules, memory.vouched)
    keep_settled(session, state, state.asked, refs)
    count(session, state, tally)
    # Last, and not on the way: what waits is still to be put off, should this not be written.
    for ref in walked:
        _clear(state.of(ref))


def put_off(session: Session, state: RunState) -> None:
    """Give the rows of a walk that broke off their fate: they are left for the next run (A03)."""
    renew(session, state.claim)
    accounts = lock_rules(session, state.account_ids, floors=state.floors, by_file=state.by_file)
    tally = Tally()
    for ref, rules in accounts.items():
        memory = state.of(ref)
        rows = [*(item.keyed for item in memory.held.values()), *memory.again]
        left = [(one.position, one.row.external_id) for one in rows]
        left += [(at, one) for one, positions in memory.withdrawn.items() for at in positions]
        outcomes = [
            RowOutcome(position, Fate.UNCHANGED, external_id=external_id, reason=BROKEN_OFF)
            for position, external_id in left
        ]
        record(session, state, rules, outcomes, {}, tally)
        _clear(memory)
    count(session, state, tally)


# --- Rows that waited ----------------------------------------------------------------------------


def _settle_rows(
    session: Session, state: RunState, accounts: Accounts, rules: AccountRules, tally: Tally
) -> None:
    memory = state.of(rules.account_ref)
    policy = policy_of(state, rules)
    held, again = list(memory.held.values()), list(memory.again)
    identities = [one.identity_id for one in accounts.values()]
    elsewhere = moved(session, policy, rules, identities, [one.keyed for one in held])
    elsewhere = {key: one for key, one in elsewhere.items() if one.known.id not in _seen(state)}
    stay = [one for one in held if one.keyed.key not in elsewhere]
    decided = _decide(session, state, rules, policy, stay)
    rows = [one.keyed for one in stay if one.keyed.key not in _keys(decided)]
    adopted = {key: _as_known(one) for key, one in decided.adopted.items()}
    ids = write_rows(session, state, rules, rows, {}, tally, adopted)
    place = asking.Place(state.entity_id, rules.account_id, state.run_id, state.claim.as_of)
    for one in decided.asked:
        if one.keyed.key in ids:
            asking.ask_about_pair(
                session, place, one.candidate.known.id, ids[one.keyed.key], one.doubt
            )
    stopped = [(keyed, one.known.id) for keyed, one in decided.stopped]
    by_key = {one.keyed.key: one.keyed for one in held}
    gone = [(by_key[key], one.known.id) for key, one in elsewhere.items()]
    for kind, pairs in ((decided.why, stopped), (QuestionKind.MOVED, gone)):
        if pairs:
            _hold_back(session, state, rules, place, kind, pairs, tally)
    _tell_again(session, state, rules, again, ids, tally)


def _decide(
    session: Session,
    state: RunState,
    rules: AccountRules,
    policy: Policy,
    held: Sequence[HeldBack],
) -> Settled:
    memory = state.of(rules.account_ref)
    if not held:
        return Settled()
    found = candidates_of(session, rules, policy, [one.keyed for one in held])
    seen = memory.seen_ids()
    withdrawn = _withdrawn_ids(session, state, rules)

    def gone(one: Candidate) -> bool:
        if one.known.status in ("cancelled", "expired") or one.known.id in withdrawn:
            return True
        told_here = one.source == state.source and one.known.id not in seen
        return told_here and _within(one, memory.vouched)

    # A hold of which a person is asked what it was booked as is nobody else's meanwhile.
    asked = candidates.in_question(session, state.entity_id)
    taken = seen | {one.known.id for one in found if one.open and one.known.id in asked}
    unseen = [one for one in found if one.known.id not in taken]
    return settle(held, unseen, policy, gone=gone, new_rows=memory.fresh)


def _hold_back(
    session: Session,
    state: RunState,
    rules: AccountRules,
    place: asking.Place,
    kind: QuestionKind,
    pairs: Sequence[tuple[KeyedRow, str]],
    tally: Tally,
) -> None:
    """Keep rows out until a person has answered, each with the transaction it seems to be."""
    question = asking.ask_about_account(session, place, kind, {})
    asking.hold_back(session, question, pairs)
    outcomes = [
        RowOutcome(keyed.position, Fate.QUARANTINED, keyed.key, keyed.row.external_id, kind.value)
        for keyed, _one in pairs
    ]
    record(session, state, rules, outcomes, {}, tally)


def _tell_again(
    session: Session,
    state: RunState,
    rules: AccountRules,
    again: Sequence[KeyedRow],
    ids: dict[str, str],
    tally: Tally,
) -> None:
    outcomes = [
        RowOutcome(one.position, Fate.REPEATED, one.key, one.row.external_id) for one in again
    ]
    record(session, state, rules, outcomes, ids, tally)


def _as_known(one: Candidate) -> Known:
    """Return the transaction as planning takes it: a hold that lapsed may still be booked."""
    known = one.known
    if one.open and known.status != TransactionStatus.ANNOUNCED:
        return replace(known, status=TransactionStatus.ANNOUNCED.value)
    return known


def _keys(decided: Settled) -> set[str]:
    return {keyed.key for keyed, _one in decided.stopped}


def _seen(state: RunState) -> set[str]:
    return {one for memory in state.memory.values() for one in memory.seen_ids()}


# --- What is there no more -----------------------------------------------------------------------


def _withdrawn_ids(session: Session, state: RunState, rules: AccountRules) -> set[str]:
    keys = [one.key for one in _withdrawn(state, rules)]
    found = ingest.load_known(session, rules.identity_id, keys)
    return {one.id for one in found.values()}


def _withdrawn(state: RunState, rules: AccountRules) -> list[Withdrawn]:
    counter = state.counters[rules.account_ref]
    return [
        Withdrawn(counter.key_of_id(external_id), external_id, position)
        for external_id, positions in state.of(rules.account_ref).withdrawn.items()
        for position in positions
    ]


def _cancel_withdrawn(session: Session, state: RunState, rules: AccountRules, tally: Tally) -> None:
    """Cancel what the source withdrew; the transactions are kept."""
    withdrawn = _withdrawn(state, rules)
    if not withdrawn:
        return
    known = ingest.load_known(session, rules.identity_id, [one.key for one in withdrawn])
    gone = {one.id for one in known.values()}
    standing = candidates.in_question(session, state.entity_id)
    standing |= candidates.told_as_another(session, gone, without=gone)
    to_cancel, outcomes = plan_removals(known, withdrawn, standing=standing)
    ingest.cancel_transactions(session, to_cancel, run_id=state.run_id, at=state.claim.as_of)
    state.changed += to_cancel
    record(session, state, rules, outcomes, {key: one.id for key, one in known.items()}, tally)


def _cancel_missing(
    session: Session, state: RunState, rules: AccountRules, window: FetchWindow
) -> None:
    """Cancel what the source gave all rows of some days without (A04, A10)."""
    told = candidates.told_within(
        session,
        rules.account_id,
        window,
        interface_id=state.claim.interface_id,
        source=state.source,
    )
    seen, asked = _seen(state), candidates.in_question(session, state.entity_id)
    unseen = {one.known.id for one in told} - seen - asked
    unseen -= candidates.told_as_another(session, unseen, within=seen)
    missing = [one for one in told if one.known.id in unseen]
    if not missing:
        return
    if not believable(Missing(len(told), sum(not one.open for one in missing))):
        state.warnings.append(TOO_MANY_GONE)
        return
    shown = [one for one in told if one.known.id in seen]
    swaps, gone = victims(missing, shown)
    relinked.swap_keys(session, swaps)
    ids = [one.known.id for one in gone]
    ingest.cancel_transactions(session, ids, run_id=state.run_id, at=state.claim.as_of)
    state.changed += ids
    state.brought = True


def _within(one: Candidate, window: FetchWindow | None) -> bool:
    """Say whether all days of a transaction lie in a window that the source vouches for."""
    if window is None:
        return False
    days = [day for day in (one.day, one.booked_on) if day is not None]
    return all(window.first <= day <= window.last for day in days)


def _clear(memory: AccountMemory) -> None:
    memory.held, memory.again, memory.withdrawn = {}, [], {}
