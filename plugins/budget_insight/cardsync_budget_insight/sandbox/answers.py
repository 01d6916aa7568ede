"""The shapes of the API's answers, field by field as Powens gives them."""

import json
from decimal import Decimal
from typing import Any, Final

from cardsync_budget_insight.sandbox.bank import CONSENT
from cardsync_budget_insight.sandbox.catalogue import BY_UUID, Bank
from cardsync_budget_insight.sandbox.store import Db, Row
from cardsync_budget_insight.sandbox.timing import parse_stamp, stamp
from cardsync_sdk import exponent_of

Answer = dict[str, Any]

_NAMES: Final = {
    "EUR": ("Euro", "€", False),
    "CHF": ("Swiss Franc", "CHF", False),
    "USD": ("US Dollar", "$", True),
    "GBP": ("Pound Sterling", "£", True),
    "JPY": ("Yen", "¥", True),
}
_TYPE_IDS: Final = {"checking": 2, "card": 9}
_TYPE_WORDS: Final = {
    "checking": ("Compte courant", "Comptes courants"),
    "card": ("Carte", "Cartes"),
}
_FIELDS: Final = (
    ("login", "Identifiant", "text", None),
    ("password", "Code (4 chiffres)", "password", "^\\d{4}$"),
)


def currency(code: str) -> Answer:
    """Describe a currency."""
    name, symbol, prefix = _NAMES.get(code, (code, code, False))
    return {
        "id": code,
        "name": name,
        "symbol": symbol,
        "prefix": prefix,
        "crypto": False,
        "precision": exponent_of(code),
        "marketcap": None,
        "datetime": None,
    }


def connector(bank: Bank) -> Answer:
    """Describe a connector, without its sources and fields."""
    return {
        "id": bank.id,
        "uuid": bank.uuid,
        "name": bank.name,
        "hidden": False,
        "charged": True,
        "code": None,
        "beta": False,
        "color": bank.color,
        "slug": bank.slug,
        "sync_periodicity": None,
        "sync_frequency": None,
        "months_to_fetch": None,
        "auth_mechanism": "credentials",
        "available_auth_mechanisms": ["credentials"],
        "transfer_mechanism": None,
        "siret": None,
        "restricted": False,
        "capabilities": ["bank"],
        "account_types": sorted({spec.type for spec in bank.accounts}),
        "account_usages": ["PRIV", "ORGA"],
        "products": ["bank"],
        "documents_type": [],
        "categories": [],
        "available_transfer_mechanisms": [],
        "transfer_beneficiary_types": [],
        "transfer_execution_date_types": [],
        "stability": {"status": "stable", "last_update": "2026-02-07 16:03:02"},
    }


def connector_in_full(bank: Bank) -> Answer:
    """Describe a connector with its sources, fields, countries and addresses."""
    return {
        **connector(bank),
        "sources": [
            {
                "id": bank.id * 10 + 1,
                "id_connector": bank.id,
                "name": "directaccess",
                "auth_mechanism": "credentials",
                "available_auth_mechanisms": ["credentials"],
                "disabled": None,
                "priority": 1,
                "account_types": sorted({spec.type for spec in bank.accounts}),
                "account_usages": ["PRIV", "ORGA"],
                "fallback": None,
            }
        ],
        "fields": [_field(name) for name, *_ in _FIELDS],
        "countries": [{"id": "fr", "name": "France"}],
        "urls": [],
    }


def _field(name: str) -> Answer:
    _, label, kind, regex = next(entry for entry in _FIELDS if entry[0] == name)
    return {
        "name": name,
        "label": label,
        "type": kind,
        "required": True,
        "regex": regex,
        "auth_mechanisms": ["credentials"],
        "connector_sources": ["directaccess"],
        "values": None,
    }


def connection(row: Row, *, with_connector: bool = False) -> Answer:
    """Describe a connection."""
    bank = BY_UUID[row["uuid"]]
    answer = {
        "id": row["id"],
        "id_user": row["id_user"],
        "id_connector": bank.id,
        "id_bank": bank.id,
        "id_provider": bank.id,
        "connector_uuid": bank.uuid,
        "state": row["state"],
        "error": row["state"],
        "error_message": row["error_message"],
        "active": True,
        "created": row["created"],
        "last_update": row["last_update"],
        "last_push": row["last_update"],
        "next_try": row["next_try"],
        "expire": None,
    }
    if row["state"] == "wrongpass":
        answer["fields"] = [_field("password")]
    if row["state"] == "additionalInformationNeeded":
        answer["fields"] = [{**_field("password"), "name": "otp", "label": "Code reçu par SMS"}]
    if with_connector:
        answer["connector"] = connector(bank)
    return answer


def source(row: Row) -> Answer:
    """Describe the one source of a connection; ``access_expire`` is the end of the consent."""
    consent_ends = parse_stamp(row["consented"]) + CONSENT
    return {
        "id": row["id"] + 191,
        "id_connection": row["id"],
        "id_connector_source": BY_UUID[row["uuid"]].id * 10 + 1,
        "name": "directaccess",
        "state": row["state"],
        "last_update": row["last_update"],
        "disabled": None,
        "created": row["created"],
        "access_expire": stamp(consent_ends),
        "expire": None,
        "next_try": row["next_try"],
    }


