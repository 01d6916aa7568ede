"""Refuse what a source shows under an account's id once it looks like another card (C17)."""

from collections.abc import Sequence

from sqlmodel import Session

from cardsync_sdk.types import FetchedTransaction, RemoteAccount
from webapp.domain.fates import Fate
from webapp.domain.identity import last_four, same_account
from webapp.domain.planning import RowOutcome
from webapp.domain.questions import QuestionKind
from webapp.storage import asking, ingest
from webapp.storage.accounts import Account, identity_keys
from webapp.sync.state import Accounts, RunState, Tally

OTHER_CARD = QuestionKind.OTHER_CARD.value


def refuse_other_cards(
    session: Session, state: RunState, accounts: Accounts, listed: Sequence[RemoteAccount]
) -> None:
    """Compare the listed accounts with those we know, and ask about one that is another."""
    for remote in listed:
        rules = accounts.get(remote.ref)
        if rules is None:
            continue
        account = session.get_one(Account, rules.account_id)
        keys = identity_keys(session, rules.identity_id)
        if same_account(remote, holder=account.holder_name, last4=account.number_last4, keys=keys):
            continue
        state.of(remote.ref).refused = True
        place = asking.Place(state.entity_id, rules.account_id, state.run_id, state.claim.as_of)
        evidence = {
            "last4": last_four(remote.number_masked),
            "holder_name": remote.holder_name or "",
            "name": remote.name,
        }
        asking.ask_about_account(session, place, QuestionKind.OTHER_CARD, evidence)


def refuse_rows(
    session: Session,
    state: RunState,
    accounts: Accounts,
    rows: Sequence[FetchedTransaction],
    tally: Tally,
) -> None:
    """Put the rows of what may be a stranger's card aside: their fate is kept, nothing else."""
    for account_ref, rules in accounts.items():
        if not state.of(account_ref).refused:
            continue
        outcomes = [
            RowOutcome(
                state.take_positions(1),
                Fate.QUARANTINED,
                external_id=row.external_id,
                reason=OTHER_CARD,
            )
            for row in rows
            if row.account_ref == account_ref
        ]
        ingest.insert_fates(
            session,
            outcomes,
            run_id=state.run_id,
            account_id=rules.account_id,
            transaction_ids={},
        )
        tally.add(outcomes)
