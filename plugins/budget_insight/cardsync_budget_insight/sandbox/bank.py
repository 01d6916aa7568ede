"""What happens at the practice bank: log-ins, shared accounts, nightly reading, broken consents."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from cardsync_budget_insight.sandbox import ledger
from cardsync_budget_insight.sandbox.catalogue import BY_UUID, Bank, accounts_of
from cardsync_budget_insight.sandbox.store import Db, Row, insert
from cardsync_budget_insight.sandbox.timing import next_sync, parse_stamp, stamp

HISTORY: Final = timedelta(days=61)
CONSENT: Final = timedelta(days=180)
SLOW_LOAD: Final = timedelta(minutes=10)
TOO_SOON: Final = timedelta(hours=1)

# Log-in names that choose what happens at the first nightly reading.
NEEDS_USER: Final = {
    "sca": "SCARequired",
    "webauth": "webauthRequired",
    "otp": "additionalInformationNeeded",
    "decoupled": "decoupled",
    "action": "actionNeeded",
    "expired": "passwordExpired",
    "wrongpass": "wrongpass",
    "notsupported": "notSupported",
}
PASSING: Final = {
    "ratelimit": "rateLimiting",
    "down": "websiteUnavailable",
    "bug": "bug",
    "validating": "validating",
}
MESSAGES: Final = {
    "actionNeeded": "Merci d'accepter les nouvelles conditions générales",
    "additionalInformationNeeded": "Veuillez saisir le code reçu par SMS",
    "decoupled": "Validez la connexion dans l'application de votre banque",
    "webauthRequired": "Redirecting to https://bank.example/authorize?client_id=x&state=y",
    "wrongpass": "Identifiants incorrects",
}
PASSWORD: Final = "1234"
STATES: Final = (*NEEDS_USER.values(), *PASSING.values())


def connect(db: Db, id_user: int, bank: Bank, login: str, moment: datetime) -> int:
    """Log in at ``bank``: a connection with all its accounts, none of them shared yet."""
    scenario = login if login in NEEDS_USER or login in PASSING or login == "slow" else "ok"
    connection = insert(
        db,
        "connection",
        {
            "id_user": id_user,
            "uuid": bank.uuid,
            "login": login,
            "scenario": scenario,
            "created": stamp(moment),
            "consented": stamp(moment),
        },
    )
    if login != "empty":
        find_accounts(db, connection, moment)
    return connection


def find_accounts(db: Db, id_connection: int, moment: datetime) -> None:
    """Show the accounts of a connection, as new ones: not shared."""
    connection = get_connection(db, id_connection)
    ids: list[int] = []
    for found in accounts_of(BY_UUID[connection["uuid"]], connection["login"]):
        spec = found.spec
        ids.append(
            insert(
                db,
                "account",
                {
                    "id_connection": id_connection,
                    "id_parent": None if spec.parent is None else ids[spec.parent],
                    "key": found.key,
                    "type": spec.type,
                    "deferred": int(spec.deferred),
                    "name": found.name,
                    "original_name": found.original_name,
                    "number": found.number,
                    "iban": found.iban,
                    "currency": spec.currency,
                    "opening": found.opening,
                    "disabled": stamp(moment),
                },
            )
        )


def share(db: Db, id_connection: int, accounts: Sequence[int], moment: datetime) -> None:
    """Share ``accounts``; the bank is read at once, or a while later for the slow customer."""
    for account in accounts:
        db.execute("UPDATE account SET disabled = NULL WHERE id = ?", (account,))
    db.execute("UPDATE connection SET finished = 1 WHERE id = ?", (id_connection,))
    connection = get_connection(db, id_connection)
    if connection["state"] is not None:
        return
    if connection["scenario"] == "slow" and connection["last_update"] is None:
        later = stamp(moment + SLOW_LOAD)
        db.execute("UPDATE connection SET next_try = ? WHERE id = ?", (later, id_connection))
        return
    read_bank(db, connection, moment)


def stop_sharing(db: Db, accounts: Sequence[int], moment: datetime) -> None:
    """Stop sharing ``accounts``: their lines are forgotten, as Powens does."""
    for account in accounts:
        db.execute("DELETE FROM txn WHERE id_account = ?", (account,))
        db.execute(
            "UPDATE account SET disabled = ?, loaded_to = NULL, last_update = NULL WHERE id = ?",
            (stamp(moment), account),
        )


def read_bank(db: Db, connection: Row, moment: datetime) -> int:
    """Read the bank now: new purchases up to yesterday, posted holds, debited statements."""
    yesterday = moment.date() - timedelta(days=1)
    changed = 0
    for account in db.execute(
        "SELECT * FROM account WHERE id_connection = ? AND disabled IS NULL AND deleted IS NULL"
        " ORDER BY id",
        (connection["id"],),
    ).fetchall():
        changed += ledger.load_days(db, account, _first_day(account, moment), yesterday, moment)
        db.execute(
            "UPDATE account SET loaded_to = ?, last_update = ? WHERE id = ?",
            (yesterday.isoformat(), stamp(moment), account["id"]),
        )
    changed += ledger.settle(db, connection["id"], moment)
    db.execute(
        "UPDATE connection SET last_update = ?, next_try = ?, state = NULL, error_message = NULL"
        " WHERE id = ?",
        (stamp(moment), stamp(next_sync(moment, connection["id"])), connection["id"]),
    )
    return changed


def _first_day(account: Row, moment: datetime) -> date:
    if account["loaded_to"] is None:
        return moment.date() - HISTORY
    return date.fromisoformat(account["loaded_to"]) + timedelta(days=1)


def catch_up(db: Db, moment: datetime) -> int:
    """Do the nightly readings that fell due up to ``moment``, each as of its own time."""
    changed = 0
    while True:
        due = db.execute(
            "SELECT * FROM connection WHERE finished = 1 AND next_try <= ?"
            " ORDER BY next_try, id LIMIT 1",
            (stamp(moment),),
        ).fetchone()
        if due is None:
            return changed
        changed += _nightly(db, due, parse_stamp(due["next_try"]))


def _nightly(db: Db, connection: Row, moment: datetime) -> int:
    """Read the bank at night, or let happen what the customer's scenario says."""
    scenario = connection["scenario"]
    first_load = connection["last_update"] is None
    if connection["state"] in NEEDS_USER.values():
        set_state(db, connection, connection["state"], moment, connection["error_message"])
        return 0
    if not first_load:
        db.execute("UPDATE connection SET syncs = syncs + 1 WHERE id = ?", (connection["id"],))
        if parse_stamp(connection["consented"]) + CONSENT < moment:
            set_state(db, connection, "SCARequired", moment)
            return 0
        state = NEEDS_USER.get(scenario) or PASSING.get(scenario)
        if state is not None and connection["syncs"] == 0:
            set_state(db, connection, state, moment)
            return 0
    return read_bank(db, connection, moment)


