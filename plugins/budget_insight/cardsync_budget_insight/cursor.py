"""The cursor: how far each account has been read, as a small JSON text.

``since`` is the earliest day a whole dated read reached back to; ``seen`` the newest change stamp
read so far, in naive Paris time as Powens writes it. An account without ``seen`` still owes its
dated read from ``since`` on: its history was not loaded yet when it was asked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cardsync_budget_insight.states import PARIS
from cardsync_sdk import SourceRejected

VERSION: Final = 1
STAMP: Final = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one account has been read; ``seen`` is aware."""

    since: date
    seen: datetime | None = None


Marks = dict[str, Mark]


def parse_cursor(cursor: str | None) -> Marks:
    """Read a cursor of ours.

    :raises SourceRejected: with code ``bad_cursor``; guessing would lose changes in silence.
    """
    if cursor is None:
        return {}
    try:
        content = json.loads(cursor)
        if content["v"] != VERSION:
            raise ValueError("another version")
        return {
            ref: Mark(date.fromisoformat(since), _moment(seen))
            for ref, (since, seen) in content["accounts"].items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise SourceRejected(
            "the stored position in the source's feed cannot be read; read the account anew",
            code="bad_cursor",
        ) from None


def format_cursor(marks: Mapping[str, Mark]) -> str:
    """Write ``marks`` as a cursor; equal marks give equal texts."""
    accounts = {
        ref: [mark.since.isoformat(), stamp(mark.seen) if mark.seen else None]
        for ref, mark in marks.items()
    }
    return json.dumps({"v": VERSION, "accounts": accounts}, sort_keys=True)


def stamp(moment: datetime) -> str:
    """Write an aware ``moment`` as Powens does."""
    return moment.astimezone(PARIS).strftime(STAMP)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    return datetime.strptime(text, STAMP).replace(tzinfo=PARIS)
