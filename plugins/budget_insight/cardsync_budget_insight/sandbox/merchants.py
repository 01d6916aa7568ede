"""Where the practice bank's customers spend: invented lines in the style of French statements."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant: what the statement says, the usual amounts, and what it sells.

    ``low`` and ``high`` are in minor units of ``currency``; ``rate`` is cents of the card per such
    unit.
    """

    name: str
    city: str
    low: int
    high: int
    category: str
    parent: str
    country: str = "FR"
    currency: str = "EUR"
    rate: str = "1"


_FOOD = ("restaurants", "food_and_restaurants")
_TRIP = ("public_transport", "auto_and_transport")
_FUEL = ("fuel", "auto_and_transport")
_ROOM = ("hotels", "travel")
_DESK = ("office_supplies", "business")

SHOPS: Final = (
    Shop("BRASSERIE DES ARCADES", "LYON 02", 1650, 6400, *_FOOD),
    Shop("BOULANGERIE MARTEAU", "PARIS 12", 380, 1490, *_FOOD),
    Shop("LE COMPTOIR DU MARCHE", "NANTES", 1450, 4900, *_FOOD),
    Shop("CREPERIE DU PORT", "VANNES", 1280, 3850, *_FOOD),
    Shop("CAFE DE LA PLACE", "LILLE", 260, 1190, *_FOOD),
    Shop("SUSHI KOZAN", "BORDEAUX", 1590, 5200, *_FOOD),
    Shop("TRATTORIA ROSSINI", "NICE", 1720, 6800, *_FOOD),
    Shop("TRAINS GRANDES LIGNES WEB", "PARIS", 2500, 18900, *_TRIP),
    Shop("METRO BORNE 0412", "PARIS", 215, 1690, *_TRIP),
    Shop("TAXI G7 COURSE", "CLICHY", 1450, 6700, *_TRIP),
    Shop("PARKING INDIGEAU GARE", "RENNES", 280, 2900, *_TRIP),
    Shop("AUTOROUTE A6 PEAGE", "FLEURY", 310, 4270, *_TRIP),
    Shop("VELO EN LIBRE SERVICE", "TOULOUSE", 170, 550, *_TRIP),
    Shop("STATION ESSENCE RELAIS SUD", "VALENCE", 3200, 9800, *_FUEL),
    Shop("BORNE RECHARGE RAPIDE", "MACON", 1100, 4600, *_FUEL),
    Shop("HOTEL DU PARC", "STRASBOURG", 8900, 21400, *_ROOM),
    Shop("HOTEL ESCALE AEROPORT", "ROISSY", 9900, 18700, *_ROOM),
    Shop("PAPETERIE CENTRALE", "DIJON", 490, 8900, *_DESK),
    Shop("BUREAU DISCOUNT", "WEB", 1290, 24900, *_DESK),
    Shop("LA POSTE BOUTIQUE", "TOURS", 430, 3900, *_DESK),
    Shop("IMPRIMERIE RAPIDE", "GRENOBLE", 1900, 14500, *_DESK),
    Shop("LIBRAIRIE DU THEATRE", "AVIGNON", 790, 5600, *_DESK),
    Shop("QUINCAILLERIE MODERNE", "AMIENS", 590, 12800, *_DESK),
)
ABROAD: Final = (
    Shop("HARBOUR VIEW HOTEL", "LONDON", 11000, 24000, *_ROOM, "GB", "GBP", "1.17"),
    Shop("YELLOW CAB 7Q21", "NEW YORK", 1200, 6500, *_TRIP, "US", "USD", "0.92"),
    Shop("CLOUD COMPUTE HOSTING", "SEATTLE", 900, 19900, *_DESK, "US", "USD", "0.92"),
    Shop("BAHNHOF BUFFET", "ZURICH", 1400, 5900, *_FOOD, "CH", "CHF", "1.04"),
    Shop("SHINJUKU RAMEN", "TOKYO", 1100, 3800, *_FOOD, "JP", "JPY", "0.61"),
)
# What passes over an account rather than a card: type, wording, least and most cents.
LINES: Final = (
    ("order", "PRLV SEPA ENERGIE DE FRANCE", -52_000, -14_000),
    ("order", "PRLV SEPA TELECOM PRO", -12_900, -3_900),
    ("order", "PRLV SEPA ASSURANCE FLOTTE", -39_000, -18_000),
    ("transfer", "VIR SEPA RECU CLIENT", 120_000, 840_000),
    ("transfer", "VIR SEPA FOURNISSEUR", -480_000, -45_000),
    ("check", "CHEQUE 0001", -68_000, -9_000),
)
