"""The connectors of this installation: what is installed, what it can do, how it fares (R47).

A broken plugin is listed with its reason while all others work. Settings are named, their values
are never shown; interfaces are counted in the legal entities the visitor reaches, and in no other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, request, url_for
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from cardsync_sdk.hookspecs import API_VERSION
from cardsync_sdk.registry import Connector
from cardsync_sdk.types import ConnectorKind, Settings
from webapp.domain.freshness import FRESH
from webapp.domain.interfaces import InterfaceState
from webapp.domain.people import Right
from webapp.storage import connector_health, links, people
from webapp.storage.connector_health import HealthCount
from webapp.storage.secrets import SecretUnreadable
from webapp.views import webhooks
from webapp.views.access import current_scope, needs, now, services
from webapp.views.pages import render_page

blueprint = Blueprint("connectors", __name__)

KINDS: Mapping[ConnectorKind, LazyString] = {
    ConnectorKind.AGGREGATOR: lazy_gettext("Aggregator of banks"),
    ConnectorKind.FUEL_PORTAL: lazy_gettext("Fuel-card portal"),
    ConnectorKind.FILES: lazy_gettext("Statement files"),
}

# What a hook lets people do; the order of the list on screen.
HOOKS: Mapping[str, LazyString] = {
    "begin_link": lazy_gettext("connects on the partner's own page"),
    "list_accounts": lazy_gettext("lists accounts and cards"),
    "select_accounts": lazy_gettext("shares only what was chosen, at the partner too"),
    "fetch_transactions": lazy_gettext("fetches transactions"),
    "request_refresh": lazy_gettext("has the partner refresh at once"),
    "verify_and_parse_webhook": lazy_gettext("is told of news by the partner"),
    "unlink": lazy_gettext("ends the connection at the partner"),
    "diagnose": lazy_gettext("tells support how a connection stands"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How many interfaces stand alike: a kind of ``ui.badge`` and the words of the state."""

    badge: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The settings a connector has and lacks, by label; ``unreadable``: no key opens them."""

    present: Sequence[str]
    missing: Sequence[str]
    unreadable: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A connector as the page shows it; ``rings_at``: where its source rings, if it can."""

    connector: Connector
    kind: str
    abilities: Sequence[str]
    settings: Settled
    health: Sequence[Standing]
    last_ok_at: datetime | None
    rings_at: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A connector that interfaces need and that is not installed, or broken."""

    slug: str
    interfaces: int


@blueprint.get("/configuration/connectors")
@needs(Right.INSPECT)
def index() -> Response:
    """List what is installed, what is broken and why, and what interfaces miss."""
    registry, entities = services().registry, current_scope().entities(Right.INSPECT)
    with services().database.read() as session:
        counts = connector_health.health(session, entities, fresh_from=now() - FRESH)
        (first, *_others) = people.legal_entities(session, entities)
    settings = _settings()
    cards = [
        _card(connector, settings, [one for one in counts if one.connector == slug])
        for slug, connector in sorted(
            registry.connectors.items(), key=lambda pair: pair[1].info.label.casefold()
        )
    ]
    return render_page(
        "connectors/index.html",
        cards=cards,
        broken=registry.broken,
        missing=_missing(counts),
        timezone=first.timezone,
        api_version=API_VERSION,
    )


def _settings() -> Mapping[str, Settings] | None:
    """Return what each connector is set up with; nothing where no key opens it."""
    try:
        with services().database.read() as session:
            return links.load_all_settings(session, services().secrets)
    except SecretUnreadable:
        return None


def _card(
    connector: Connector, settings: Mapping[str, Settings] | None, counts: Sequence[HealthCount]
) -> Card:
    info = connector.info
    return Card(
        connector=connector,
        kind=str(KINDS[info.kind]),
        abilities=[
            str(_("imports statement files"))
            if hook == "fetch_transactions" and info.reads_files
            else str(words)
            for hook, words in HOOKS.items()
            if hook in connector.hooks
        ],
        settings=_settled(connector, settings),
        health=[_standing(one, by_file=info.reads_files) for one in counts],
        last_ok_at=max((one.last_ok_at for one in counts if one.last_ok_at), default=None),
        rings_at=_rings_at(connector),
    )


def _rings_at(connector: Connector) -> str:
    if webhooks.HOOK not in connector.hooks:
        return ""
    root = services().settings.public_url or request.host_url.rstrip("/")
    return root + url_for("webhooks.receive", connector=connector.info.slug)


def _settled(connector: Connector, settings: Mapping[str, Settings] | None) -> Settled:
    if settings is None:
        return Settled((), (), unreadable=bool(connector.info.settings))
    own = settings.get(connector.info.slug, Settings())
    fields = connector.info.settings
    return Settled(
        present=[one.label for one in fields if own.get(one.name) or one.default],
        missing=[
            one.label
            for one in fields
            if one.required and not one.default and not own.get(one.name)
        ],
        unreadable=False,
    )


def _standing(one: HealthCount, *, by_file: bool) -> Standing:
    """Return the words that the pages of the interfaces have for the same state."""
    match one.state:
        case InterfaceState.NEEDS_USER:
            return Standing("bad", _("Your action is needed"), one.count)
        case InterfaceState.REJECTED:
            return Standing("bad", _("Refused by the partner"), one.count)
        case InterfaceState.STOPPED:
            return Standing("off", _("Stopped"), one.count)
        case InterfaceState.INCOMPLETE:
            return Standing("warn", _("Not finished"), one.count)
    if by_file:
        return Standing("info", _("By file"), one.count)
    if one.failing:
        return Standing("warn", _("Last sync failed"), one.count)
    if not one.ever:
        return Standing("info", _("Waiting for its first sync"), one.count)
    fresh = ("good", _("Up to date")) if one.fresh else ("warn", _("No sync for a while"))
    return Standing(*fresh, one.count)


def _missing(counts: Iterable[HealthCount]) -> list[Missing]:
    known = services().registry.connectors
    lost: dict[str, int] = {}
    for one in counts:
        if one.connector not in known:
            lost[one.connector] = lost.get(one.connector, 0) + one.count
    return [Missing(slug, count) for slug, count in sorted(lost.items())]
