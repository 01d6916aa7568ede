"""The catalogue on the page that adds a banking interface: what is found, why, and how to go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from cardsync_sdk.institutions import KNOWN
from webapp.domain.institutions import Entry, Found, Why, catalogue, search
from webapp.views.access import services
from webapp.views.offers import Offer

KINDS: Final[Mapping[str, tuple[LazyString, str]]] = {
    "card_service": (lazy_gettext("Company cards"), "credit-card"),
    "fuel": (lazy_gettext("Fuel cards"), "fuel"),
    "bank": (lazy_gettext("Bank"), "landmark"),
}


@dataclass(frozen=True, slots=True)
class Lead:
    """A way on from a result: through which connector, and what to look for there."""

    offer: Offer
    name: str

    @property
    def ready(self) -> bool:
        """Say whether one can set out now."""
        return not self.offer.missing


@dataclass(frozen=True, slots=True)
class Result:
    """An institution as the page shows it; ``advice`` says why it is proposed first (R39)."""

    entry: Entry
    kind: str
    icon: str
    known_as: str
    advice: str
    leads: tuple[Lead, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search brought: ``asked`` as typed, the results, and the words that sum them up."""

    asked: str
    results: tuple[Result, ...]
    summary: str

    @property
    def anything(self) -> bool:
        """Say whether something was looked for."""
        return bool(self.asked)

    @property
    def missing(self) -> str:
        """Return what to ask support for: the service found that nothing reaches, else as typed."""
        unreached = (result.entry.name for result in self.results if not result.leads)
        return next(unreached, self.asked)

    @property
    def reached(self) -> bool:
        """Say whether one can set out to every result."""
        return bool(self.results) and all(result.leads for result in self.results)

    @property
    def ready(self) -> bool:
        """Say whether one can set out to some result now."""
        return any(lead.ready for result in self.results for lead in result.leads)


def entries() -> tuple[Entry, ...]:
    """Return the catalogue over every installed connector, with what none reaches."""
    installed = services().registry.connectors.values()
    return catalogue([(one.info.slug, one.info.institutions) for one in installed], KNOWN)


def look_for(text: str, offers: Sequence[Offer]) -> Answer:
    """Search the catalogue for what was typed."""
    asked = " ".join(text.split())
    by_slug = {offer.connector.info.slug: offer for offer in offers}
    results = tuple(_result(found, by_slug) for found in search(entries(), asked))
    return Answer(asked, results, _summary(asked, results))


def _result(found: Found, offers: Mapping[str, Offer]) -> Result:
    entry = found.entry
    kind, icon = KINDS.get(entry.kind, KINDS["bank"])
    ways = [way for way in entry.ways if way.connector in offers]
    return Result(
        entry,
        str(kind),
        icon,
        _known_as(found),
        _advice(found),
        tuple(Lead(offers[way.connector], way.name) for way in ways),
    )


def _known_as(found: Found) -> str:
    if found.why is Why.FORMER_NAME:
        return str(_("formerly %(name)s", name=found.by))
    if found.why is Why.ALIAS:
        return str(_("also called %(name)s", name=found.by))
    return ""


def _advice(found: Found) -> str:
    if found.why is not Why.ISSUER:
        return ""
    return str(
        _(
            "Proposed first because company cards of %(bank)s are found in %(service)s: the "
            "bank's own log-in does not list them. Choose the bank only for its accounts.",
            bank=found.entry.issuer,
            service=found.entry.name,
        )
    )


def _summary(asked: str, results: Sequence[Result]) -> str:
    if not asked:
        return ""
    if not results:
        return str(_("Nothing is called “%(name)s” here.", name=asked))
    first = results[0].entry.name
    if len(results) == 1:
        return str(_("One result: %(name)s.", name=first))
    return str(_("%(num)d results, first %(name)s.", num=len(results), name=first))
