"""A walk that was read whole but could not be settled: as if it had broken off (I3, I4, I7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from cardsync_sdk.testing.adversity.acts import Complete, Ends, NextDay, Sync
from cardsync_sdk.testing.adversity.setting import NEW_ID_WHEN_BOOKED
from cardsync_sdk.testing.adversity.steps import Book, Buy
from tests.support.told_story import Story
from webapp.adversity.reading import marks
from webapp.storage.database import Database
from webapp.storage.runs import RowFate
from webapp.storage.transactions import BankTransaction


@contextmanager
def busy_with_questions(database: Database) -> Iterator[None]:
    """Have the database be busy when it is asked for the first time what is in question."""
    left = [True]

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if left and statement.startswith("SELECT") and "FROM question" in statement:
            left.clear()
            raise OperationalError(statement, {}, Exception("database is locked"))

    event.listen(database.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", refuse)
    assert not left, "nothing was refused"


def statuses(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.exec(select(BankTransaction.status)))


def test_I3_I4_a_walk_that_cannot_be_settled_removes_nothing_and_is_no_success(
    database: Database, tmp_path: Path
) -> None:
    story = Story(database, tmp_path, NEW_ID_WHEN_BOOKED)
    for step in (
        Buy("hotel", "-130.00", announced=True),
        Sync(),
        Complete("hotel"),
        NextDay(),
        Book("hotel", on="03-18", id="booked-1"),
    ):
        story.take(step)
    before = marks(story.world)
    with busy_with_questions(database):
        story.take(Sync(Ends.FAILED))

    # The hold is neither gone nor booked, no day counts as fetched, and the row has its fate.
    assert statuses(database) == ["announced"]
    assert marks(story.world) == before
    with database.read() as session:
        reasons = session.exec(select(RowFate.reason).order_by(RowFate.run_id)).all()
    assert "walk_broken_off" in reasons
    story.settle()
    assert statuses(database) == ["booked"]
