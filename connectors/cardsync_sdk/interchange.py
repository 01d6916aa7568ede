"""One transaction a line: the SDK's own JSON shape, for ``.jsonl`` files and stored deliveries.

``docs/interchange.md`` is the reference for people. Amounts are decimal strings, never JSON
numbers; dates are ISO 8601 calendar dates. The shape is strict: what is not understood is refused,
since a misspelt optional key would lose its value in silence. Anything else belongs in ``raw``.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from cardsync_sdk.errors import SourceRejected
from cardsync_sdk.money import Money, exponent_of, is_currency_code
from cardsync_sdk.types import (
    FetchedTransaction,
    Fuel,
    Merchant,
    TransactionKind,
    TransactionStatus,
)

_PLAIN_DECIMAL: Final = re.compile(r"(-?)(\d{1,30})(?:\.(\d{1,30}))?", re.ASCII)
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

# Made once: json.dumps makes one anew for each row.
_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

_REQUIRED: Final = frozenset({"amount", "currency", "memo"})
_KINDS: Final = {kind.value: kind for kind in TransactionKind}
_STATUSES: Final = {status.value: status for status in TransactionStatus}


def to_dict(row: FetchedTransaction) -> dict[str, Any]:
    """Return ``row`` as JSON values in the interchange shape; what is unknown is left out."""
    amount = row.amount
    shape: dict[str, Any] = {
        "account_ref": row.account_ref,
        "amount": _decimal_text(amount.minor, exponent_of(amount.currency)),
        "currency": amount.currency,
        "memo": row.memo,
        "kind": row.kind.value,
        "status": row.status.value,
    }
    for name in _DATES:
        if (day := getattr(row, name)) is not None:
            shape[name] = day.isoformat()
    for name in _TEXTS:
        if (text := getattr(row, name)) is not None:
            shape[name] = text
    for name in _MONEYS:
        if (money := getattr(row, name)) is not None:
            shape[name] = _money_dict(money)
    if row.merchant is not None:
        shape["merchant"] = _merchant_dict(row.merchant)
    if row.fuel is not None:
        shape["fuel"] = _fuel_dict(row.fuel)
    if row.raw:
        shape["raw"] = row.raw
    return shape


def to_line(row: FetchedTransaction) -> str:
    """Return ``row`` as one line of a ``.jsonl`` file, without its line end.

    :raises ValueError: if ``raw`` holds NaN or an infinity, which JSON cannot say.
    :raises TypeError: if ``raw`` holds anything but JSON values.
    """
    return _encode(to_dict(row))


def from_dict(shape: Mapping[str, Any], *, account_ref: str | None = None) -> FetchedTransaction:
    """Build the transaction that ``shape`` says, strictly.

    :param account_ref: the account of a row that names none itself.
    :raises SourceRejected: with the reason, and a ``code`` among ``bad_row``, ``bad_amount``,
        ``amount_too_fine`` and ``bad_date``.
    """
    if not shape.keys() >= _REQUIRED:
        _refuse_missing(shape)
    values = _values(shape)
    values["amount"] = _money("amount", shape)
    if account_ref is not None:
        values.setdefault("account_ref", account_ref)
    _refuse_incomplete(values)
    try:
        return FetchedTransaction(**values)
    except ValueError as error:
        raise SourceRejected(str(error), code="bad_row") from None


def _values(shape: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in shape.items():
        if value is None:
            continue
        read = _READERS.get(name)
        if read is not None:
            values[name] = read(name, value)
        elif name not in _AMOUNT_KEYS:
            _refuse_unknown(name, _READERS.keys() | _AMOUNT_KEYS)
    return values


def _refuse_incomplete(values: Mapping[str, Any]) -> None:
    if "account_ref" not in values:
        _refuse("account_ref: missing, and nothing else says which account this row belongs to")
    if "memo" not in values:
        _refuse("memo: must be a text, got null")
    if "purchased_on" not in values and "booked_on" not in values:
        _refuse("a transaction needs purchased_on or booked_on", "bad_date")


def read_lines(
    lines: Iterable[str], *, account_ref: str | None = None
) -> Iterator[FetchedTransaction]:
    """Yield the transaction of each line; empty lines are passed over.

    :param account_ref: the account of rows that name none themselves.
    :raises SourceRejected: with the number of the line that cannot be read (counted from 1) and
        the reason; ``code`` is ``bad_json`` or one of those of :func:`from_dict`.
    """
    for _, row in read_numbered(lines, account_ref=account_ref):
        yield row


def read_numbered(
    lines: Iterable[str], *, account_ref: str | None = None
) -> Iterator[tuple[int, FetchedTransaction]]:
    """Yield the same as :func:`read_lines`, each with the number of its line."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = from_dict(_parse(line), account_ref=account_ref)
        except SourceRejected as error:
            raise SourceRejected(f"line {number}: {error}", code=error.code, line=number) from None
        yield number, row


