"""Which of the statements that a piece of work sends go through a whole table?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from webapp.storage.database import Database

# These are large here. PostgreSQL reads a small table whole whatever its indexes are.
LARGE = ("bank_transaction", "expense", "row_fate")
# SQLite knows no sizes: of it all is asked that grows with every night.
GROWING = (*LARGE, "delivery", "coverage", "transaction_event", "transaction_alias", "sync_run")
Asked = dict[str, Any]


@contextmanager
def asked_of(database: Database) -> Iterator[Asked]:
    """Note every statement of a block, with the first parameters it came with."""
    asked: Asked = {}

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *more: Any) -> None:
        _context, many = more
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            asked.setdefault(statement, values[0] if many else values)

    event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine, "before_cursor_execute", note)


def scans(database: Database, asked: Asked) -> list[str]:
    """Return the statements that go through a whole large table, each with the step that does."""
    word = "SCAN" if database.is_sqlite else "Seq Scan on"
    tables = GROWING if database.is_sqlite else LARGE
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    found = []
    with database.engine.connect() as connection:
        for statement, values in asked.items():
            plan = connection.exec_driver_sql(f"{explain} {statement}", values)
            steps = [str(row[-1]).strip() for row in plan]
            for step in steps:
                after = step.partition(f"{word} ")[2].split()
                if after and after[0].removesuffix("_1").removesuffix("_2") in tables:
                    found.append(f"{step}: {' '.join(statement.split())[:300]}")
    return found
