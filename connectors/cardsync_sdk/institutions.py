"""Banks and card services under keys that every connector shares, with where the facts are from.

A connector names those it reaches (:func:`known`) and adds its own; the same key in two connectors
is the same bank, reached in two ways. A service that no connector reaches is listed all the same,
so that whoever looks for it is told. A :class:`Source` without an address is not confirmed.
"""

from typing import Final

from cardsync_sdk.types import Institution, Source

_SG_MERGER: Final = (
    Source(
        "On 1 January 2023 the networks of Société Générale and Crédit du Nord became one bank "
        "under the brand SG; its regional signs are SG Crédit du Nord, SG Laydernier, SG SMC, "
        "SG Courtois, SG Tarneaud and others.",
        "https://www.agefi.fr/banque-assurance/actualites/quotidien/20230102/"
        "societe-generale-credit-nord-ont-fusionne-leur-356338",
    ),
    Source(
        "The names of the banks Kolb and Nuger, of the Crédit du Nord group, disappear with it.",
        "https://www.france24.com/fr/info-en-continu/"
        "20221125-le-blues-des-clients-cr%C3%A9dit-du-nord-au-soir-de-leur-banque",
    ),
)
_TOTAL_RENAMED: Final = (
    Source(
        "The card Total Fleet was called carte GR until a few months before.",
        "https://daf-mag.fr/Thematique/rh-1245/Breves/"
        "Cartes-carburants-couts-plus-plus-maitrises-344198.htm",
    ),
    Source(
        "Total was renamed TotalEnergies on 28 May 2021.",
        "https://www.automobile-propre.com/total-change-de-nom-et-devient-totalenergies/",
    ),
)

KNOWN: Final = (
    Institution("american_express", "American Express", "card_service", aliases=("Amex",)),
    Institution("banque_populaire", "Banque Populaire"),
    Institution("bforbank", "BforBank"),
    Institution("bnp_paribas", "BNP Paribas"),
    Institution(
        "bnp_cartes_entreprises",
        "BNP Paribas Cartes Entreprises",
        "card_service",
        aliases=("BNP Cartes Entreprises",),
        issuer="BNP Paribas",
        sources=(
            Source(
                "Called BNP Cartes Entreprises, with a log-in for holders and one for managers.",
                "https://github.com/rbignon/woob/blob/master/modules/bnpcards/module.py",
            ),
        ),
    ),
    Institution("bred", "BRED", aliases=("BRED Banque Populaire",)),
    Institution("caisse_epargne", "Caisse d'Epargne"),
    Institution(
        "caisse_epargne_global_affaires",
        "Caisse d'Epargne Global Affaires",
        "card_service",
        issuer="Caisse d'Epargne",
        sources=(Source("That its company cards are found here, and its present name."),),
    ),
    Institution("cic", "CIC"),
    Institution(
        "corner",
        "Corner",
        "card_service",
        "CH",
        aliases=("Cornèrcard", "Cornèr Bank"),
        sources=(Source("That these are names of the same service."),),
    ),
    Institution("credit_agricole", "Crédit Agricole"),
    Institution("credit_mutuel", "Crédit Mutuel"),
    Institution(
        "credit_mutuel_cadrol",
        "Crédit Mutuel Cadrol",
        "card_service",
        issuer="Crédit Mutuel",
        sources=(Source("That its company cards are found here, and its present name."),),
    ),
    Institution("hello_bank", "Hello bank!"),
    Institution(
        "lcl",
        "LCL",
        former_names=("Crédit Lyonnais",),
        sources=(
            Source(
                "Crédit Lyonnais trades as LCL since 2005.",
                "https://fr.wikipedia.org/wiki/LCL_(Le_Cr%C3%A9dit_Lyonnais)",
            ),
        ),
    ),
    Institution(
        "societe_generale",
        "Société Générale",
        former_names=(
            "Crédit du Nord",
            "Tarneaud",
            "Courtois",
            "Laydernier",
            "SMC",
            "Kolb",
            "Nuger",
        ),
        aliases=("SG",),
        sources=_SG_MERGER,
    ),
    Institution(
        "sogecarte_net",
        "Sogécarte Net",
        "card_service",
        issuer="Société Générale",
        sources=(
            Source(
                "A log-in for holders of a company card and one for administrators of a company.",
                "https://github.com/rbignon/woob/blob/master/modules/sogecartenet/module.py",
            ),
        ),
    ),
    Institution(
        "totalenergies_fleet",
        "TotalEnergies Fleet",
        "fuel",
        former_names=("Total GR", "Carte GR", "Total Fleet"),
        sources=_TOTAL_RENAMED,
    ),
)


def known(*keys: str) -> tuple[Institution, ...]:
    """Return the known institutions of ``keys``, in that order.

    :raises KeyError: for a key that is not known.
    """
    by_key = {institution.key: institution for institution in KNOWN}
    return tuple(by_key[key] for key in keys)
