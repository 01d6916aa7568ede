"""Who plays in the demo: two customers and everybody in them. All names are made up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.domain.categories import COMPANY, HOUSEHOLD, StartingCategory
from webapp.domain.people import Role

# Published on purpose: it opens nothing but made-up data.
PASSWORD = "bienvenue-cardsync"  # noqa: S105

CONSEIL, LOGISTIQUE, BENELUX = "Faure Conseil SAS", "Faure Logistique SARL", "Faure Benelux SRL"
HOME = "Famille Girard"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person; ``roles`` on an entity by name, or (None) on the group. ``about`` is printed."""

    name: str
    email: str
    roles: Sequence[tuple[Role, str | None]] = ()
    about: str = ""
    locale: str = "fr"


@dataclass(frozen=True, slots=True)
class DemoEntity:
    """A legal entity; a receipt is asked from ``receipt_from_minor`` cents on."""

    name: str
    country: str = "FR"
    timezone: str = "Europe/Paris"
    receipt_from_minor: int | None = 2_000


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """A customer with its legal entities and people."""

    name: str
    entities: Sequence[DemoEntity]
    people: Sequence[DemoPerson] = field(repr=False)
    categories: Sequence[StartingCategory] = field(default=COMPANY, repr=False)
    household: bool = False
    language: str = "fr"


FAURE = DemoGroup(
    "Groupe Faure",
    (
        DemoEntity(CONSEIL),
        DemoEntity(LOGISTIQUE, receipt_from_minor=3_000),
        DemoEntity(BENELUX, "BE", "Europe/Brussels"),
    ),
    (
        DemoPerson(
            "Claire Fontaine",
            "claire@faure.example",
            ((Role.ADMIN, None),),
            "administrator of the whole group",
        ),
        DemoPerson(
            "Thomas Lemaire",
            "thomas@faure.example",
            ((Role.ADMIN, LOGISTIQUE),),
            f"administrator of {LOGISTIQUE} only",
        ),
        DemoPerson(
            "Camille Moreau",
            "camille@faure.example",
            ((Role.EMPLOYEE, CONSEIL),),
            f"employee of {CONSEIL}, in French",
        ),
        DemoPerson(
            "Anna De Smet",
            "anna@faure.example",
            ((Role.EMPLOYEE, BENELUX),),
            f"employee of {BENELUX}, in English",
            "en",
        ),
        DemoPerson(
            "Sophie Marchand",
            "sophie@faure.example",
            ((Role.APPROVER, CONSEIL),),
            f"approver in {CONSEIL}",
        ),
        DemoPerson(
            "Philippe Garnier",
            "philippe@faure.example",
            ((Role.ACCOUNTANT, None),),
            "accountant of the whole group",
        ),
        DemoPerson("Karim Benali", "karim@faure.example", ((Role.EMPLOYEE, CONSEIL),)),
        DemoPerson("Julie Perrin", "julie@faure.example", ((Role.EMPLOYEE, CONSEIL),)),
        DemoPerson("Nicolas Roche", "nicolas@faure.example", ((Role.EMPLOYEE, LOGISTIQUE),)),
        DemoPerson("Amélie Dubois", "amelie@faure.example", ((Role.EMPLOYEE, LOGISTIQUE),)),
        DemoPerson(
            "Maxime Petit",
            "maxime@faure.example",
            ((Role.EMPLOYEE, LOGISTIQUE), (Role.APPROVER, LOGISTIQUE)),
        ),
        DemoPerson("Luc Vermeulen", "luc@faure.example", ((Role.EMPLOYEE, BENELUX),)),
    ),
)

GIRARD = DemoGroup(
    HOME,
    (DemoEntity(HOME, receipt_from_minor=None),),
    (
        DemoPerson(
            "Élodie Girard",
            "elodie@girard.example",
            ((Role.ADMIN, HOME),),
            "a household: it runs the same way",
        ),
        DemoPerson("Paul Girard", "paul@girard.example", ((Role.EMPLOYEE, HOME),)),
    ),
    HOUSEHOLD,
    household=True,
)

GROUPS = (FAURE, GIRARD)
SUPPORT = DemoPerson(
    "Sam Rivers", "support@cardsync.example", about="support of this installation", locale="en"
)
