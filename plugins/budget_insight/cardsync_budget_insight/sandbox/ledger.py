"""The lines of the accounts: writing them, changing them, and the monthly totals of cards."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from cardsync_budget_insight.sandbox.generator import Draft, account_day, card_day
from cardsync_budget_insight.sandbox.store import Db, Row, insert
from cardsync_budget_insight.sandbox.timing import days_between, stamp

COLUMNS: Final = ("date", "rdate", "application_date", "value", "type", "coming", "wording")


def load_days(db: Db, account: Row, first: date, last: date, moment: datetime) -> int:
    """Write the lines of ``account`` from ``first`` to ``last`` as the bank shows them now."""
    written = 0
    for day in days_between(first, last):
        if account["type"] == "card":
            drafts = card_day(account["key"], day, deferred=bool(account["deferred"]))
        else:
            drafts = account_day(account["key"], day)
        for draft in drafts:
            add_line(db, account, draft, moment)
            written += 1
    return written


def add_line(
    db: Db,
    account: Row,
    draft: Draft,
    moment: datetime,
    *,
    summary_of: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> int:
    """Write one line and return its id; ``fields`` replace what the answer would say."""
    body = {
        "vdate": None,
        "bdate": draft.rdate.isoformat(),
        "gross_value": draft.gross,
        "original_value": draft.original,
        "original_currency": draft.original_currency,
        "commission": draft.commission,
        "commission_currency": account["currency"] if draft.commission else None,
        "simplified_wording": draft.label,
        "categories": [list(pair) for pair in draft.categories],
        "country": draft.country,
        "card": account["number"] if account["type"] == "card" else None,
        "counterparty": draft.counterparty,
    }
    line = {
        "date": draft.date.isoformat(),
        "rdate": draft.rdate.isoformat(),
        "application_date": draft.date.isoformat(),
        "value": draft.value,
        "type": draft.type,
        "coming": int(draft.waits and moment.date() <= draft.date),
        "wording": draft.memo,
    }
    _spread(line, body, fields or {})
    return insert(
        db,
        "txn",
        {
            **line,
            "id_account": account["id"],
            "body": json.dumps(body),
            "scraped": stamp(moment),
            "last_update": stamp(moment),
            "summary_of": summary_of,
        },
    )


def change_line(db: Db, line: Row, fields: Mapping[str, Any], moment: datetime) -> None:
    """Change what a line says; ``deleted`` true or false withdraws it or brings it back."""
    columns = {name: line[name] for name in COLUMNS}
    body = json.loads(line["body"])
    rest = {name: value for name, value in fields.items() if name != "deleted"}
    _spread(columns, body, rest)
    deleted = line["deleted"]
    if "deleted" in fields:
        deleted = stamp(moment) if fields["deleted"] else None
    db.execute(
        "UPDATE txn SET date = :date, rdate = :rdate, application_date = :application_date,"
        " value = :value, type = :type, coming = :coming, wording = :wording, body = :body,"
        " deleted = :deleted, last_update = :last_update WHERE id = :id",
        {
            **columns,
            "body": json.dumps(body),
            "deleted": deleted,
            "last_update": stamp(moment),
            "id": line["id"],
        },
    )


def _spread(columns: dict[str, Any], body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    """Put each field where it lives: a column, or the rest of the answer."""
    for name, value in fields.items():
        if name == "original_wording":
            columns["wording"] = value
        elif name in columns:
            columns[name] = int(value) if name == "coming" else value
        else:
            body[name] = value


def settle(db: Db, id_connection: int, moment: datetime) -> int:
    """Do what a passed date does: waiting lines are posted, statements of cards are debited.

    Returns how many lines changed or came. A card's total appears as one line on its account.
    """
    changed = db.execute(
        "UPDATE txn SET coming = 0, last_update = ? WHERE coming = 1 AND date < ? AND deleted IS"
        " NULL AND id_account IN (SELECT id FROM account WHERE id_connection = ?)",
        (stamp(moment), moment.date().isoformat(), id_connection),
    ).rowcount
    cards = db.execute(
        "SELECT card.*, parent.id AS paid_by FROM account card JOIN account parent"
        " ON parent.id = card.id_parent AND parent.disabled IS NULL"
        " WHERE card.id_connection = ? AND card.deferred = 1 AND card.disabled IS NULL",
        (id_connection,),
    ).fetchall()
    return changed + sum(_debit_statements(db, card, moment) for card in cards)


def _debit_statements(db: Db, card: Row, moment: datetime) -> int:
    parent = db.execute("SELECT * FROM account WHERE id = ?", (card["paid_by"],)).fetchone()
    lines = db.execute(
        "SELECT date, value FROM txn WHERE id_account = ? AND date < ? AND deleted IS NULL"
        " AND type IN ('deferred_card', 'payback') AND value IS NOT NULL",
        (card["id"], moment.date().isoformat()),
    ).fetchall()
    totals: dict[str, Decimal] = {}
    for line in lines:
        totals[line["date"]] = totals.get(line["date"], Decimal(0)) + Decimal(line["value"])
    return sum(_debit(db, card, parent, day, total, moment) for day, total in totals.items())


def _debit(db: Db, card: Row, parent: Row, day: str, total: Decimal, moment: datetime) -> int:
    name = f"{card['id']}:{day}"
    if db.execute("SELECT 1 FROM txn WHERE summary_of = ?", (name,)).fetchone():
        return 0
    debited = date.fromisoformat(day)
    memo = f"DEBIT MENSUEL CARTE {card['number'][-4:]}"
    draft = Draft(debited, debited, "summary_card", str(total), memo, "DEBIT MENSUEL CARTE")
    add_line(db, parent, draft, moment, summary_of=name)
    return 1
