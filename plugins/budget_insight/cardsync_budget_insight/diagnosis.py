"""How a connection stands, in words for support."""

from collections.abc import Mapping, Sequence
from typing import Any

from cardsync_budget_insight.accounts import read_accounts
from cardsync_budget_insight.cleaning import words
from cardsync_budget_insight.client import IN_A_PAGE, powens, token_of
from cardsync_budget_insight.settings import read_settings
from cardsync_budget_insight.states import paris_time, state_of
from cardsync_sdk import Link


def diagnose(link: Link) -> Mapping[str, str]:
    """Ask Powens about the connection, its consent and its accounts; no secrets, no amounts."""
    with powens(read_settings(link.settings), token_of(link), IN_A_PAGE) as api:
        connection = api.connection(link.ref)
        sources = api.sources(link.ref)
        accounts = read_accounts(api.accounts(link.ref))
    shared = sum(account.shared for account in accounts)
    return {
        "Connection": link.ref,
        "Bank": link.institution or "unknown",
        "State": words(state_of(connection), 40) or "ok",
        "Message of the bank": words(connection.get("error_message")) or "none",
        "Last success": _when(connection.get("last_update")),
        "Next refresh": _when(connection.get("next_try")),
        "Consent ends": _first_end(sources),
        "Accounts": f"{shared} shared of {len(accounts)}",
    }


def _first_end(sources: Sequence[Mapping[str, Any]]) -> str:
    ends = [moment for row in sources if (moment := paris_time(row.get("access_expire")))]
    return f"{min(ends):%Y-%m-%d %H:%M} UTC" if ends else "not said"


def _when(value: Any) -> str:
    moment = paris_time(value)
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not said"
