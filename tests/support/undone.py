"""Runs undone: what is stored before and after, and what people did meanwhile."""

from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import select

from tests.support.world import World
from webapp.domain.undoing import UndoPlan
from webapp.storage.expenses import Expense
from webapp.sync.undoing import Undoer, undo

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)


def run_of(world: World, day: date) -> str:
    result = world.sync(day)
    assert result is not None and result.failure is None
    return result.run_id


def take_back(world: World, run_id: str, **values: Any) -> UndoPlan:
    with world.database.write() as session:
        return undo(session, run_id, Undoer(NOW, world.user_id, **values))


def canonical(world: World) -> list[tuple[object, ...]]:
    """What is stored, without ids of ours: equal sets are equal here."""
    holders = {one.transaction_id: (one.user_id, one.day) for one in world.expenses()}
    return sorted(
        (
            row.identity_key,
            row.status,
            row.content,
            str(row.day),
            str(row.booked_on),
            row.amount_minor,
            row.memo,
            str(holders.get(row.id)),
        )
        for row in world.transactions()
    )


def all_of(world: World, model: Any) -> list[Any]:
    with world.database.read() as session:
        return list(session.exec(select(model)))


def work_on(world: World, external_id: str) -> str:
    """Have the holder write a comment; returns the expense."""
    row = next(one for one in world.transactions() if one.external_id == external_id)
    expense = next(one for one in world.expenses() if one.transaction_id == row.id)
    world.change(Expense, expense.id, comment="Lunch with a client", version=2)
    return expense.id
