"""What a batch said besides its rows, as it is kept for replay: JSON values only, no secret."""

from collections.abc import Mapping
from typing import Any

from cardsync_sdk.types import Batch, FetchWindow
from webapp.domain import transactions
from webapp.domain.planning import AccountRules
from webapp.sync.state import Accounts, RunState


def told_of(state: RunState, accounts: Accounts, batch: Batch) -> dict[str, Any]:
    """Return what ``batch`` said of the shared accounts, and to what it was the answer.

    Of accounts that are not shared nothing is kept, not even ids (R13). The first batch of a walk
    says what was asked, and by which rules its rows were taken in.
    """
    asked = state.asked
    told: dict[str, Any] = {"walk": asked.number if asked else 0}
    if asked is not None and asked.number != state.told_walk:
        state.told_walk = asked.number
        told["asked"] = {
            "refs": list(asked.refs),
            "days": days(asked.window),
            "from_cursor": asked.from_cursor,
            "again": asked.again,
            "rule": transactions.CONTENT_RULE,
        }
        told["accounts"] = {
            ref: _facts(rules, state.counters[ref].traits) for ref, rules in accounts.items()
        }
        told["everything"] = not state.floors
    told |= {
        "complete": batch.complete,
        "cursor": batch.next_cursor is not None,
        "full_window": days(batch.full_window) if batch.full_window else None,
        "finished": [ref for ref in batch.finished if ref in accounts],
        "removed": [list(one) for one in batch.removed_ids if one[0] in accounts],
        "rejected": [
            [one.account_ref, one.reason, one.external_id]
            for one in batch.rejected
            if one.account_ref in accounts
        ],
        "refused": sorted(ref for ref in accounts if state.of(ref).refused),
        "balances": _balances(accounts, batch),
    }
    told = {name: value for name, value in told.items() if value or name == "walk"}
    if batch.accounts:
        told["listed"] = sorted(
            one.ref for one in batch.accounts if one.shared and one.ref in accounts
        )
    return told


def days(window: FetchWindow) -> list[str]:
    """Return both ends of ``window`` as JSON has them."""
    return [window.first.isoformat(), window.last.isoformat()]


def _facts(rules: AccountRules, traits: frozenset[Any]) -> dict[str, Any]:
    return {
        "account": rules.account_id,
        "floor": rules.floor.isoformat() if rules.floor else None,
        "mode": rules.mode.value if rules.mode else None,
        "review_first": rules.review_first,
        "traits": " ".join(sorted(traits)),
    }


def _balances(accounts: Mapping[str, object], batch: Batch) -> dict[str, list[Any]]:
    return {
        one.ref: [one.balance.minor, one.balance.currency]
        for one in batch.accounts
        if one.ref in accounts and one.balance is not None
    }
