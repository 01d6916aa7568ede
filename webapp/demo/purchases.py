"""What the demo's people spent before today. All of it is made up; days are counted back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from cardsync_sdk import (
    AccountKind,
    FetchedTransaction,
    Merchant,
    Money,
    TransactionKind,
    TransactionStatus,
)
from webapp.demo.cast import BENELUX, CONSEIL, HOME, LOGISTIQUE
from webapp.domain.expenses import PaymentMode


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase ``days`` ago for ``cents`` (minus = spend); ``foreign`` is its own currency."""

    days: int
    cents: int
    name: str
    city: str = ""
    kind: TransactionKind = TransactionKind.PURCHASE
    foreign: tuple[int, str] | None = None
    announced: bool = False

    def as_row(self, today: date) -> FetchedTransaction:
        """Return it as a row of a statement made today."""
        day = today - timedelta(days=self.days)
        place = f" {self.city.upper()}" if self.city else ""
        return FetchedTransaction(
            account_ref="statement",
            amount=Money(self.cents, "EUR"),
            memo=f"CARTE {day:%d/%m/%y} {self.name.upper()}{place}",
            purchased_on=day,
            booked_on=None if self.announced else day + timedelta(days=1),
            kind=self.kind,
            status=TransactionStatus.ANNOUNCED if self.announced else TransactionStatus.BOOKED,
            original=Money(*self.foreign) if self.foreign else None,
            label=self.name,
            merchant=Merchant(name=self.name, city=self.city or None),
        )


@dataclass(frozen=True, slots=True)
class DemoCard:
    """A card or account whose statements came as files; without ``holder`` it waits for one."""

    entity: str
    name: str
    last4: str
    holder: str | None
    mode: PaymentMode
    purchases: Sequence[Purchase] = field(repr=False)
    kind: AccountKind = AccountKind.CARD


CAMILLE = (
    Purchase(0, -3_480, "Brasserie Le Zinc", "Paris", announced=True),
    Purchase(1, -8_400, "SNCF Connect"),
    Purchase(2, -1_250, "Boulangerie Utopie", "Paris"),
    Purchase(2, -1_250, "Boulangerie Utopie", "Paris"),
    Purchase(3, -18_900, "Hôtel Mercure", "Lyon"),
    Purchase(4, -2_760, "G7 Taxis", "Paris"),
    Purchase(6, -9_311, "Hotel Indigo", "New York", foreign=(-10_000, "USD")),
    Purchase(8, 4_200, "SNCF Connect", kind=TransactionKind.REFUND),
    Purchase(9, -6_590, "Fnac Pro", "Paris"),
    Purchase(12, -4_350, "Bouillon Chartier", "Paris"),
    # What the bank gave back half of, eight days ago.
    Purchase(14, -8_400, "SNCF Connect"),
    Purchase(15, -1_990, "Zoom Communications"),
)
KARIM = (
    Purchase(1, -5_720, "TotalEnergies Access", "Massy"),
    Purchase(2, -1_480, "Vinci Autoroutes"),
    Purchase(5, -3_290, "Leroy Merlin", "Massy"),
    Purchase(7, -11_200, "Air France"),
)
NICOLAS = (
    Purchase(1, -7_864, "TotalEnergies Access", "Vénissieux"),
    Purchase(2, -2_310, "APRR"),
    Purchase(4, -7_012, "Esso Express", "Mâcon"),
    Purchase(6, -1_640, "Courtepaille", "Beaune"),
)
ANNA = (
    Purchase(1, -1_320, "Exki", "Bruxelles"),
    Purchase(2, -4_680, "SNCB Internationale"),
    Purchase(3, -9_950, "Thon Hotel EU", "Bruxelles"),
    Purchase(5, -2_480, "Taxis Verts", "Bruxelles"),
    Purchase(9, -3_125, "Pret A Manger", "London", foreign=(-2_640, "GBP")),
)
SERVICE = (
    Purchase(3, -23_900, "Manutan", "Gonesse"),
    Purchase(10, -6_480, "La Poste Pro", "Paris"),
)
HOUSEHOLD = (
    Purchase(1, -7_846, "Carrefour Market", "Nantes"),
    Purchase(2, -1_170, "Boulangerie Honoré", "Nantes"),
    Purchase(3, -4_500, "Free Mobile"),
    Purchase(5, -5_930, "TotalEnergies", "Rezé"),
    Purchase(11, -12_680, "EDF Particuliers"),
    Purchase(40, -8_215, "Carrefour Market", "Nantes"),
    Purchase(75, -32_400, "MAIF Assurances"),
    Purchase(160, -18_990, "Decathlon", "Nantes"),
    Purchase(300, -6_400, "Center Parcs"),
)

# What the bank has not told yet: Camille entered it herself.
BY_HAND = Purchase(1, -2_340, "Taxi Gare de Lyon")
# And what it tells of it a day later, in words of its own: nobody but a person can say it is one.
TOLD_LATER = (Purchase(0, BY_HAND.cents, "G7 Taxis", "Paris"),)

COMPANY, REIMBURSE = PaymentMode.COMPANY, PaymentMode.REIMBURSE
CARDS = (
    DemoCard(CONSEIL, "Visa Affaires Camille", "4821", "camille@faure.example", COMPANY, CAMILLE),
    DemoCard(CONSEIL, "Visa Affaires Karim", "5530", "karim@faure.example", REIMBURSE, KARIM),
    DemoCard(CONSEIL, "Carte de service", "7702", None, COMPANY, SERVICE),
    DemoCard(LOGISTIQUE, "Carte Nicolas", "1904", "nicolas@faure.example", COMPANY, NICOLAS),
    DemoCard(BENELUX, "Business Card Anna", "6612", "anna@faure.example", COMPANY, ANNA),
    DemoCard(
        HOME,
        "Compte joint",
        "0185",
        "elodie@girard.example",
        COMPANY,
        HOUSEHOLD,
        AccountKind.ACCOUNT,
    ),
)
