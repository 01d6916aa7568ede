"""Give the demo's people a past: statement files, imported through the engine like anybody's."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cardsync_sdk.interchange import to_line
from webapp.demo.purchases import BY_HAND, CAMILLE, CARDS, TOLD_LATER, DemoCard
from webapp.domain.by_hand import Entry
from webapp.domain.people import Role
from webapp.storage import by_hand
from webapp.storage.accounts import Account, Attachment
from webapp.storage.people import LegalEntity, RoleGrant, User
from webapp.storage.reporting import Doer
from webapp.sync.attaching import AccountChoice, Saver, save_choices
from webapp.sync.files import StatementFile, file_connector, import_file
from webapp.sync.job import Engine
from webapp.sync.sharing import FileAccount, Sharer, open_file_interface


def give_past(engine: Engine, folder: Path, now: datetime) -> None:
    """Open the demo's cards, attach them and import their statements.

    :param folder: where this installation keeps uploads.
    """
    for card in CARDS:
        account_id, today = _open_card(engine, card, now)
        lines = "\n".join(to_line(purchase.as_row(today)) for purchase in card.purchases)
        file = StatementFile(f"{card.name} {today:%Y-%m}.jsonl", lines.encode(), everything=True)
        import_file(engine, folder, account_id, file, owner="demo", now=now)
        if card.purchases is CAMILLE:
            _enter_by_hand(engine, account_id, today, now)


def tell_more(engine: Engine, folder: Path, now: datetime) -> None:
    """Import what came after the first statements: it raises a question for an admin (I11)."""
    (card,) = [one for one in CARDS if one.purchases is CAMILLE]
    with engine.database.read() as session:
        query = (
            select(Account, LegalEntity.timezone)
            .join(LegalEntity, col(LegalEntity.id) == col(Account.legal_entity_id))
            .where(Account.name == card.name)
        )
        account, timezone = session.exec(query).one()
    today = now.astimezone(ZoneInfo(timezone)).date()
    lines = "\n".join(to_line(purchase.as_row(today)) for purchase in TOLD_LATER)
    file = StatementFile(f"{card.name} {today}.jsonl", lines.encode(), everything=True)
    import_file(engine, folder, account.id, file, owner="demo", now=now)


def _enter_by_hand(engine: Engine, account_id: str, today: date, now: datetime) -> None:
    """Have the card's holder enter what no statement holds yet."""
    with engine.database.write() as session:
        held = session.exec(select(Attachment).where(Attachment.account_id == account_id)).one()
        account = session.get_one(Account, account_id)
        day = today - timedelta(days=BY_HAND.days)
        entry = Entry(account_id, day, -BY_HAND.cents, account.currency, BY_HAND.name)
        by = Doer(held.user_id, frozenset({account.legal_entity_id}), frozenset(), now)
        by_hand.enter(session, by, entry)


def _open_card(engine: Engine, card: DemoCard, now: datetime) -> tuple[str, date]:
    info = file_connector(engine.registry).info
    with engine.database.write() as session:
        entity = session.exec(select(LegalEntity).where(LegalEntity.name == card.entity)).one()
        admin_id = _admin_of(session, entity)
        interface_id = open_file_interface(
            Sharer(session, engine.secrets, info, entity, admin_id, now),
            FileAccount(card.name, card.kind, entity.currency, card.last4),
        )
        account = session.exec(select(Account).where(Account.interface_id == interface_id)).one()
        choice = AccountChoice(_user_id(session, card.holder), card.mode)
        save_choices(Saver(session, entity, admin_id, now), interface_id, {account.id: choice})
        return account.id, now.astimezone(ZoneInfo(entity.timezone)).date()


def _admin_of(session: Session, entity: LegalEntity) -> str:
    query = select(RoleGrant.user_id).where(
        RoleGrant.role == Role.ADMIN,
        (col(RoleGrant.group_id) == entity.group_id)
        | (col(RoleGrant.legal_entity_id) == entity.id),
    )
    return session.exec(query.order_by(col(RoleGrant.id))).first() or ""


def _user_id(session: Session, email: str | None) -> str | None:
    if email is None:
        return None
    return session.exec(select(User.id).where(User.email == email)).one()