def account(db: Db, row: Row) -> Answer:
    """Describe an account: little of it before it is shared."""
    head = {
        "id": row["id"],
        "id_connection": row["id_connection"],
        "id_user": _user_of(db, row),
        "id_source": row["id_connection"] + 191,
        "id_parent": row["id_parent"],
        "id_type": _TYPE_IDS[row["type"]],
        "type": row["type"],
        "name": row["name"],
        "original_name": row["original_name"],
        "display": True,
        "bookmarked": 0,
        "error": None,
        "last_update": row["last_update"],
        "deleted": row["deleted"],
        "disabled": row["disabled"],
    }
    if row["disabled"] is not None:
        return {**head, **dict.fromkeys(("number", "iban", "balance", "coming"), None)} | {
            "currency": None,
            "usage": None,
        }
    booked, coming = _sums(db, row)
    return {
        **head,
        "number": row["number"],
        "webid": f"c-{row['number'][-4:]}" if row["type"] == "card" else row["number"],
        "iban": row["iban"],
        "bic": None if row["type"] == "card" else "PRATFRPPXXX",
        "balance": float(booked),
        "coming": float(coming),
        "coming_balance": float(booked + coming),
        "formatted_balance": formatted(booked, row["currency"]),
        "currency": currency(row["currency"]),
        "usage": "ORGA",
        "ownership": "owner",
        "company_name": None,
        "opening_date": None,
        "loan": None,
        "information": {},
    }


def _user_of(db: Db, row: Row) -> int:
    found = db.execute(
        "SELECT id_user FROM connection WHERE id = ?", (row["id_connection"],)
    ).fetchone()
    return int(found["id_user"])


def _sums(db: Db, row: Row) -> tuple[Decimal, Decimal]:
    """Return the balance and what is coming. A card has no money of its own, only what is due."""
    lines = db.execute(
        "SELECT value, coming FROM txn WHERE id_account = ? AND deleted IS NULL"
        " AND value IS NOT NULL",
        (row["id"],),
    ).fetchall()
    coming = sum((Decimal(line["value"]) for line in lines if line["coming"]), Decimal(0))
    if row["type"] == "card":
        return Decimal(0), coming
    booked = sum((Decimal(line["value"]) for line in lines if not line["coming"]), Decimal(0))
    return Decimal(row["opening"]).scaleb(-2) + booked, coming


def account_types() -> list[Answer]:
    """Describe the types of accounts this bank has."""
    return [
        {
            "id": number,
            "name": name,
            "id_parent": None,
            "is_invest": False,
            "display_name": _TYPE_WORDS[name][0],
            "display_name_p": _TYPE_WORDS[name][1],
        }
        for name, number in _TYPE_IDS.items()
    ]


def transaction(row: Row, account_currency: str) -> Answer:
    """Describe a transaction. Amounts are kept as decimal texts and written as JSON numbers."""
    body = json.loads(row["body"])
    label = body["simplified_wording"]
    party = body["counterparty"]
    answer = {
        "id": row["id"],
        "id_account": row["id_account"],
        "webid": None,
        **_days(row, body),
        **_amounts(row, body),
        "type": row["type"],
        "original_wording": row["wording"],
        "simplified_wording": label,
        "stemmed_wording": label,
        "wording": label,
        "categories": [{"code": code, "parent_code": up} for code, up in body["categories"]],
        "id_category": 9998,
        "state": "parsed",
        "date_scraped": row["scraped"],
        "coming": bool(row["coming"]),
        "active": True,
        "id_cluster": None,
        "comment": None,
        "last_update": row["last_update"],
        "deleted": row["deleted"],
        "country": body["country"],
        "card": body["card"],
        "counterparty": _party(party) if isinstance(party, str) else party,
        "documents_count": 0,
        "informations": {},
        "formatted_value": formatted(row["value"], account_currency),
        "new": row["scraped"] == row["last_update"],
        "nopurge": 0,
    }
    # What a tester made the answer say beside or against what the line says.
    return {**answer, **body.get("answer", {})}


def _days(row: Row, body: Answer) -> Answer:
    return {
        "application_date": row["application_date"],
        "date": row["date"],
        "datetime": None,
        "vdate": body["vdate"],
        "vdatetime": None,
        "rdate": row["rdate"],
        "rdatetime": None,
        "bdate": body["bdate"],
        "bdatetime": None,
    }


def _amounts(row: Row, body: Answer) -> Answer:
    return {
        "value": _number(row["value"]),
        "gross_value": _number(body["gross_value"]),
        "original_value": _number(body["original_value"]),
        "original_gross_value": None,
        "original_currency": _maybe_currency(body["original_currency"]),
        "commission": _number(body["commission"]),
        "commission_currency": _maybe_currency(body["commission_currency"]),
    }


def _party(label: str) -> Answer:
    return {
        "label": label,
        "account_scheme_name": None,
        "account_identification": None,
        "type": "creditor",
    }


def _maybe_currency(code: Any) -> Any:
    return currency(code) if isinstance(code, str) else code


def _number(value: Any) -> Any:
    """Write a decimal text as a number; a text that is none passes, for testers of bad rows."""
    try:
        return None if value is None else float(Decimal(value))
    except (ArithmeticError, TypeError, ValueError):
        return value


def formatted(value: Any, code: str) -> str | None:
    """Write an amount as a French bank shows it."""
    try:
        text = f"{Decimal(value):,.{exponent_of(code)}f}"
    except (ArithmeticError, TypeError, ValueError):
        return None
    return f"{text.replace(',', ' ').replace('.', ',')} {_NAMES.get(code, (code, code))[1]}"