def set_state(
    db: Db, connection: Row, state: str | None, moment: datetime, message: str | None = None
) -> None:
    """Put a connection into ``state``. One that waits for its user is not read until repaired."""
    waits = state in NEEDS_USER.values() and state != "wrongpass"
    soon = next_sync(moment, connection["id"])
    db.execute(
        "UPDATE connection SET state = ?, error_message = ?, next_try = ? WHERE id = ?",
        (
            state,
            message or MESSAGES.get(state or ""),
            None if waits else stamp(soon),
            connection["id"],
        ),
    )


def repair(db: Db, connection: Row, moment: datetime) -> None:
    """Take a new log-in or consent: the connection works again and what was missed is read."""
    db.execute(
        "UPDATE connection SET scenario = 'ok', state = NULL, error_message = NULL,"
        " consented = ? WHERE id = ?",
        (stamp(moment), connection["id"]),
    )
    read_bank(db, get_connection(db, connection["id"]), moment)


def renumber(db: Db, connection: Row, moment: datetime) -> None:
    """Show all accounts of a connection under new ids, not shared; the old ones are gone."""
    db.execute(
        "UPDATE account SET deleted = ? WHERE id_connection = ? AND deleted IS NULL",
        (stamp(moment), connection["id"]),
    )
    find_accounts(db, connection["id"], moment)


def get_connection(db: Db, id_connection: int) -> Row:
    """Return a connection that exists."""
    row: Row = db.execute("SELECT * FROM connection WHERE id = ?", (id_connection,)).fetchone()
    return row
