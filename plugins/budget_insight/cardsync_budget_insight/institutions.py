"""The banks and card services people look for first; Powens knows many more."""

from typing import Final

from cardsync_sdk.institutions import known

INSTITUTIONS: Final = known(
    "american_express",
    "banque_populaire",
    "bforbank",
    "bnp_paribas",
    "bnp_cartes_entreprises",
    "bred",
    "caisse_epargne",
    "caisse_epargne_global_affaires",
    "cic",
    "corner",
    "credit_agricole",
    "credit_mutuel",
    "credit_mutuel_cadrol",
    "hello_bank",
    "lcl",
    "societe_generale",
    "sogecarte_net",
)
