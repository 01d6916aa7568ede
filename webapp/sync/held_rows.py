"""Rows held back until a person answered: known again under further keys, or stored as new."""

from collections.abc import Sequence

from sqlmodel import col, select

from cardsync_sdk.interchange import read_lines
from webapp.domain.life import EventKind
from webapp.domain.planning import KeyedRow, plan
from webapp.storage import ingest
from webapp.storage.accounts import Account
from webapp.storage.holdings import lock_rules
from webapp.storage.lives import Happened, record_events
from webapp.storage.questions import HeldRow, Question
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction
from webapp.sync.attaching import Saver


def know_again(by: Saver, question: Question, held: Sequence[HeldRow]) -> None:
    """Have the transactions that these rows seem to be known under the keys of the rows as well.

    What the bank says of them now comes with the next sync.
    """
    account = by.session.get_one(Account, question.account_id)
    known = ingest.load_known(by.session, account.identity_id, [one.key for one in held])
    fresh = [one for one in held if one.key not in known]
    ids = [one.transaction_id for one in fresh if one.transaction_id is not None]
    query = select(BankTransaction.id, BankTransaction.merged_into).where(
        col(BankTransaction.id).in_(ids)
    )
    # Where one was merged meanwhile: the row that stands for it.
    stands_for = {row_id: merged or row_id for row_id, merged in by.session.exec(query)}
    aliases = {
        one.key: stands_for[one.transaction_id]
        for one in fresh
        if one.transaction_id is not None and one.transaction_id in stands_for
    }
    ingest.insert_aliases(by.session, account.identity_id, aliases)
    for key, transaction_id in aliases.items():
        _tell(by, question, EventKind.KEYED, transaction_id, key)


def store(by: Saver, question: Question, held: Sequence[HeldRow]) -> int:
    """Store these rows as transactions of their own, with an expense for the holder of their day.

    Returns how many. Nothing of an account that was stopped meanwhile (R13), nor without a run that
    brought them.
    """
    rules = next(iter(lock_rules(by.session, [question.account_id]).values()), None)
    run_id = question.run_id or _last_run(by, question)
    if rules is None or run_id is None or not held:
        return 0
    rows = read_lines([one.line for one in held], account_ref=rules.account_ref)
    keyed = [KeyedRow(row, one.key, one.number) for one, row in zip(held, rows, strict=True)]
    known = ingest.load_known(by.session, rules.identity_id, [one.key for one in keyed])
    planned = plan(rules, known, [one for one in keyed if one.key not in known])
    inserted = ingest.insert_transactions(
        by.session,
        planned.to_insert,
        entity_id=by.entity.id,
        account_id=rules.account_id,
        identity_id=rules.identity_id,
        run_id=run_id,
        at=by.now,
    )
    if rules.mode is not None:
        ingest.insert_expenses(
            by.session,
            (
                (inserted[new.keyed.key], new.holder, new.keyed.row.day)
                for new in planned.to_insert
                if new.holder is not None
            ),
            entity_id=by.entity.id,
            account_id=rules.account_id,
            mode=rules.mode,
            at=by.now,
        )
    for key, transaction_id in inserted.items():
        _tell(by, question, EventKind.SPLIT, transaction_id, key)
    return len(inserted)


def _last_run(by: Saver, question: Question) -> str | None:
    account = by.session.get_one(Account, question.account_id)
    query = select(SyncRun.id).where(SyncRun.interface_id == account.interface_id)
    return by.session.exec(query.order_by(col(SyncRun.started_at).desc()).limit(1)).first()


def _tell(by: Saver, question: Question, kind: EventKind, transaction_id: str, key: str) -> None:
    happened = [Happened(transaction_id, kind, detail=key)]
    record_events(by.session, happened, at=by.now, run_id=question.run_id, user_id=by.user_id)