def _parse(line: str) -> Mapping[str, Any]:
    try:
        shape = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        _refuse("not JSON that can be read: nested too deeply", "bad_json")
    except ValueError as error:
        _refuse(f"not JSON: {error}", "bad_json")
    if not isinstance(shape, dict):
        _refuse(f"must be a JSON object, got {_json_word(shape)}", "bad_json")
    return shape


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    shape = dict(pairs)
    if len(shape) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _refuse(f"{twice}: given twice in one object", "bad_json")
    return shape


def _no_constant(word: str) -> NoReturn:
    _refuse(f"not JSON: {word}", "bad_json")


def _refuse(reason: str, code: str = "bad_row") -> NoReturn:
    raise SourceRejected(reason, code=code)


def _refuse_missing(shape: Mapping[str, Any]) -> NoReturn:
    missing = sorted(_REQUIRED - shape.keys())[0]
    near = get_close_matches(missing, [name for name in shape if name not in _READERS], 1)
    hint = f'; did you mean it by "{near[0]}"?' if near else ""
    _refuse(f"{missing}: missing{hint}", "bad_amount" if missing == "amount" else "bad_row")


def _refuse_unknown(name: str, known: Iterable[str]) -> NoReturn:
    near = get_close_matches(str(name), list(known), 1)
    hint = f'did you mean "{near[0]}"?' if near else "data of your own belongs in raw"
    _refuse(f"{name}: unknown key; {hint}")


def _json_word(value: object) -> str:
    words = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return "null" if value is None else words.get(type(value), "an object")


def _text(name: str, value: object) -> str:
    if type(value) is not str:
        _refuse(f"{name}: must be a text, got {_json_word(value)}")
    return value


def _id(name: str, value: object) -> str:
    text = _text(name, value)
    if not text:
        _refuse(f"{name}: empty; leave the key out where there is none")
    return text


