"""The public contract between cardsync and its connector plugins.

A plugin imports from here and from nothing else of cardsync. Names in
``__all__`` change only with a new :data:`API_VERSION`.
"""

from cardsync_sdk.errors import (
    ConnectorError,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.hookspecs import API_VERSION, ENTRY_POINT_GROUP, hookimpl
from cardsync_sdk.money import Money, exponent_of, money_from_decimal, parse_money
from cardsync_sdk.quota import Quota, note_call
from cardsync_sdk.types import (
    AccountKind,
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchedTransaction,
    FetchWindow,
    Form,
    Fuel,
    IdTrait,
    Institution,
    Link,
    LinkState,
    Merchant,
    Redirect,
    RejectedRow,
    RemoteAccount,
    SettingField,
    Settings,
    Source,
    TransactionKind,
    TransactionStatus,
    Upload,
    WebhookHint,
)

__all__ = [
    "API_VERSION",
    "ENTRY_POINT_GROUP",
    "AccountKind",
    "AccountRef",
    "Batch",
    "ConnectorError",
    "ConnectorInfo",
    "ConnectorKind",
    "FetchWindow",
    "FetchedTransaction",
    "Form",
    "Fuel",
    "IdTrait",
    "Institution",
    "Link",
    "LinkState",
    "Merchant",
    "Money",
    "Quota",
    "RateLimited",
    "Redirect",
    "RejectedRow",
    "RemoteAccount",
    "SettingField",
    "Settings",
    "Source",
    "SourceRejected",
    "SourceUnavailable",
    "TransactionKind",
    "TransactionStatus",
    "Upload",
    "UserActionNeeded",
    "WebhookHint",
    "exponent_of",
    "hookimpl",
    "money_from_decimal",
    "note_call",
    "parse_money",
]
