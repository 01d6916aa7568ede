"""Links and connector settings at rest, and the one-time visits that make links.

A secret is sealed for the very cell it lies in (:class:`~webapp.storage.secrets.Cell`): a token
copied to another interface, visit or legal entity does not open there.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select, update

from cardsync_sdk.types import Link, Settings
from webapp.storage.interfaces import ConnectorSetting, Interface, LinkVisit
from webapp.storage.secrets import Cell, SecretBox


def store_settings(
    session: Session, box: SecretBox, connector: str, values: Mapping[str, str], now: datetime
) -> None:
    """Seal the installation's settings of ``connector``, in place of those it had."""
    row = _setting(session, connector) or ConnectorSetting(
        connector=connector, values_encrypted="", updated_at=now
    )
    row.values_encrypted = box.seal(json.dumps(dict(values)), _setting_cell(row))
    row.updated_at = now
    session.add(row)


def load_settings(session: Session, box: SecretBox, connector: str) -> Settings:
    """Open the installation's settings of ``connector``; empty where none were given.

    :raises SecretUnreadable: if no configured key opens them.
    """
    row = _setting(session, connector)
    return _settings(box, row) if row is not None else Settings()


def load_all_settings(session: Session, box: SecretBox) -> dict[str, Settings]:
    """Open the settings of every configured connector, by slug.

    :raises SecretUnreadable: if no configured key opens them.
    """
    rows = session.exec(select(ConnectorSetting)).all()
    return {row.connector: _settings(box, row) for row in rows}


def load_link(session: Session, box: SecretBox, interface: Interface) -> Link:
    """Give the connector what it needs to speak for ``interface``.

    :raises SecretUnreadable: if no configured key opens it.
    """
    settings = load_settings(session, box, interface.connector)
    if not interface.link_encrypted:
        return Link(
            interface.link_ref,
            settings,
            institution=interface.institution,
            label=interface.label,
        )
    return _open(box, interface.link_encrypted, _interface_cell(interface), settings)


def store_link(box: SecretBox, interface: Interface, link: Link) -> None:
    """Seal ``link`` into its interface; its secrets are written nowhere else."""
    interface.link_ref = link.ref
    interface.institution = link.institution
    interface.label = link.label
    interface.link_encrypted = _seal(box, link, _interface_cell(interface))


def keep_link(box: SecretBox, visit: LinkVisit, link: Link) -> None:
    """Seal into ``visit`` what the connector made before the trip."""
    visit.link_encrypted = _seal(box, link, _visit_cell(visit))


def kept_link(session: Session, box: SecretBox, visit: LinkVisit) -> Link | None:
    """Open what was kept before the trip.

    :raises SecretUnreadable: if no configured key opens it.
    """
    if not visit.link_encrypted:
        return None
    settings = load_settings(session, box, visit.connector)
    return _open(box, visit.link_encrypted, _visit_cell(visit), settings)


def link_to_reuse(
    session: Session, box: SecretBox, legal_entity_id: str, connector: str
) -> Link | None:
    """Return what the legal entity already has at ``connector``, so that no second user is made.

    The link of its newest interface, else what was kept for its newest visit, finished or not.

    :raises SecretUnreadable: if no configured key opens it.
    """
    interface = session.exec(
        select(Interface)
        .where(
            Interface.legal_entity_id == legal_entity_id,
            Interface.connector == connector,
            Interface.link_encrypted != "",
        )
        .order_by(col(Interface.created_at).desc())
        .limit(1)
    ).first()
    if interface is not None:
        return load_link(session, box, interface)
    visit = session.exec(
        select(LinkVisit)
        .where(
            LinkVisit.legal_entity_id == legal_entity_id,
            LinkVisit.connector == connector,
            LinkVisit.link_encrypted != "",
        )
        .order_by(col(LinkVisit.created_at).desc())
        .limit(1)
    ).first()
    return kept_link(session, box, visit) if visit is not None else None


def visit_of_state(session: Session, state_hash: str) -> LinkVisit | None:
    """Return the visit whose one-time state has this digest."""
    return session.exec(select(LinkVisit).where(LinkVisit.state_hash == state_hash)).first()


def use_visit(session: Session, visit_id: str, now: datetime) -> bool:
    """Use up a visit; ``False`` when it was used before, by whoever came first."""
    result = session.exec(
        update(LinkVisit)
        .where(col(LinkVisit.id) == visit_id, col(LinkVisit.used_at).is_(None))
        .values(used_at=now)
    )
    return result.rowcount == 1


def _setting(session: Session, connector: str) -> ConnectorSetting | None:
    return session.exec(
        select(ConnectorSetting).where(ConnectorSetting.connector == connector)
    ).first()


def _settings(box: SecretBox, row: ConnectorSetting) -> Settings:
    values: dict[str, str] = json.loads(box.open(row.values_encrypted, _setting_cell(row)))
    return Settings(values)


def _seal(box: SecretBox, link: Link, cell: Cell) -> str:
    body = {
        "ref": link.ref,
        "secrets": dict(link.secrets),
        "institution": link.institution,
        "label": link.label,
    }
    return box.seal(json.dumps(body), cell)


def _open(box: SecretBox, sealed: str, cell: Cell, settings: Settings) -> Link:
    return Link(settings=settings, **json.loads(box.open(sealed, cell)))


def _setting_cell(row: ConnectorSetting) -> Cell:
    # Settings belong to the installation, to no legal entity.
    return Cell("connector_setting", "values_encrypted", row.id, "")


def _interface_cell(interface: Interface) -> Cell:
    return Cell("interface", "link_encrypted", interface.id, interface.legal_entity_id)


def _visit_cell(visit: LinkVisit) -> Cell:
    return Cell("link_visit", "link_encrypted", visit.id, visit.legal_entity_id)
