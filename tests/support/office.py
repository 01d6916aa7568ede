"""An office in the database, made row by row: companies, people, cards and their expenses."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlmodel import SQLModel

from webapp.domain.by_hand import Entry
from webapp.domain.expenses import PaymentMode
from webapp.domain.people import Role
from webapp.storage import by_hand, logins
from webapp.storage.accounts import Account, AccountIdentity, Attachment
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, RoleGrant, User
from webapp.storage.reporting import Doer
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 11, 12)

CATEGORIES = (
    # code        French                    English                  icon              comment
    ("meals", "Repas", "Meals", "utensils", True),
    ("train", "Train", "Train", "train-front", False),
    ("hotel", "Hôtel", "Hotel", "hotel", False),
    ("taxi", "Taxi", "Taxi", "car-taxi-front", False),
    ("fuel", "Carburant", "Fuel", "fuel", False),
    ("parking", "Stationnement", "Parking", "circle-parking", False),
    ("flight", "Avion", "Flight", "globe", False),
    ("supplies", "Fournitures", "Office supplies", "paperclip", False),
    ("phone", "Téléphone", "Telephone", "phone", False),
)


class Office:
    """One group. Every method inserts what it names and returns its id."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.group_id = self._add(Group(name="Groupe Durand", created_at=EPOCH))
        self.category_ids = {
            code: self.category(
                code, french, english, icon=icon, comment_required=comment, position=position
            )
            for position, (code, french, english, icon, comment) in enumerate(CATEGORIES)
        }
        self._interfaces: dict[str, tuple[str, str]] = {}
        self._cards: dict[str, Account] = {}
        self._holders: dict[str, str] = {}

    def _add(self, *rows: SQLModel) -> str:
        with self.database.write() as session:
            for row in rows:
                session.add(row)
                session.flush()
        return str(rows[-1].id)  # type: ignore[attr-defined]

    def category(self, code: str, name_fr: str, name_en: str, **values: Any) -> str:
        """Offer a category, below those there are."""
        position = values.pop("position", None)
        return self._add(
            Category(
                group_id=values.pop("group_id", self.group_id),
                code=code,
                name_fr=name_fr,
                name_en=name_en,
                position=len(CATEGORIES) if position is None else position,
                **values,
            )
        )

    def entity(self, name: str = "Durand SAS", **values: Any) -> str:
        """Found a legal entity, which asks for a receipt from 20 euros on."""
        fields = {"group_id": self.group_id, "receipt_from_minor": 2000, **values}
        entity = self._add(LegalEntity(name=name, created_at=EPOCH, **fields))
        interface = Interface(
            legal_entity_id=entity, connector="files", label=name, created_at=EPOCH
        )
        run = SyncRun(
            legal_entity_id=entity,
            interface_id=interface.id,
            source="files",
            fence=1,
            trigger="schedule",
            outcome="ok",
            as_of=EPOCH,
            started_at=EPOCH,
            heartbeat_at=EPOCH,
        )
        self._add(interface, run)
        self._interfaces[entity] = (interface.id, run.id)
        return entity

    def person(
        self,
        name: str = "Inès Durand",
        *,
        entity: str | None = None,
        role: Role = Role.EMPLOYEE,
        locale: str = "en",
    ) -> str:
        """Hire a person, with a role in one legal entity or in the whole group."""
        user = User(
            group_id=self.group_id,
            email=f"{new_id().lower()}@example.org",
            name=name,
            locale=locale,
            created_at=EPOCH,
        )
        self._add(user)
        self.grant(user.id, entity, role)
        return user.id

    def grant(self, user_id: str, entity: str | None, role: Role = Role.EMPLOYEE) -> str:
        """Give a person a role in one legal entity or in the whole group."""
        group = None if entity else self.group_id
        return self._add(
            RoleGrant(
                user_id=user_id,
                role=role,
                group_id=group,
                legal_entity_id=entity,
                created_at=EPOCH,
            )
        )

    def card(self, entity: str, holder: str | None = None, **values: Any) -> str:
        """Issue a card, attached to ``holder``."""
        interface, _ = self._interfaces[entity]
        key = new_id()
        identity = AccountIdentity(legal_entity_id=entity, key=key, created_at=EPOCH)
        fields = {
            "kind": "card",
            "name": "Visa Affaires",
            "number_last4": "4821",
            "currency": "EUR",
            "payment_mode": PaymentMode.COMPANY.value,
            **values,
        }
        card = Account(
            legal_entity_id=entity,
            interface_id=interface,
            identity_id=identity.id,
            external_ref=key,
            created_at=EPOCH,
            **fields,
        )
        self._add(identity, card)
        if holder is not None:
            self._holders[card.id] = holder
            self._add(Attachment(account_id=card.id, user_id=holder, created_at=EPOCH))
        self._cards[card.id] = card
        return card.id

    def expense(self, card: str, title: str = "Paul", minor: int = -4250, **values: Any) -> str:
        """Have the holder spend; ``values`` are columns of the transaction or the expense."""
        rows = self._expense_rows(card, title, minor, values)
        return self._add(*rows)

    def expenses(self, card: str, count: int, **values: Any) -> list[str]:
        """Have the card's holder spend ``count`` times, all on one day."""
        pairs = [
            self._expense_rows(card, f"Purchase {number}", -2500 - number, dict(values))
            for number in range(count)
        ]
        with self.database.write() as session:
            session.add_all([bank for bank, _ in pairs])
            session.flush()
            session.add_all([expense for _, expense in pairs])
        return [expense.id for _, expense in pairs]

    def _expense_rows(
        self, card_id: str, title: str, minor: int, values: dict[str, Any]
    ) -> tuple[BankTransaction, Expense]:
        card = self._cards[card_id]
        _, run = self._interfaces[card.legal_entity_id]
        key = new_id()
        day = values.pop("day", DAY)
        said: dict[str, Any] = {"status": values.pop("expense_status", "to_complete")}
        if said["status"] == "not_expense":
            said["not_expense_reason"] = "private"
        for name in ("category_id", "comment", "completed_at", "user_id", "payment_mode"):
            if name in values:
                said[name] = values.pop(name)
        bank = {
            "kind": "purchase" if minor <= 0 else "refund",
            "status": "booked",
            "label": title,
            "memo": f"CARTE {day:%d/%m} {title.upper()}",
            "booked_on": day,
            **values,
        }
        transaction = BankTransaction(
            legal_entity_id=card.legal_entity_id,
            account_identity_id=card.identity_id,
            account_id=card.id,
            identity_key=key,
            content=key,
            day=day,
            purchased_on=day,
            amount_minor=minor,
            currency=card.currency,
            first_run_id=run,
            last_run_id=run,
            seen_at=EPOCH,
            **bank,
        )
        fields = {
            "legal_entity_id": card.legal_entity_id,
            "transaction_id": transaction.id,
            "user_id": self._holders.get(card.id),
            "account_id": card.id,
            "payment_mode": card.payment_mode,
            "day": day,
            "created_at": EPOCH,
            **said,
        }
        return transaction, Expense(**fields)

    def entered(self, card: str, words: str = "Taxi", minor: int = 3100, day: date = DAY) -> str:
        """Have the holder enter a purchase by hand."""
        at = datetime.combine(day, time(12), tzinfo=UTC)
        by = Doer(
            self._holders[card], frozenset({self._cards[card].legal_entity_id}), frozenset(), at
        )
        entry = Entry(card, day, minor, self._cards[card].currency, words)
        with self.database.write() as session:
            return by_hand.enter(session, by, entry)

    def stored(self, expense_id: str) -> Expense:
        """Return an expense as it stands."""
        with self.database.read() as session:
            return session.get_one(Expense, expense_id)

    def change(self, model: type[Any], row_id: str, **values: Any) -> None:
        """Set columns of one row, as a sync or another person would."""
        with self.database.write() as session:
            row = session.get_one(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)

    def log_in(self, user_id: str) -> str:
        """Begin a log-in session and return the value of its cookie."""
        with self.database.write() as session:
            user = session.get_one(User, user_id)
            return logins.begin(session, user, now=datetime.now(UTC), user_agent="test")
