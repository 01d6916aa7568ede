"""The installation under chaos: the demo's people, and interfaces of the chaos bank for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from tests.support.chaos.control import SLUG, has_ids
from tests.support.import_admin import entity_named
from webapp import demo
from webapp.config import Settings
from webapp.demo.cast import CONSEIL, HOME
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import User

# Two groups: a company and a household.
PLACES = ((CONSEIL, "camille@faure.example"), (HOME, "paul@girard.example"))
ADMIN = "claire@faure.example"


@dataclass(frozen=True, slots=True)
class Fed:
    """One interface with its one card; ``ref`` is what the bank calls the card."""

    ref: str
    entity_id: str
    interface_id: str
    account_id: str
    of_company: bool


def furnish(database: Database, settings: Settings, refs: Sequence[str]) -> list[Fed]:
    """Fill the database: an interface for each of ``refs``, in the two groups by turns."""
    demo.seed(database, settings)
    return [_feed(database, ref, number) for number, ref in enumerate(refs)]


def _feed(database: Database, ref: str, number: int) -> Fed:
    place, email = PLACES[number // 2 % len(PLACES)]
    one = Fed(ref, entity_named(database, place), new_id(), new_id(), place == CONSEIL)
    since = datetime.now(UTC) - timedelta(days=40)
    with database.write() as session:
        session.add(
            Interface(
                id=one.interface_id,
                legal_entity_id=one.entity_id,
                connector=SLUG,
                label=f"Banque {ref}",
                state=InterfaceState.ACTIVE,
                activated_on=since.date(),
                created_at=since,
                next_due_at=since + timedelta(days=1),
                due_reason=DueReason.FIRST,
            )
        )
        identity = AccountIdentity(
            legal_entity_id=one.entity_id, key=f"chaos/{ref}", created_at=since
        )
        session.add(identity)
        session.flush()
        session.add(
            Account(
                id=one.account_id,
                legal_entity_id=one.entity_id,
                interface_id=one.interface_id,
                identity_id=identity.id,
                external_ref=ref,
                kind="card",
                name=f"Carte {ref}",
                currency="EUR",
                id_traits="stable" if has_ids(ref) else "none",
                payment_mode="company",
                import_mode="all_available",
                created_at=since,
            )
        )
        session.flush()
        holder = session.exec(select(User.id).where(User.email == email)).one()
        session.add(Attachment(account_id=one.account_id, user_id=holder, created_at=since))
    return one
