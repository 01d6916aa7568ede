"""How much one fetch may take, and since when it has been waiting for its source."""

import time
from dataclasses import dataclass, field
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

    ``asked_at`` is ``None`` while nothing is asked of the source. Monotonic seconds.
    """

    began_at: float = field(default_factory=time.monotonic)
    asked_at: float | None = None

    def asks(self) -> None:
        """Note that the source is asked for its next batch now."""
        self.asked_at = time.monotonic()

    def heard(self) -> None:
        """Note that it answered."""
        self.asked_at = None

    @property
    def age(self) -> float:
        """Return the seconds since the fetch began."""
        return time.monotonic() - self.began_at

    def overdue(self, limits: Limits) -> str | None:
        """Say in words which limit of time is passed, if one is."""
        if self.asked_at is None:
            return None
        if time.monotonic() - self.asked_at > limits.page_seconds:
            return f"no answer within {limits.page_seconds:g} seconds"
        if self.age > limits.fetch_seconds:
            return f"more than {limits.fetch_seconds:g} seconds in one fetch"
        return None
