"""What an installation tells this connector about its own Powens domain."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from cardsync_sdk import SettingField, Settings, SourceRejected
from cardsync_sdk.http import LOOPBACK, checked_address

# A domain's API is always below biapi.pro; the loopback is for the practice server.
API_HOSTS: Final = ("*.biapi.pro", *LOOPBACK)
WEBVIEW_HOSTS: Final = ("webview.powens.com", "*.biapi.pro", *LOOPBACK)
DEFAULT_WEBVIEW: Final = "https://webview.powens.com"

FIELDS: Final = (
    SettingField(
        "base_url",
        "API address",
        help="The address of your Powens domain with the API version, "
        "for example https://acme.biapi.pro/2.0",
    ),
    SettingField("client_id", "Client ID", help="The number of your client application."),
    SettingField(
        "client_secret",
        "Client secret",
        help="Shown beside the client ID in the Powens console.",
        secret=True,
    ),
    SettingField(
        "domain",
        "Domain",
        help="Only if it is not the host of the API address, for example acme.biapi.pro",
        required=False,
    ),
    SettingField(
        "webview_url",
        "Web view address",
        help="Where people choose their bank; leave it unless Powens told you otherwise.",
        required=False,
        default=DEFAULT_WEBVIEW,
    ),
)


@dataclass(frozen=True, slots=True)
class Access:
    """The checked settings: where the API and the web view are, and who we are there."""

    base_url: str
    webview_url: str
    domain: str
    client_id: str
    client_secret: str = field(repr=False)


def read_settings(settings: Settings) -> Access:
    """Check the settings and return them as values.

    :raises SourceRejected: with code ``bad_settings`` or ``bad_address`` and what to correct.
    """
    base_url = checked_address(settings.get("base_url"), API_HOSTS)
    if not base_url.endswith("/2.0"):
        raise SourceRejected("the API address must end with /2.0", code="bad_settings")
    client_id, secret = settings.get("client_id"), settings.get("client_secret")
    if not (client_id.isascii() and client_id.isdigit()) or not secret:
        raise SourceRejected(
            "the client ID must be a number and the client secret must be given",
            code="bad_settings",
        )
    webview = checked_address(settings.get("webview_url") or DEFAULT_WEBVIEW, WEBVIEW_HOSTS)
    domain = settings.get("domain") or urlsplit(base_url).hostname or ""
    return Access(base_url, webview, domain, client_id, secret)
