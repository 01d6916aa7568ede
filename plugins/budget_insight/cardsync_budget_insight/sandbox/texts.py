"""The words of the web view, in English and French."""

from collections.abc import Callable
from typing import Final

LANGUAGES: Final = ("en", "fr")

# Each key with its English and its French text.
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "practice": (
        "Practice aggregator: no bank is behind these pages. Never type a real password here.",
        (
            "Agrégateur d'entraînement : aucune banque derrière ces pages. N'y tapez jamais un vrai"
            " mot de passe."
        ),
    ),
    "brand": ("Practice aggregator", "Agrégateur d'entraînement"),
    "banks_title": ("Choose your bank or card service", "Choisissez votre banque ou service carte"),
    "banks_hint": (
        (
            "For company cards choose the service you manage them with (for example Sogécarte Net),"
            " not the bank that issued them."
        ),
        (
            "Pour des cartes d'entreprise, choisissez le service qui les gère (par exemple"
            " Sogécarte Net), pas la banque qui les a émises."
        ),
    ),
    "search": ("Name of the bank or service", "Nom de la banque ou du service"),
    "search_button": ("Search", "Rechercher"),
    "show_all": ("Show all", "Tout afficher"),
    "nothing_found": ("Nothing found for “{}”.", "Aucun résultat pour « {} »."),
    "card_services": ("Card services", "Services de cartes"),
    "banks": ("Banks", "Banques"),
    "login_title": ("Log in to {}", "Connectez-vous à {}"),
    "login_hint": (
        (
            "Log-in “test”, password “1234”. Other log-ins show what can go wrong: sca, otp,"
            " wrongpass, down, ratelimit, slow, empty …"
        ),
        (
            "Identifiant « test », mot de passe « 1234 ». D'autres identifiants montrent les"
            " incidents : sca, otp, wrongpass, down, ratelimit, slow, empty…"
        ),
    ),
    "login_label": ("User name", "Identifiant"),
    "password_label": ("Password", "Mot de passe"),
    "login_button": ("Log in", "Se connecter"),
    "login_missing": (
        "Give the user name and the password.",
        "Indiquez l'identifiant et le mot de passe.",
    ),
    "login_wrong": (
        "The bank refuses this user name or password. Try again.",
        "La banque refuse cet identifiant ou ce mot de passe. Réessayez.",
    ),
    "other_bank": ("Choose another bank", "Choisir une autre banque"),
    "accounts_title": ("Accounts and cards at {}", "Comptes et cartes chez {}"),
    "accounts_hint": (
        "Tick what you want to share. Nothing else leaves the bank.",
        "Cochez ce que vous voulez partager. Rien d'autre ne sort de la banque.",
    ),
    "accounts_legend": ("To share", "À partager"),
    "no_accounts": (
        "The bank shows no account for this user name.",
        "La banque ne montre aucun compte pour cet identifiant.",
    ),
    "none_ticked": (
        "Tick at least one account or card, or cancel.",
        "Cochez au moins un compte ou une carte, ou annulez.",
    ),
    "share_button": ("Confirm and go back", "Confirmer et revenir"),
    "another_button": ("Confirm and add another bank", "Confirmer et ajouter une autre banque"),
    "manage_title": ("Your shared accounts", "Vos comptes partagés"),
    "save_button": ("Save and go back", "Enregistrer et revenir"),
    "cancel_button": ("Cancel", "Annuler"),
    "card": ("card", "carte"),
    "checking": ("account", "compte"),
    "problem_title": ("This page cannot be opened", "Cette page ne peut pas s'ouvrir"),
    "problem": ("Problem", "Problème"),
    "unknown_client": (
        "The client ID is not the practice application's. Correct it in the settings.",
        (
            "L'identifiant client n'est pas celui de l'application d'entraînement. Corrigez-le dans"
            " les paramètres."
        ),
    ),
    "bad_redirect_uri": (
        (
            "The return address is not on the list: it must be plain http on this machine, without"
            " a query."
        ),
        (
            "L'adresse de retour n'est pas autorisée : elle doit être en http sur cette machine,"
            " sans paramètres."
        ),
    ),
    "bad_code": (
        "The temporary code is unknown, used or too old. Go back and start again.",
        "Le code temporaire est inconnu, déjà utilisé ou trop ancien. Revenez et recommencez.",
    ),
    "visit_over": (
        "This visit is over. Go back to your application and start again.",
        "Cette visite est terminée. Revenez à votre application et recommencez.",
    ),
    "unknown_connection": (
        "This connection does not exist. Go back and start again.",
        "Cette connexion n'existe pas. Revenez et recommencez.",
    ),
}


def translator(lang: str) -> Callable[..., str]:
    """Return the function that gives a text by its key in ``lang``; ``{}`` takes an argument."""
    place = LANGUAGES.index(lang)
    return lambda key, *values: _TEXTS[key][place].format(*values)
