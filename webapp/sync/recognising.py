"""Sort the rows of a batch: whose key decides, and who waits for the end of the walk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from cardsync_sdk.types import IdTrait
from webapp.domain.likeness import Candidate, Policy, likeness
from webapp.domain.planning import DUPLICATE, AccountRules, KeyedRow, Known
from webapp.domain.settling import HeldBack, Index
from webapp.domain.transactions import Told, is_other_purchase, leg_key
from webapp.domain.windows import is_before
from webapp.storage import candidates, ingest
from webapp.sync.state import AccountMemory, RunState

# Why a row's id alone was not believed.
SHARED_ID = "shared_id"


@dataclass
class Sorting:
    """One account's part of a batch while it is sorted; ``known`` grows by what is found."""

    session: Session
    state: RunState
    rules: AccountRules
    memory: AccountMemory
    known: dict[str, Known]
    identities: Sequence[str]

    @property
    def policy(self) -> Policy:
        """Whose rows these are."""
        return policy_of(self.state, self.rules)

    def sort(self, rows: Sequence[KeyedRow]) -> list[KeyedRow]:
        """Return the rows to plan now, under the keys that hold; the others are held back."""
        now: list[KeyedRow] = []
        for one in self._told_apart(rows):
            item = one if isinstance(one, HeldBack) else HeldBack(one)
            if item.keyed.key in self.memory.held:
                self._hold_again(item.keyed)
            elif isinstance(one, HeldBack):
                self.memory.held[item.keyed.key] = item
            else:
                now.append(one)
        unknown = [one for one in now if not self._is_known(one)]
        held = self._likely_known(unknown) if unknown and self._has_history() else set()
        self.memory.held |= {one.key: HeldBack(one) for one in unknown if one.key in held}
        return [one for one in now if one.key not in held]

    def _is_known(self, keyed: KeyedRow) -> bool:
        return any(key in self.known for key in (keyed.key, keyed.replaces, *keyed.former))

    def _hold_again(self, keyed: KeyedRow) -> None:
        """Put a row aside that tells once more, or anew, what is held already."""
        first = self.memory.held[keyed.key]
        self.memory.again.append(keyed)
        if first.keyed.says != keyed.says and self.state.tells_changes:
            newer = replace(first.keyed, row=keyed.row, content=keyed.content)
            self.memory.held[keyed.key] = HeldBack(newer, first.base)

    # --- One id, several purchases ---------------------------------------------------------------

    def _told_apart(self, rows: Sequence[KeyedRow]) -> list[KeyedRow | HeldBack]:
        """Give rows whose id is another purchase's, too, a key of their own (A17, A18, A20)."""
        first: dict[str, KeyedRow] = {}
        several: set[str] = set()
        differing: list[KeyedRow] = []
        for keyed in rows:
            if not self.policy.trusts(keyed.row):
                continue
            known, held = self.known.get(keyed.key), self.memory.held.get(keyed.key)
            before = first.setdefault(keyed.key, held.keyed if held else keyed)
            if before.says != keyed.says:
                several.add(keyed.key)
            says = before.says if known is None else known.content
            if says != keyed.says and (known is None or known.status != DUPLICATE):
                differing.append(keyed)
        if not differing:
            return list(rows)
        asked = [leg_key(one.key, one.row) for one in differing]
        legs = ingest.load_known(self.session, self.rules.identity_id, asked)
        self.known |= legs
        bases = self._bases(differing)
        apart = {
            one.position: self._leg(
                one, legs, bases.get(one.key), first[one.key], one.key in several
            )
            for one in differing
        }
        return [apart.get(one.position, one) for one in rows]

    def _bases(self, rows: Sequence[KeyedRow]) -> dict[str, Candidate]:
        """Return what the source told before under the ids of rows that say something else now."""
        ids = {self.known[one.key].id: one.key for one in rows if one.key in self.known}
        found = candidates.by_ids(self.session, ids)
        return {ids[row_id]: one for row_id, one in found.items()}

    def _leg(
        self,
        keyed: KeyedRow,
        legs: dict[str, Known],
        base: Candidate | None,
        first: KeyedRow,
        several: bool,
    ) -> KeyedRow | HeldBack:
        """Return a row under the key of its leg if it is one, else as it came."""
        leg = replace(keyed, key=leg_key(keyed.key, keyed.row), reason=SHARED_ID)
        if leg.key in legs:
            return leg
        in_walk = several or keyed.key in self.memory.seen
        # A source that tells changes, or stamps them, tells a row anew and not another one.
        tells = self.state.tells_changes or keyed.row.source_stamp is not None
        listed = in_walk and not tells
        told = _told(base) if base is not None else _told_row(first)
        if not is_other_purchase(keyed.row, told, listed=listed):
            return keyed
        return HeldBack(leg, base)

    # --- Rows of unknown key ---------------------------------------------------------------------

    def _has_history(self) -> bool:
        if self.memory.has_history is None:
            self.memory.has_history = candidates.has_transactions(
                self.session, self.rules.account_id
            )
        return self.memory.has_history

    def _likely_known(self, unknown: Sequence[KeyedRow]) -> set[str]:
        """Return the keys of rows that may be a transaction we hold, under another key."""
        rows = [
            one
            for one in unknown
            if not is_before(self.rules.floor, one.row.purchased_on, one.row.booked_on)
        ]
        if not rows:
            return set()
        found = candidates_of(self.session, self.rules, self.policy, rows)
        seen = self.memory.seen_ids()
        known = Index.of([one for one in found if one.known.id not in seen], self.policy)
        held = {
            keyed.key
            for keyed in rows
            if any(likeness(keyed.row, one, self.policy) is not None for one in known.likely(keyed))
        }
        return held | set(moved(self.session, self.policy, self.rules, self.identities, rows))


def policy_of(state: RunState, rules: AccountRules) -> Policy:
    """Return whose rows a run tells of an account."""
    traits = state.counters[rules.account_ref].traits
    return Policy(state.source, traits, state.claim.interface_id)


def moved(
    session: Session,
    policy: Policy,
    rules: AccountRules,
    identities: Sequence[str],
    rows: Sequence[KeyedRow],
) -> dict[str, Candidate]:
    """Return, by key, what is known of the same id and content from another account (E07)."""
    trusted = {one.key: one for one in rows if policy.trusts(one.row)}
    others = [one for one in identities if one != rules.identity_id]
    if not trusted or not others:
        return {}
    found = candidates.under_other_accounts(session, others, list(trusted))
    return {key: one for key, one in found.items() if one.known.content == trusted[key].says}


def candidates_of(
    session: Session, rules: AccountRules, policy: Policy, rows: Sequence[KeyedRow]
) -> list[Candidate]:
    """Return the transactions of an account that ``rows`` may be."""
    days = [one.row.day for one in rows]
    # What another link told may have another amount by now, and so may what an id names.
    relinked = IdTrait.CHANGES_ON_RELINK in policy.traits
    named = any(one.row.external_id and not policy.trusts(one.row) for one in rows)
    amounts = None if relinked or named else {one.row.amount.minor for one in rows}
    return candidates.near(session, rules.account_id, min(days), max(days), amounts)


def _told(one: Candidate) -> Told:
    return Told(one.day, one.known.amount_minor or 0, one.currency, one.memo)


def _told_row(keyed: KeyedRow) -> Told:
    row = keyed.row
    return Told(row.day, row.amount.minor, row.amount.currency, row.memo)
