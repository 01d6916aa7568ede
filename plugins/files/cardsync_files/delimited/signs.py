"""Which amounts are spend? Told by columns, flags, the balance and words; else the file is refused.

Spend is negative. A file whose signs cannot be told is refused, since every figure in it might be
the wrong way round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from cardsync_files.delimited.balance import ALL, Chain, proven
from cardsync_files.statement import refuse

_FEW_ROWS: Final = 3
_ENOUGH: Final = 300


@dataclass(slots=True)
class Evidence:
    """What the file says beside its amounts.

    :param balances: the balance of each row. :param chains: how they may follow each other.
    :param is_card: the file is about a payment card. :param says_money_in: row → its words speak of
        money received. :param positive_is_spend: what a person said, ``None`` if nothing.
    """

    balances: Sequence[int | None]
    chains: Sequence[Chain]
    is_card: bool
    says_money_in: Callable[[int], bool]
    positive_is_spend: bool | None = None
    warnings: list[str] = field(default_factory=list)


def of_pair(
    debits: Sequence[int | None], credits_: Sequence[int | None], evidence: Evidence
) -> list[int]:
    """Return signed amounts from a column of spend and one of income.

    Signs inside such columns mean nothing where they are all alike; where they differ only the
    balance can tell a reversal from a habit of the bank.
    """
    by_column = [abs(back or 0) - abs(out or 0) for out, back in zip(debits, credits_, strict=True)]
    if _alike(debits) and _alike(credits_):
        return by_column
    habit = -1 if sum(value < 0 for value in debits if value) * 2 > sum(map(bool, debits)) else 1
    as_written = [
        (back or 0) - habit * (out or 0) for out, back in zip(debits, credits_, strict=True)
    ]
    if proven(by_column, evidence.balances, ALL):
        return by_column
    if not proven(as_written, evidence.balances, ALL):
        _refuse("the columns of spend and income hold both signs and no balance explains them")
    return as_written


def of_flagged(amounts: Sequence[int], out: Sequence[bool], evidence: Evidence) -> list[int]:
    """Return signed amounts from one column and a flag that says which rows are spend."""
    by_flag = [
        -abs(amount) if spend else abs(amount) for amount, spend in zip(amounts, out, strict=True)
    ]
    as_written = list(amounts)
    turned = [-amount for amount in amounts]
    if min(amounts) >= 0 or by_flag in (as_written, turned):
        return by_flag
    by_flag_fits = proven(by_flag, evidence.balances, ALL)
    if bool(by_flag_fits) == bool(proven(as_written, evidence.balances, evidence.chains)):
        _refuse("the signs contradict the column that says debit or credit")
    return by_flag if by_flag_fits else as_written


def of_single(amounts: Sequence[int], evidence: Evidence) -> list[int]:
    """Return signed amounts from one column, turned where positive amounts are charges."""
    turn = _positive_is_spend(amounts, evidence)
    return [-amount for amount in amounts] if turn else list(amounts)


def _positive_is_spend(amounts: Sequence[int], evidence: Evidence) -> bool:
    if evidence.positive_is_spend is not None:
        return evidence.positive_is_spend
    up = [row for row, amount in enumerate(amounts) if amount > 0]
    down = [row for row, amount in enumerate(amounts) if amount < 0]
    if not up:
        return False
    if not evidence.is_card:
        if proven(amounts, evidence.balances, evidence.chains):
            return False
        if proven([-amount for amount in amounts], evidence.balances, evidence.chains):
            return True
    in_up = sum(map(evidence.says_money_in, up[:_ENOUGH]))
    in_down = sum(map(evidence.says_money_in, down[:_ENOUGH]))
    if not down:
        return _without_negatives(len(up[:_ENOUGH]), in_up, evidence)
    if in_down and not in_up and len(up) > len(down):
        return True
    if evidence.is_card and not in_up and len(up) >= len(down):
        _refuse(
            "this is a card's file, and it does not say whether its charges are the positive ones"
        )
    return False


def _without_negatives(rows: int, money_in: int, evidence: Evidence) -> bool:
    if evidence.is_card:
        return money_in * 2 <= rows
    if not money_in and rows >= _FEW_ROWS:
        _refuse("every amount is positive, and nothing says whether that is spend or income")
    if not money_in:
        evidence.warnings.append("every amount is positive: taken as money received")
    return False


def _alike(values: Sequence[int | None]) -> bool:
    signs = {value > 0 for value in values if value}
    return len(signs) <= 1


def _refuse(reason: str) -> NoReturn:
    refuse(
        "sign_unclear",
        f"spend and income cannot be told apart: {reason}. Export a format with a debit and a "
        "credit column, or OFX",
    )
