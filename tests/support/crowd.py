"""Everybody who may ask for a page, and one of everything they may ask for, in two groups."""

from dataclasses import dataclass, field

from sqlmodel import select

from tests.support.office import DAY, EPOCH, Office
from tests.support.report_desk import ReportDesk
from webapp.domain.people import RIGHTS, Right, Role
from webapp.domain.receipts import MediaType
from webapp.storage import bank_requests
from webapp.storage.bank_requests import Asker
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.help_requests import HelpRequest
from webapp.storage.people import LegalEntity, RoleGrant, User
from webapp.storage.questions import Question
from webapp.storage.receipts import ReceiptStore
from webapp.storage.transactions import BankTransaction


@dataclass(frozen=True)
class Things:
    """One of everything in one legal entity, by the name of the route parameter that asks for it.

    ``owned`` are those that only ``owner`` may open, whatever rights others hold there.
    """

    entity: str
    ids: dict[str, str]
    owner: str
    owned: frozenset[str] = frozenset({"entry_id", "expense_id", "receipt_id", "report_id"})


@dataclass(frozen=True)
class Somebody:
    """A person who asks: the cookie they send, and the legal entities they reach, by role."""

    name: str
    user_id: str = ""
    cookie: str = ""
    roles: dict[str, frozenset[Role]] = field(default_factory=dict)

    def rights_in(self, entity: str) -> frozenset[Right]:
        """Return the rights held in a legal entity."""
        return frozenset().union(*(RIGHTS[role] for role in self.roles.get(entity, ())))

    def holds_anywhere(self, right: Right) -> bool:
        """Say whether a right is held in some legal entity."""
        return any(right in self.rights_in(entity) for entity in self.roles)


class Crowd:
    """Entity A with one of everything, entity C of the same group, entity B of another group."""

    def __init__(self, database: Database, receipts: ReceiptStore) -> None:
        self.database = database
        self.receipts = receipts
        self.here, self.elsewhere = Office(database), Office(database)
        a, c = self.here.entity("Alpha SAS"), self.here.entity("Gamma SAS")
        b = self.elsewhere.entity("Beta SA")
        nina = self.here.person("Nina Alpha", entity=a)
        bruno = self.elsewhere.person("Bruno Beta", entity=b)
        self.own = self._things(self.here, a, nina)
        self.foreign = self._things(self.elsewhere, b, bruno)
        admin = frozenset({Role.ADMIN})
        everywhere = {entity: frozenset({Role.SUPPORT}) for entity in (a, b, c)}
        self.people = (
            Somebody("anonymous"),
            self._somebody("employee of A", nina, {a: frozenset({Role.EMPLOYEE})}),
            self._admin("admin of A", self.here, a, admin),
            self._approver("approver of A", self.here, a),
            self._admin("admin of B, another group", self.elsewhere, b, admin),
            self._admin("admin of C, same group", self.here, c, admin),
            self._somebody("support", self._support(), everywhere),
        )

    def _admin(self, name: str, office: Office, entity: str, roles: frozenset[Role]) -> Somebody:
        user = office.person(name, entity=entity, role=Role.ADMIN)
        return self._somebody(name, user, {entity: roles})

    def _approver(self, name: str, office: Office, entity: str) -> Somebody:
        user = office.person(name, entity=entity, role=Role.APPROVER)
        return self._somebody(name, user, {entity: frozenset({Role.APPROVER})})

    def _somebody(self, name: str, user: str, roles: dict[str, frozenset[Role]]) -> Somebody:
        return Somebody(name, user, self.here.log_in(user), roles)

    def _support(self) -> str:
        user = User(email="support@example.org", name="Sam", locale="en", created_at=EPOCH)
        with self.database.write() as session:
            session.add(user)
            session.flush()
            session.add(RoleGrant(user_id=user.id, role=Role.SUPPORT.value, created_at=EPOCH))
        return user.id

    def _things(self, office: Office, entity: str, owner: str) -> Things:
        card = office.card(entity, owner)
        expense = office.expense(card)
        receipt = self._receipt(entity, expense)
        desk = ReportDesk(self.database)
        draft, submitted = (
            office.expense(
                card,
                expense_status="complete",
                category_id=office.category_ids["train"],
                minor=-500,
                day=day,
            )
            for day in (DAY, DAY.replace(month=10))
        )
        with self.database.read() as session:
            interface = session.get_one(type(office._cards[card]), card).interface_id
            transaction = session.get_one(Expense, expense).transaction_id
        ids = {
            "entity_id": entity,
            "interface_id": interface,
            "account_id": card,
            "transaction_id": transaction,
            "run_id": office._interfaces[entity][1],
            "question_id": self._question(entity, card, transaction),
            "user_id": owner,
            "expense_id": expense,
            "entry_id": office.entered(card),
            "receipt_id": receipt,
            "report_id": desk.put_in(owner, draft),
            "submitted_id": desk.submitted(owner, submitted),
            "bank_request_id": self._missing_bank(entity, owner),
            "request_id": self._request(office, entity, owner),
        }
        return Things(entity, ids, owner)

    def _question(self, entity: str, card: str, transaction: str) -> str:
        """Have it be asked whether a card's first two transactions are one purchase."""
        with self.database.write() as session:
            query = select(BankTransaction.id).where(
                BankTransaction.account_id == card, BankTransaction.id != transaction
            )
            question = Question(
                legal_entity_id=entity,
                account_id=card,
                kind="same_purchase",
                doubt="amount_differs",
                first_id=transaction,
                second_id=session.exec(query).first(),
                asked_at=EPOCH,
            )
            session.add(question)
        return question.id

    def _missing_bank(self, entity: str, owner: str) -> str:
        with self.database.write() as session:
            by = Asker(owner, session.get_one(LegalEntity, entity), EPOCH)
            return bank_requests.ask(session, by, "Banque Imaginaire", "").id

    def _request(self, office: Office, entity: str, owner: str) -> str:
        request = HelpRequest(
            group_id=office.group_id,
            legal_entity_id=entity,
            user_id=owner,
            slug="first-interface",
            text="Where is my bank?",
            created_at=EPOCH,
        )
        with self.database.write() as session:
            session.add(request)
        return request.id

    def _receipt(self, entity: str, expense: str) -> str:
        receipt_id = new_id()
        path = self.receipts.path(receipt_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF-1.4 a receipt")
        with self.database.write() as session:
            session.add(
                Receipt(
                    id=receipt_id,
                    legal_entity_id=entity,
                    expense_id=expense,
                    file_name="receipt.pdf",
                    media_type=MediaType.PDF.value,
                    size=18,
                    sha256="0" * 64,
                    uploaded_at=EPOCH,
                )
            )
        return receipt_id
