"""The banks and card services of the practice bank, and what a customer finds in each.

Stable connector ids are Powens' own where they are publicly known; the others are made from the
name. Holders, numbers and amounts are invented.
"""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

CARD_SERVICE: Final = "card_service"
BANK: Final = "bank"


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """An account or card a customer finds; ``parent`` is the place of its account in the list."""

    type: str
    product: str
    parent: int | None = None
    deferred: bool = False
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank or card service of the picker; ``issuer`` is the bank behind a card service."""

    id: int
    name: str
    kind: str
    uuid: str
    accounts: tuple[AccountSpec, ...]
    issuer: str = ""
    slug: str = ""
    color: str = "5b4b8a"
    words: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account as the bank shows it at log-in."""

    key: str
    spec: AccountSpec
    name: str
    original_name: str
    number: str
    iban: str | None
    opening: int


_CHECKING = AccountSpec("checking", "COMPTE COURANT")
_RESERVE = AccountSpec("checking", "COMPTE DE GESTION")
_DEFERRED = AccountSpec("card", "CARTE VISA AFFAIRES", parent=0, deferred=True)
_IMMEDIATE = AccountSpec("card", "CARTE VISA BUSINESS", parent=0)
_LONE_DEFERRED = AccountSpec("card", "CARTE CORPORATE", deferred=True)

_USUAL = (_CHECKING, _IMMEDIATE)
_BUSINESS = (_CHECKING, _RESERVE, _DEFERRED)
_SETTLEMENT = AccountSpec("checking", "COMPTE DE RÈGLEMENT CARTES")
_FLEET = (_SETTLEMENT, *[_DEFERRED] * 4)
_LARGE_FLEET = (_SETTLEMENT, *[_DEFERRED] * 10)
_AMEX = tuple([AccountSpec("card", "AMERICAN EXPRESS BUSINESS GOLD", deferred=True)] * 3)
_SWISS = tuple([AccountSpec("card", "CORPORATE CARD", currency="CHF")] * 2)


def _bank(
    number: int,
    name: str,
    accounts: Sequence[AccountSpec] = _USUAL,
    *,
    kind: str = BANK,
    ident: str = "",
    issuer: str = "",
    words: tuple[str, ...] = (),
) -> Bank:
    made = ident or str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{number}.practice.example"))
    color = hashlib.sha256(name.encode()).hexdigest()[:6]
    slug = "".join(part[0] for part in f"{name} X X X".split())[:3].upper()
    return Bank(number, name, kind, made, tuple(accounts), issuer, slug, color, words)


