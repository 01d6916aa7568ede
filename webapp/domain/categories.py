"""The categories a new group starts with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartingCategory:
    """A category as it is proposed; ``ledger_account`` follows the French chart (PCG)."""

    code: str
    name_en: str
    name_fr: str
    icon: str
    ledger_account: str = ""
    comment_required: bool = False


COMPANY = (
    StartingCategory("travel", "Train and flight", "Train et avion", "train-front", "625100"),
    StartingCategory("hotel", "Hotel", "Hôtel", "bed", "625110"),
    StartingCategory("restaurant", "Restaurant", "Restaurant", "utensils", "625700", True),
    StartingCategory("taxi", "Taxi and ride", "Taxi et VTC", "car-taxi-front", "625120"),
    StartingCategory("fuel", "Fuel", "Carburant", "fuel", "606140"),
    StartingCategory(
        "parking", "Parking and tolls", "Parking et péages", "circle-parking", "625130"
    ),
    StartingCategory("car_rental", "Car rental", "Location de véhicule", "car", "613520"),
    StartingCategory("office", "Office supplies", "Fournitures de bureau", "paperclip", "606400"),
    StartingCategory("software", "Software", "Logiciels et abonnements", "app-window", "651100"),
    StartingCategory("phone", "Phone and internet", "Téléphone et internet", "phone", "626200"),
    StartingCategory("postage", "Postage", "Affranchissement", "mail", "626100"),
    StartingCategory("gifts", "Gifts", "Cadeaux", "gift", "623400", True),
    StartingCategory("bank", "Bank fees", "Frais bancaires", "landmark", "627000"),
    StartingCategory("other", "Other", "Autre", "circle-ellipsis", "625800", True),
)

HOUSEHOLD = (
    StartingCategory("groceries", "Groceries", "Courses", "shopping-basket"),
    StartingCategory("home", "Home and energy", "Logement et énergie", "house"),
    StartingCategory("restaurant", "Eating out", "Restaurants", "utensils"),
    StartingCategory("transport", "Transport", "Transports", "train-front"),
    StartingCategory("car", "Car and fuel", "Voiture et carburant", "fuel"),
    StartingCategory("health", "Health", "Santé", "heart-pulse"),
    StartingCategory("children", "Children and school", "Enfants et école", "backpack"),
    StartingCategory("leisure", "Leisure and holidays", "Loisirs et vacances", "tree-palm"),
    StartingCategory("clothes", "Clothes", "Vêtements", "shirt"),
    StartingCategory("phone", "Phone and internet", "Téléphone et internet", "phone"),
    StartingCategory("gifts", "Gifts", "Cadeaux", "gift"),
    StartingCategory("bank", "Bank and insurance", "Banque et assurances", "landmark"),
    StartingCategory("other", "Other", "Autre", "circle-ellipsis"),
)
