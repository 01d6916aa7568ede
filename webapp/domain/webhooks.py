"""What becomes of a webhook: it only rings, it never brings data (DESIGN.md, D01 to D08)."""

from enum import StrEnum


class WebhookFate(StrEnum):
    """What a verified webhook led to.

    ``RANG``: a sync is due for it; ``JOINED``: one was due already; ``AGAIN``: one is under way and
    another follows it; ``PARKED``: nobody here has that link yet; ``IGNORED``: its interface is
    stopped or not finished.
    """

    RANG = "rang"
    JOINED = "joined"
    AGAIN = "again"
    PARKED = "parked"
    IGNORED = "ignored"
