"""A story: its name, its words, its steps, and what must be so in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cardsync_sdk.testing.adversity.acts import Step
from cardsync_sdk.testing.adversity.setting import Card, Expect, Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One adversity: its name is that of the fault, ``invariant`` names what must hold.

    The link is made on the day ``begins``; the first step finds six in the morning of the day
    after, when the first sync may run. ``by_file``: no bank is connected, files are handed in.
    ``settles``: one more sync in the end must change nothing.
    """

    name: str
    story: str
    invariant: str
    steps: tuple[Step, ...]
    expect: Expect
    cards: tuple[Card, ...] = (Card(),)
    serving: Serving = field(default_factory=Serving)
    begins: str = "2026-03-17"
    zone: str = "Europe/Paris"
    by_file: bool = False
    settles: bool = True


def by_name(scripts: tuple[Script, ...]) -> Mapping[str, Script]:
    """Return the scripts by their names.

    :raises ValueError: if two have the same name.
    """
    found = {script.name: script for script in scripts}
    if len(found) != len(scripts):
        raise ValueError("two scripts have the same name")
    return found
