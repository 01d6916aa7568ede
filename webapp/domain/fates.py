"""The closed list of fates: what became of each row a connector returned (D-P)."""

from collections.abc import Mapping
from enum import StrEnum


class Fate(StrEnum):
    """The one recorded outcome of one row of one sync run."""

    NEW = "new"
    UPDATED = "updated"
    BOOKED = "booked"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"
    WAITING = "waiting"
    OUT_OF_WINDOW = "out_of_window"
    SUMMARY = "summary"
    DUPLICATE_OF = "duplicate_of"
    QUARANTINED = "quarantined"
    NOT_SHARED = "not_shared"


FateCounts = Mapping[Fate, int]
