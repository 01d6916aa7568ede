"""The banks and card services people look for first; Powens knows many more."""

from typing import Final

from cardsync_sdk import Institution

INSTITUTIONS: Final = (
    Institution("american_express", "American Express", "card_service"),
    Institution("banque_populaire", "Banque Populaire"),
    Institution("bforbank", "BforBank"),
    Institution("bnp_paribas", "BNP Paribas"),
    Institution("bnp_cartes_entreprises", "BNP Paribas Cartes Entreprises", "card_service"),
    Institution("bred", "Bred"),
    Institution("caisse_epargne", "Caisse d'Epargne"),
    Institution("caisse_epargne_global_affaires", "Caisse d'Epargne Global Affaires"),
    Institution("cic", "CIC"),
    Institution("corner", "Corner", "card_service", country="CH"),
    Institution("credit_agricole", "Crédit Agricole"),
    Institution("credit_du_nord", "Crédit du Nord"),
    Institution("credit_mutuel", "Crédit Mutuel"),
    Institution("credit_mutuel_cadrol", "Crédit Mutuel Cadrol", "card_service"),
    Institution("hello_bank", "Hello Bank"),
    Institution("lcl", "LCL"),
    Institution("societe_generale", "Société Générale"),
    Institution("sogecarte_net", "Sogécarte Net", "card_service"),
    Institution("tarneaud", "Tarneaud"),
)