def _date(name: str, value: object) -> date:
    text = _text(name, value)
    if not _ISO_DATE.fullmatch(text):
        _refuse(f"{name}: must be a calendar date like 2026-03-31, got {text!r}", "bad_date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse(f"{name}: there is no such day as {text}", "bad_date")


def _kind(name: str, value: object) -> TransactionKind:
    found = _KINDS.get(_text(name, value))
    if found is None:
        _refuse(f"{name}: must be one of {', '.join(_KINDS)}, got {value!r}")
    return found


def _status(name: str, value: object) -> TransactionStatus:
    found = _STATUSES.get(_text(name, value))
    if found is None:
        _refuse(f"{name}: must be one of {', '.join(_STATUSES)}, got {value!r}")
    return found


def _object(name: str, value: object, known: frozenset[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(f"{name}: must be an object, got {_json_word(value)}")
    if known is not None and not value.keys() <= known:
        unknown = sorted(value.keys() - known)[0]
        _refuse_unknown(f"{name}.{unknown}", (f"{name}.{key}" for key in known))
    return value


def _money(name: str, shape: Mapping[str, Any], prefix: str = "") -> Money:
    currency = _text(f"{prefix}currency", shape.get("currency"))
    if not is_currency_code(currency):
        _refuse(f"{prefix}currency: must be a code of ISO 4217 like EUR, got {currency!r}")
    return _scaled_money(f"{prefix}{name}", shape.get("amount"), currency)


def _scaled_money(name: str, value: object, currency: str) -> Money:
    places = exponent_of(currency)
    minor = _scaled(name, value, places, f"finer than the minor unit of {currency}")
    try:
        return Money(minor, currency)
    except ValueError as error:
        _refuse(f"{name}: {error}", "bad_amount")


def _scaled(name: str, value: object, places: int, finer: str) -> int:
    if type(value) is not str:
        got = _json_word(value)
        _refuse(f'{name}: must be a decimal in quotes like "-12.50", got {got}', "bad_amount")
    found = _PLAIN_DECIMAL.fullmatch(value)
    if found is None:
        _refuse(f'{name}: must be a plain decimal like "-12.50", got {value!r}', "bad_amount")
    sign, whole, fraction = found.groups()
    fraction = fraction or ""
    if fraction[places:].strip("0"):
        _refuse(f"{name}: {value} is {finer}", "amount_too_fine")
    return int(sign + whole + fraction[:places].ljust(places, "0"))


def _nested_money(name: str, value: object) -> Money:
    return _money("amount", _object(name, value, _AMOUNT_KEYS), f"{name}.")


def _merchant(name: str, value: object) -> Merchant:
    shape = _object(name, value, _MERCHANT_KEYS)
    return Merchant(**{key: _nested_text(name, key, shape) for key in shape})


def _fuel(name: str, value: object) -> Fuel:
    shape = _object(name, value, _FUEL_KEYS)
    values: dict[str, Any] = {
        key: _nested_text(name, key, shape) for key in _FUEL_TEXTS & shape.keys()
    }
    if values.get("unit", "l") is None:
        del values["unit"]
    if (quantity := shape.get("quantity")) is not None:
        values["quantity_milli"] = _scaled(
            "fuel.quantity", quantity, 3, "finer than a thousandth of its unit"
        )
    if (odometer := shape.get("odometer_km")) is not None:
        if type(odometer) is not int or odometer < 0:
            _refuse(f"fuel.odometer_km: must be a whole number of kilometres, got {odometer!r}")
        values["odometer_km"] = odometer
    return Fuel(**values)


def _nested_text(name: str, key: str, shape: Mapping[str, Any]) -> str | None:
    value = shape[key]
    return None if value is None else _text(f"{name}.{key}", value)


def _decimal_text(minor: int, places: int) -> str:
    if not places:
        return str(minor)
    digits = str(abs(minor)).rjust(places + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _money_dict(money: Money) -> dict[str, str]:
    amount = _decimal_text(money.minor, exponent_of(money.currency))
    return {"amount": amount, "currency": money.currency}


def _merchant_dict(merchant: Merchant) -> dict[str, Any]:
    values = {name: getattr(merchant, name) for name in ("name", "mcc", "city", "country")}
    return {name: value for name, value in values.items() if value is not None}


def _fuel_dict(fuel: Fuel) -> dict[str, Any]:
    milli = fuel.quantity_milli
    values: dict[str, Any] = {
        "product": fuel.product,
        "quantity": None if milli is None else _decimal_text(milli, 3),
        "unit": fuel.unit,
        "station": fuel.station,
        "plate": fuel.plate,
        "odometer_km": fuel.odometer_km,
    }
    return {name: value for name, value in values.items() if value is not None}


_DATES: Final = ("purchased_on", "booked_on", "value_on")
_TEXTS: Final = ("external_id", "label", "card_last4", "replaces", "source_stamp")
_MONEYS: Final = ("original", "fee")
_AMOUNT_KEYS: Final = frozenset({"amount", "currency"})
_MERCHANT_KEYS: Final = frozenset({"name", "mcc", "city", "country"})
_FUEL_TEXTS: Final = frozenset({"product", "unit", "station", "plate"})
_FUEL_KEYS: Final = _FUEL_TEXTS | {"quantity", "odometer_km"}
_READERS: Final[dict[str, Callable[[str, object], Any]]] = {
    **dict.fromkeys(_DATES, _date),
    **dict.fromkeys(("account_ref", "external_id", "replaces"), _id),
    **dict.fromkeys(("memo", "label", "card_last4", "source_stamp"), _text),
    **dict.fromkeys(_MONEYS, _nested_money),
    "kind": _kind,
    "status": _status,
    "merchant": _merchant,
    "fuel": _fuel,
    "raw": _object,
}
