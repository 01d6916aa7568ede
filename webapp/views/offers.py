"""What can be set out to from here: every connector that leads to a partner's page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cardsync_sdk.registry import Connector
from cardsync_sdk.types import ConnectorKind, Settings
from webapp.storage import links
from webapp.storage.secrets import SecretUnreadable
from webapp.views.access import services
from webapp.views.pages import allow_form_target

# Connectors that lead to a page of their own come in this order.
_ORDER: Final = {kind: place for place, kind in enumerate(ConnectorKind)}


@dataclass(frozen=True, slots=True)
class Offer:
    """A connector that leads to a partner's page; ``missing`` names the settings it lacks."""

    connector: Connector
    missing: tuple[str, ...]


def offers(settings: Mapping[str, Settings]) -> list[Offer]:
    """Return the connectors that lead to a partner's page, and let this page's forms go there."""
    found = []
    for connector in services().registry.connectors.values():
        if "begin_link" not in connector.hooks:
            continue
        own = settings.get(connector.info.slug, Settings())
        allow_partner(connector, own)
        missing = [f.label for f in connector.info.settings if f.required and not own.get(f.name)]
        found.append(Offer(connector, tuple(missing)))
    return sorted(found, key=lambda offer: _ORDER[offer.connector.info.kind])


def allow_partner(connector: Connector, settings: Settings) -> None:
    """Let this page's form lead on to the addresses that the connector's settings name."""
    for setting in connector.info.settings:
        value = settings.get(setting.name) or setting.default
        if not setting.secret and value.startswith(("https://", "http://")):
            allow_form_target(value)


def connector_settings() -> dict[str, Settings] | None:
    """Return the settings of every connector; nothing if they do not open."""
    try:
        with services().database.read() as session:
            return links.load_all_settings(session, services().secrets)
    except SecretUnreadable:
        return None


def file_connector() -> Connector | None:
    """Return the connector that reads uploaded statement files, if one is installed."""
    reading = (c for c in services().registry.connectors.values() if c.info.reads_files)
    return next(reading, None)
