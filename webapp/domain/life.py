"""The life of a transaction: what may happen to it between its first sight and its end (D-M)."""

from enum import StrEnum


class EventKind(StrEnum):
    """What happened to a transaction.

    ``KEYED``: the source tells it under another id now. ``MERGED``: a person or an agreed rule said
    that another row is the same purchase. ``SPLIT``: a merge was taken back, or a person told it
    apart from what it seemed to be.
    """

    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SHOWN_AGAIN = "shown_again"
    KEYED = "keyed"
    MERGED = "merged"
    SPLIT = "split"
    UNDONE = "undone"


def life_event(before: str, after: str, *, unbooked: bool) -> EventKind:
    """Name what it is that a transaction of status ``before`` is told with status ``after`` now.

    :param unbooked: it had no booking date before.
    """
    if before in ("cancelled", "expired") and not (after == "booked" and unbooked):
        return EventKind.SHOWN_AGAIN
    if after == "booked" and before != "booked":
        return EventKind.BOOKED
    return EventKind.CHANGED
