"""The hooks a connector plugin may implement. Only the first and ``fetch_transactions`` are needed.

The host calls each hook on **one plugin at a time**, never as a broadcast: no plugin sees another's
secrets, and no plugin's failure reaches another. Hooks are called with keywords; an implementation
names only the arguments it uses. Raise a :class:`~cardsync_sdk.ConnectorError` subclass for every
failure you foresee; whatever else escapes is recorded as the plugin's bug.
"""

from collections.abc import Iterator, Mapping, Sequence

import pluggy

from cardsync_sdk.types import (
    AccountRef,
    Batch,
    ConnectorInfo,
    FetchWindow,
    Form,
    Link,
    Redirect,
    RemoteAccount,
    Settings,
    WebhookHint,
)

API_VERSION = 1
ENTRY_POINT_GROUP = "cardsync.connectors"
PROJECT = "cardsync"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def describe_connector() -> ConnectorInfo:  # type: ignore[empty-body]
    """Introduce the plugin. Called once when the plugin is loaded; no network, no files.

    Example: ``return ConnectorInfo(slug="my_bank", label="My Bank", kind=ConnectorKind.AGGREGATOR,
    api_version=API_VERSION)``.
    """


@hookspec(firstresult=True)
def begin_link(  # type: ignore[empty-body]
    settings: Settings, return_url: str, state: str, language: str, link: Link | None
) -> Redirect | Form:
    """Start connecting a bank: where to send the admin, or which fields to ask.

    Called by the web process with a deadline of a few seconds. ``return_url`` is ours, without
    query; ``state`` must come back to it unchanged. ``language`` is ``fr`` or ``en``. ``link`` is
    what this legal entity already has with this connector (reuse its user), or ``None``. With a
    ``ref`` it is the one to repair, or whose shared accounts are chosen anew; without, a bank is
    added. A bank password is never asked in a ``Form`` by an aggregator.
    """


@hookspec(firstresult=True)
def finish_link(  # type: ignore[empty-body]
    settings: Settings, params: Mapping[str, str], link: Link | None
) -> Sequence[Link]:
    """Turn what came back from the source's page into links: one, or several banks of one visit.

    ``params`` are the query parameters of the return, claims to be verified at the source;
    ``link`` is the one kept by ``Redirect``. Raise :class:`UserActionNeeded` with reason
    ``cancelled`` when the person gave up.
    """


@hookspec(firstresult=True)
def list_accounts(link: Link) -> Sequence[RemoteAccount]:  # type: ignore[empty-body]
    """List every account and card of ``link``; ``shared`` says which the admin ticked there."""


@hookspec(firstresult=True)
def select_accounts(link: Link, refs: Sequence[str]) -> None:
    """Share exactly the accounts ``refs`` at the source. Called after a choice in our page."""


@hookspec(firstresult=True)
def fetch_transactions(  # type: ignore[empty-body]
    link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
) -> Iterator[Batch]:
    """Yield the transactions of ``accounts``, batch by batch, in any order.

    Called in a worker only. ``cursor`` is the last ``next_cursor`` the host committed for these
    accounts, ``None`` at first and after a re-link; ``window`` is the days the host wants to be
    sure of. Returning a row twice over two calls is expected; losing one is not. A batch of at
    most 1 000 rows keeps transactions short. The last batch says ``complete``.
    """


@hookspec(firstresult=True)
def request_refresh(link: Link, interactive: bool) -> None:
    """Ask the source to refresh from the bank. ``interactive``: a person waits in front of it."""


@hookspec(firstresult=True)
def verify_and_parse_webhook(  # type: ignore[empty-body]
    settings: Settings, headers: Mapping[str, str], path: str, body: bytes
) -> Sequence[WebhookHint]:
    """Check the signature of a webhook and say which links have news. Must take milliseconds.

    ``headers`` by their names in lower case; ``path`` is what follows the connector's address,
    empty for that itself; ``body`` as it was sent, at most 256 KiB. Each hint names a link and the
    event, by the source's own id of it; :mod:`cardsync_sdk.webhooks` helps with the signature. No
    news is no hint.

    Raise :class:`SourceRejected` if the signature, the date or the body is wrong.
    """


@hookspec(firstresult=True)
def unlink(link: Link) -> None:
    """Delete the connection at the source. Called after our own copy is safe; may be repeated."""


@hookspec(firstresult=True)
def diagnose(link: Link) -> Mapping[str, str]:  # type: ignore[empty-body]
    """Say how the link stands at the source, as label → words for support; no secrets."""
