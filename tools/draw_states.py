"""Draw the table of an interface's states into ``docs/schedule.md``, between its two markers.

``make docs`` runs it; a test says when the page is out of date.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from webapp.domain.lifecycle import NEED_A_PERSON, TABLE, Event, Stand, Transition

PAGE = Path(__file__).resolve().parents[1] / "docs" / "schedule.md"
BEGIN = "<!-- drawn from webapp/domain/lifecycle.py by make docs -->"
END = "<!-- end of what is drawn -->"

# Arrows that say little and cross many others stand in the table only.
NOT_DRAWN = (Event.COPIED, Event.EMPTIED, Event.SOURCE_RANG_IN_PAUSE)


def words(name: Stand | Event) -> str:
    """Return a name as words."""
    return name.value.replace("_", " ")


def diagram() -> Iterator[str]:
    """Yield a mermaid diagram: one arrow for all events that lead from one stand to another."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {Stand.INCOMPLETE}"
    arrows: dict[tuple[Stand, Stand], list[str]] = {}
    for one in TABLE:
        for to, rider in _targets(one):
            if to is not one.stand and one.event not in NOT_DRAWN:
                arrows.setdefault((one.stand, to), []).append(words(one.event) + rider)
    for (stand, to), events in arrows.items():
        yield f"    {stand} --> {to}: {', '.join(events)}"
    for stand in NEED_A_PERSON:
        yield f"    class {stand} waits"
    yield "    classDef waits stroke-dasharray: 4"
    yield "```"


def table() -> Iterator[str]:
    """Yield the whole table as markdown, one line for stands that an event treats alike."""
    yield "| event | by | in | leads to |"
    yield "|---|---|---|---|"
    for (event, who, to), group in groupby(TABLE, key=lambda one: (one.event, one.who, _told(one))):
        stands = ", ".join(words(one.stand) for one in group)
        yield f"| {words(event)} | {who} | {stands} | {to} |"


def drawn() -> str:
    """Return what stands between the markers."""
    return "\n".join([BEGIN, "", *diagram(), "", *table(), "", END])


def page_with(text: str) -> str:
    """Return the page ``text`` with its drawing made anew.

    :raises ValueError: if a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _old, end, behind = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks a marker: {BEGIN} … {END}")
    return before + drawn() + behind


def _targets(one: Transition) -> list[tuple[Stand, str]]:
    if one.unless_nightly is one.to:
        return [(one.to, "")]
    return [(one.to, ""), (one.unless_nightly, " (nights off)")]


def _told(one: Transition) -> str:
    if one.to is one.stand:
        return "the same"
    return ", ".join(words(to) + rider for to, rider in _targets(one))


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
