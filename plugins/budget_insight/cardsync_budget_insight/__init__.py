"""Connector for the aggregator Budget Insight, now Powens: banks and company-card services.

The people who set it up type their bank log-in only in the aggregator's own page.
"""

from collections.abc import Iterator, Mapping, Sequence

from cardsync_budget_insight import accounts as reading
from cardsync_budget_insight import diagnosis, fetching, linking
from cardsync_budget_insight.client import IN_A_PAGE, powens, token_of
from cardsync_budget_insight.institutions import INSTITUTIONS
from cardsync_budget_insight.settings import FIELDS, read_settings
from cardsync_budget_insight.states import state_error
from cardsync_sdk import (
    API_VERSION,
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchWindow,
    IdTrait,
    Link,
    Redirect,
    RemoteAccount,
    Settings,
    SourceRejected,
    UserActionNeeded,
    hookimpl,
)


@hookimpl
def describe_connector() -> ConnectorInfo:
    """Introduce the plugin."""
    return ConnectorInfo(
        slug="budget_insight",
        label="Budget Insight (Powens)",
        kind=ConnectorKind.AGGREGATOR,
        api_version=API_VERSION,
        settings=FIELDS,
        institutions=INSTITUTIONS,
        id_traits=frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_RELINK}),
        about_url="https://www.powens.com",
    )


@hookimpl
def begin_link(
    settings: Settings, return_url: str, state: str, language: str, link: Link | None
) -> Redirect:
    """Send the admin to the web view, to add a bank or to repair the one of ``link``."""
    return linking.begin(settings, return_url, state, language, link)


@hookimpl
def finish_link(settings: Settings, params: Mapping[str, str], link: Link | None) -> Sequence[Link]:
    """Return a link for each bank connected in the visit."""
    return linking.finish(settings, params, link)


@hookimpl
def list_accounts(link: Link) -> Sequence[RemoteAccount]:
    """List the accounts and cards of the connection, shared or not."""
    with powens(read_settings(link.settings), token_of(link), IN_A_PAGE) as api:
        return reading.read_accounts(api.accounts(link.ref))


@hookimpl
def select_accounts(link: Link, refs: Sequence[str]) -> None:
    """Share exactly ``refs``; Powens forgets the rows of those no longer shared.

    :raises SourceRejected: with code ``unknown_account`` before anything is changed.
    """
    with powens(read_settings(link.settings), token_of(link), IN_A_PAGE) as api:
        listed = reading.read_accounts(api.accounts(link.ref))
        unknown = set(refs) - {account.ref for account in listed}
        if unknown:
            raise SourceRejected(
                f"the source has no such accounts: {', '.join(sorted(unknown))[:200]}",
                code="unknown_account",
            )
        for shared in (True, False):
            change = [
                account.ref
                for account in listed
                if (account.ref in refs) is shared and account.shared is not shared
            ]
            if change:
                api.share(link.ref, change, shared=shared)


@hookimpl
def fetch_transactions(
    link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
) -> Iterator[Batch]:
    """Yield what is new and what changed, page by page, then the cursor."""
    return fetching.fetch(link, accounts, cursor, window)


@hookimpl
def request_refresh(link: Link, interactive: bool) -> None:
    """Ask Powens to read the bank now; where one runs already or just ran, that is enough."""
    with powens(read_settings(link.settings), token_of(link)) as api:
        connection = api.refresh(link.ref, interactive=interactive)
    error = state_error(connection) if connection else None
    if isinstance(error, UserActionNeeded):
        raise error


@hookimpl
def unlink(link: Link) -> None:
    """Delete the connection at Powens, with all Powens holds of it."""
    with powens(read_settings(link.settings), token_of(link), IN_A_PAGE) as api:
        api.delete(link.ref)


@hookimpl
def diagnose(link: Link) -> Mapping[str, str]:
    """Say how the connection stands at Powens."""
    return diagnosis.diagnose(link)
