"""How much a source bears, and the count of the calls made to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cardsync_sdk.errors import ConnectorError


class CallsUsedUp(ConnectorError):
    """Nobody has to act: one fetch made more calls than the host allows; it is tried again."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How often a source may be asked; the host keeps to it over all its workers.

    :param at_once: fetches under way at once, over all interfaces of the connector.
    :param calls_a_minute: calls over all its interfaces; ``None`` where no limit is known. Fetches
        under way end, further ones wait for the next minute.
    :param asked_a_day: syncs that people may ask for, per interface and 24 hours. The nightly ones
        and retries do not count.
    :param asked_every: the least time between two of those.
    """

    at_once: int = 16
    calls_a_minute: int | None = None
    asked_a_day: int = 24
    asked_every: timedelta = timedelta(minutes=1)

    def __post_init__(self) -> None:
        """Refuse a quota that would let nothing through.

        :raises ValueError: naming the field.
        """
        for name in ("at_once", "asked_a_day"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: at least 1")
        if self.calls_a_minute is not None and self.calls_a_minute < 1:
            raise ValueError("calls_a_minute: at least 1, or None")
        if self.asked_every < timedelta(0):
            raise ValueError("asked_every: not negative")


# What a source is spared where its connector says nothing.
USUAL_QUOTA: Final = Quota()


@dataclass(slots=True)
class CallMeter:
    """Counts the calls of one fetch; past ``most`` it refuses the next one."""

    most: int
    calls: int = field(default=0)


_meter: ContextVar[CallMeter | None] = ContextVar("cardsync_call_meter", default=None)


@contextmanager
def counting_calls(most: int) -> Iterator[CallMeter]:
    """Count the calls made within the block, in this thread."""
    meter = CallMeter(most)
    before = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(before)


def calls_counted() -> int:
    """Return the calls counted so far in this thread; 0 where nobody counts."""
    meter = _meter.get()
    return meter.calls if meter else 0


def note_call() -> None:
    """Count one call to the source. :class:`~cardsync_sdk.http.HttpClient` does it by itself.

    A connector that speaks in another way calls this before each call.

    :raises CallsUsedUp: past what one fetch may make.
    """
    meter = _meter.get()
    if meter is None:
        return
    if meter.calls >= meter.most:
        raise CallsUsedUp(f"more than {meter.most} calls in one fetch")
    meter.calls += 1
