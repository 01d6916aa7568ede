"""A real connector plugin with a partner's page; what comes back and what fails is scripted."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cardsync_sdk import (
    API_VERSION,
    AccountKind,
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchWindow,
    Form,
    IdTrait,
    Institution,
    Link,
    Redirect,
    RemoteAccount,
    SettingField,
    Settings,
    hookimpl,
)
from cardsync_sdk.registry import Connector, load_connector

PAGE = "https://partner.example.org/choose"
USER_SECRET = "the partner's token of this company"

Listing = Sequence[RemoteAccount]


def card(ref: str = "card-1", *, shared: bool = True, **values: object) -> RemoteAccount:
    """Build a card with defaults for everything but what the case is about."""
    defaults: dict[str, object] = {
        "ref": ref,
        "name": f"Carte {ref}",
        "kind": AccountKind.CARD,
        "currency": "EUR",
        "shared": shared,
    }
    return RemoteAccount(**{**defaults, **values})  # type: ignore[arg-type]


@dataclass
class ScriptedPartner:
    """Serves ``banks``: by connection ref, its institution and the accounts it lists.

    ``fail`` raises in the hook it names; ``hang`` sleeps there for so many seconds.
    """

    banks: dict[str, tuple[str, Listing]] = field(default_factory=dict)
    fail: dict[str, Exception] = field(default_factory=dict)
    hang: dict[str, float] = field(default_factory=dict)
    answers: dict[str, object] = field(default_factory=dict)
    page: str = PAGE
    users_made: int = 0
    seen_links: list[Link | None] = field(default_factory=list)
    seen_params: list[Mapping[str, str]] = field(default_factory=list)
    slug: str = "partner"
    institutions: tuple[Institution, ...] = ()

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        """Introduce the partner."""
        return ConnectorInfo(
            self.slug,
            "Example Partner",
            ConnectorKind.AGGREGATOR,
            API_VERSION,
            settings=(SettingField("page", "Page", default=PAGE, required=False),),
            institutions=self.institutions,
            id_traits=frozenset({IdTrait.STABLE}),
            about_url="https://partner.example.org",
        )

    @hookimpl
    def begin_link(
        self, settings: Settings, return_url: str, state: str, language: str, link: Link | None
    ) -> Redirect | Form:
        """Send the admin to the page; make a user at the partner only where there is none."""
        self._stumble("begin_link")
        if "begin_link" in self.answers:
            return self.answers["begin_link"]  # type: ignore[return-value]
        self.seen_links.append(link)
        if link is None:
            self.users_made += 1
        query = urlencode({"redirect_uri": return_url, "state": state, "lang": language})
        kept = Link("", settings, {"token": USER_SECRET})
        return Redirect(f"{self.page}?{query}", kept)

    @hookimpl
    def finish_link(
        self, settings: Settings, params: Mapping[str, str], link: Link | None
    ) -> Sequence[Link]:
        """Return a link per bank."""
        self._stumble("finish_link")
        self.seen_params.append(params)
        assert link is not None, "what was kept before the trip is given back"
        return [
            Link(ref, settings, link.secrets, institution=name, label=name)
            for ref, (name, _accounts) in self.banks.items()
        ]

    @hookimpl
    def list_accounts(self, link: Link) -> Listing:
        """List the accounts of one bank."""
        self._stumble("list_accounts")
        return self.banks[link.ref][1]

    @hookimpl
    def select_accounts(self, link: Link, refs: Sequence[str]) -> None:
        """Share exactly ``refs``."""
        self._stumble("select_accounts")
        self.answers["selected"] = refs

    @hookimpl
    def unlink(self, link: Link) -> None:
        """Forget a bank."""
        self._stumble("unlink")
        self.banks.pop(link.ref, None)

    @hookimpl
    def diagnose(self, link: Link) -> Mapping[str, str]:
        """Say that all is well."""
        self._stumble("diagnose")
        return {"state": "connected"}

    @hookimpl
    def fetch_transactions(
        self, link: Link, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
    ) -> Iterator[Batch]:
        """Serve nothing."""
        yield Batch(complete=True)

    def connector(self) -> Connector:
        """Load the partner as the product loads any plugin."""
        return load_connector(self)

    def _stumble(self, hook: str) -> None:
        if hook in self.hang:
            time.sleep(self.hang[hook])
        if hook in self.fail:
            raise self.fail[hook]
