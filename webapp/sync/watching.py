"""How much one fetch may take, and since when it has been waiting for its source."""

import time
from dataclasses import dataclass, field
from threading import Semaphore
from typing import Final

from webapp.storage.leases import LEASE


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may take of the machine; past it, the fetch fails and touches no other.

    :param page_seconds: until the source gives the next batch. Shorter than a lease, which each
        batch renews: a source that is slower than that fails by name, and is not taken for dead.
    :param fetch_seconds: for a fetch in all. :param batches: of one fetch. :param rows: of one
        fetch. :param rows_a_batch: of one batch. :param calls: to the source, in one fetch.
    """

    page_seconds: float = 45.0
    fetch_seconds: float = 600.0
    batches: int = 2_000
    rows: int = 1_000_000
    rows_a_batch: int = 20_000
    calls: int = 5_000


USUAL_LIMITS: Final = Limits()
if USUAL_LIMITS.page_seconds >= LEASE.total_seconds():
    raise ValueError("a page must come before its lease runs out")


@dataclass(slots=True)
class Watch:
    """What a supervisor sees of a fetch in another thread: since when it has been asking.

    ``asked_at`` is ``None`` while nothing is asked of the source. Monotonic seconds. ``desk``: what
    threads share to write and to think; one that waits for its source leaves its place to others.
    Many at work at once would only wait for each other, at each step anew.
    """

    began_at: float = field(default_factory=time.monotonic)
    asked_at: float | None = None
    desk: Semaphore | None = None
    seated: bool = False

    def begins(self) -> None:
        """Note that the fetch begins now, as soon as there is a place."""
        self.heard()
        self.began_at = time.monotonic()

    def ends(self) -> None:
        """Leave the place to others."""
        if self.desk is not None and self.seated:
            self.seated = False
            self.desk.release()

    def asks(self) -> None:
        """Note that the source is asked for its next batch now."""
        self.asked_at = time.monotonic()
        self.ends()

    def heard(self) -> None:
        """Note that it answered; returns as soon as there is a place."""
        self.asked_at = None
        if self.desk is not None and not self.seated:
            self.desk.acquire()
            self.seated = True

    @property
    def age(self) -> float:
        """Return the seconds since the fetch began."""
        return time.monotonic() - self.began_at

    def overdue(self, limits: Limits) -> str | None:
        """Say in words which limit of time is passed, if one is."""
        asked_at = self.asked_at
        if asked_at is None:
            return None
        if time.monotonic() - asked_at > limits.page_seconds:
            return f"no answer within {limits.page_seconds:g} seconds"
        if self.age > limits.fetch_seconds:
            return f"more than {limits.fetch_seconds:g} seconds in one fetch"
        return None
