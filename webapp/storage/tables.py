"""Every table, imported once, so that the metadata is whole wherever it is used."""

from webapp.storage import (
    accounts,
    audit,
    balances,
    bank_requests,
    budgets,
    expenses,
    heartbeats,
    help_requests,
    interfaces,
    notices,
    people,
    questions,
    reports,
    runs,
    transactions,
    uploads,
    webhooks,
)
from webapp.storage.columns import METADATA

__all__ = [
    "METADATA",
    "accounts",
    "audit",
    "balances",
    "bank_requests",
    "budgets",
    "expenses",
    "heartbeats",
    "help_requests",
    "interfaces",
    "notices",
    "people",
    "questions",
    "reports",
    "runs",
    "transactions",
    "uploads",
    "webhooks",
]
