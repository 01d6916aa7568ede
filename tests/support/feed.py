"""A card of the demo's Faure Conseil fed by a scripted bank, with an engine to sync it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Flask
from sqlmodel import select

import cardsync_files
from cardsync_sdk.registry import Registry, load_connector
from tests.support.import_admin import entity_named
from tests.support.scripted_bank import CARD, ScriptedBank
from tests.support.world import World
from webapp.config import Settings
from webapp.demo.cast import CONSEIL
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.storage.accounts import Account, AccountIdentity
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import User
from webapp.storage.secrets import SecretBox
from webapp.sync.job import Engine
from webapp.views.services import EXTENSION

LABEL = "Banque Feed"
SINCE = timedelta(days=40)


def registry_of(*banks: ScriptedBank) -> Registry:
    """Return a registry of these banks and the files connector."""
    connectors = [*(bank.connector() for bank in banks), load_connector(cardsync_files)]
    return Registry({one.info.slug: one for one in connectors})


def serve(app: Flask, registry: Registry) -> None:
    """Have a running application use these connectors."""
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], registry=registry)


def open_feed(
    database: Database,
    settings: Settings,
    registry: Registry,
    slug: str = "scripted",
    *,
    holder: str | None = "camille@faure.example",
    name: str = "Carte Camille",
    ref: str = CARD,
    **values: Any,
) -> World:
    """Connect Faure Conseil to the bank ``slug`` with one card; its first night is tomorrow."""
    box = SecretBox({key.id: key.key for key in settings.master_keys})
    now = datetime.now(UTC)
    with database.read() as session:
        email = holder or "camille@faure.example"
        user_id = session.exec(select(User.id).where(User.email == email)).one()
    world = World(
        database,
        Engine(database, registry, box),
        entity_named(database, CONSEIL),
        new_id(),
        new_id(),
        user_id,
    )
    fields: dict[str, Any] = {
        "state": InterfaceState.ACTIVE,
        "activated_on": (now - SINCE).date(),
        "next_due_at": now + timedelta(days=1),
        "due_reason": DueReason.SCHEDULE,
        "label": LABEL,
        **values,
    }
    with database.write() as session:
        session.add(
            Interface(
                id=world.interface_id,
                legal_entity_id=world.entity_id,
                connector=slug,
                created_at=now - SINCE,
                **fields,
            )
        )
        session.flush()
    add_card(world, ref, name, account_id=world.account_id)
    if holder:
        world.attach()
    return world


def add_card(world: World, ref: str, name: str, *, account_id: str | None = None) -> str:
    """Share one more card under the interface, held by nobody; returns its id."""
    now = datetime.now(UTC) - SINCE
    identity = AccountIdentity(
        legal_entity_id=world.entity_id, key=f"{world.interface_id}/{ref}", created_at=now
    )
    account = Account(
        id=account_id or new_id(),
        legal_entity_id=world.entity_id,
        interface_id=world.interface_id,
        identity_id=identity.id,
        external_ref=ref,
        kind="card",
        name=name,
        number_last4="4821",
        currency="EUR",
        payment_mode="company",
        import_mode="all_available",
        created_at=now,
    )
    with world.database.write() as session:
        session.add(identity)
        session.flush()
        session.add(account)
    return account.id


def nights(world: World, days: Sequence[date], hour: int = 4) -> None:
    """Sync once in each of these nights, as the schedule would."""
    for day in days:
        moment = datetime.combine(day, time(hour), tzinfo=UTC)
        world.change(
            Interface, world.interface_id, next_due_at=moment, due_reason=DueReason.SCHEDULE
        )
        world.sync_at(moment)


def work(world: World) -> Any:
    """Do what a worker does when it is rung now."""
    return world.sync_at(datetime.now(UTC))
