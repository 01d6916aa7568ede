"""The structure of an installation copied into an empty database: everything but transactions.

People, legal entities, interfaces and accounts with who held them; no secret, no password, no mark.
"""

from typing import Any, Final

from sqlalchemy import Table, insert
from sqlalchemy import select as select_columns

from webapp.domain.lifecycle import Event, leads_to
from webapp.storage.accounts import Account, AccountIdentity, AccountIdentityAlias, Attachment
from webapp.storage.database import Database
from webapp.storage.expenses import Category
from webapp.storage.ingest import table_of
from webapp.storage.interfaces import Interface
from webapp.storage.people import Group, LegalEntity, User

# In the order of their references.
COPIED: Final = (
    Group,
    User,
    Category,
    LegalEntity,
    AccountIdentity,
    Interface,
    Account,
    AccountIdentityAlias,
    Attachment,
)
ROWS_AT_ONCE = 500
# What is not taken along, by table: the secrets, the schedule, and how far each source was read.
_OTHERWISE: Final[dict[str, dict[str, Any]]] = {
    "app_user": {"password_hash": None},
    "interface": {
        "link_encrypted": "",
        "next_due_at": None,
        "as_of": None,
        "asked_by": None,
        "again_first": None,
        "again_last": None,
        "again_account_id": None,
        "lease_owner": None,
        "lease_until": None,
        "interrupted": 0,
        "news_waits": False,
        "last_ok_at": None,
        "last_error": "",
        "last_error_reason": "",
        "state": leads_to(Event.COPIED).value,
    },
    "account": {
        "cursor": None,
        "complete_until": None,
        "last_ok_at": None,
        "deep_read_on": None,
        "not_seen_since": None,
    },
}


def copy_structure(source: Database, target: Database) -> None:
    """Copy what transactions need around them into ``target``, which is empty, under the same ids.

    What is asked again of a source, and its lease, are not taken along: nobody is to be asked.
    """
    with source.read() as reader, target.write() as writer:
        for model in COPIED:
            table = table_of(model)
            rows = [_without(table, dict(row._mapping)) for row in _all(reader, table)]  # noqa: SLF001
            for start in range(0, len(rows), ROWS_AT_ONCE):
                writer.connection().execute(insert(table), rows[start : start + ROWS_AT_ONCE])


def _all(session: Any, table: Table) -> Any:
    return session.connection().execute(select_columns(table))


def _without(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return row | _OTHERWISE.get(table.name, {})