BANKS: Final = (
    _bank(
        101,
        "Sogécarte Net",
        _FLEET,
        kind=CARD_SERVICE,
        issuer="Société Générale",
        words=("sogecarte",),
    ),
    _bank(
        102,
        "BNP Paribas Cartes Entreprises",
        [_LONE_DEFERRED] * 3,
        kind=CARD_SERVICE,
        issuer="BNP Paribas",
    ),
    _bank(
        103,
        "Crédit Mutuel Cadrol",
        [_LONE_DEFERRED] * 3,
        kind=CARD_SERVICE,
        issuer="Crédit Mutuel",
        words=("cadrol",),
    ),
    _bank(
        30,
        "American Express",
        _AMEX,
        kind=CARD_SERVICE,
        ident="3da1697b-59b0-5bb4-8ec8-08125c3390ce",
        words=("amex",),
    ),
    _bank(104, "Corner", _SWISS, kind=CARD_SERVICE, words=("cornercard", "cornèr")),
    _bank(105, "Caisse d'Epargne Global Affaires", _BUSINESS, issuer="Caisse d'Épargne"),
    _bank(11, "Banque Populaire", ident="de508df8-aa37-537e-a05f-1379526dfa84"),
    _bank(12, "BforBank", ident="646e8e7f-0163-5d75-a95a-27438f82c1de"),
    _bank(3, "BNP Paribas", ident="f711dd7a-6289-5bda-b3a4-f2febda8c046"),
    _bank(14, "BRED", ident="86504cdf-cda6-54e5-b51a-a96e17cc8410"),
    _bank(15, "Caisse d'Épargne", ident="13949b61-e3e6-50ed-9d82-451943ec35d0"),
    _bank(16, "CIC", ident="e9606d38-6b0f-5f76-b573-61a4d00a927d"),
    _bank(17, "Crédit Agricole", ident="d840908d-5157-5819-8296-474fa4534564"),
    _bank(18, "Crédit du Nord"),
    _bank(19, "Crédit Mutuel", ident="fc6e059f-c3e6-52d7-8139-6e5e0297fe24"),
    _bank(20, "Hello bank!", ident="5b2ebdf0-9ab2-5e0d-a6d4-26c255f9d2d0"),
    _bank(21, "LCL", ident="ad5928c7-89ce-5977-a66d-3360e3aa4029"),
    _bank(22, "Société Générale", _BUSINESS, ident="f5c29767-1bc8-5337-9e4e-68a0fbd91c9a"),
    _bank(23, "Tarneaud"),
    _bank(40, "Connecteur de test", _LARGE_FLEET, ident="338178e6-3d01-564f-9a7b-52ca442459bf"),
)
BY_UUID: Final = {bank.uuid: bank for bank in BANKS}
BY_ID: Final = {bank.id: bank for bank in BANKS}

# The first ones are people of the application's own demonstration, so that their cards fit them.
HOLDERS: Final = (
    "MME CAMILLE MOREAU",
    "M KARIM BENALI",
    "MME JULIE PERRIN",
    "MME SOPHIE MARCHAND",
    "M NICOLAS ROCHE",
    "MME AMELIE DUBOIS",
    "M MAXIME PETIT",
    "MME ANNA DE SMET",
    "M LUC VERMEULEN",
    "MME CLAIRE FONTAINE",
    "M THOMAS LEMAIRE",
    "M PHILIPPE GARNIER",
)
# Whose cards the customer "test" finds: each service its own people, none of them twice.
_FIRST_HOLDER: Final = {"BNP Paribas Cartes Entreprises": 4, "American Express": 7, "Corner": 10}


def accounts_of(bank: Bank, login: str) -> list[FoundAccount]:
    """Return what the customer ``login`` finds at ``bank``: the same at every log-in."""
    first = _FIRST_HOLDER.get(bank.name, 0)
    if login != "test":
        first = _number_of(f"{bank.uuid}:{login}") % len(HOLDERS)
    found = []
    cards = 0
    for place, spec in enumerate(bank.accounts):
        holder = HOLDERS[(first + cards) % len(HOLDERS)] if spec.type == "card" else ""
        cards += spec.type == "card"
        found.append(_found(f"{bank.uuid}:{login}:{place}", spec, holder))
    return found


def _found(key: str, spec: AccountSpec, holder: str) -> FoundAccount:
    number = _number_of(key)
    if not holder:
        name, account = spec.product.capitalize(), f"{number % 10**11:011d}"
        opening = 800_000 + number % 4_000_000
        return FoundAccount(key, spec, name, spec.product, account, fr_iban(account), opening)
    masked = f"497010XXXXXX{number % 10**4:04d}"
    return FoundAccount(key, spec, f"CARTE {holder}", f"{spec.product} {holder}", masked, None, 0)


def _number_of(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def fr_iban(account: str, bank: str = "30009", branch: str = "00794") -> str:
    """Return the French IBAN of an 11-digit account number, its two check numbers computed."""
    rest = (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    bban = f"{bank}{branch}{account}{97 - rest:02d}"
    # ISO 13616: letters as numbers (F = 15, R = 27), the check digits 00 moved to the end.
    return f"FR{98 - int(f'{bban}152700') % 97:02d}{bban}"
