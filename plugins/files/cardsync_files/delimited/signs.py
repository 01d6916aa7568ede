"""Which amounts are spend? Told by columns, flags, the balance and words; else the file is refused.

Spend is negative. A file whose signs cannot be told is refused, since every figure in it might be
the wrong way round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from cardsync_files.delimited.balance import ALL, Chain, proven
from cardsync_files.delimited.vocabulary import Said
from cardsync_files.statement import refuse

_FEW_ROWS: Final = 3
_ENOUGH: Final = 300


@dataclass(slots=True)
class Evidence:
    """What the file says beside its amounts.

    :param balances: the balance of each row. :param chains: how they may follow each other.
    :param is_card: the file is about a payment card. :param says: what, row → the row's words
        speak of it. :param positive_is_spend: what a person said, ``None`` if nothing.
    """

    balances: Sequence[int | None]
    chains: Sequence[Chain]
    is_card: bool
    says: Callable[[Said, int], bool]
    positive_is_spend: bool | None = None
    warnings: list[str] = field(default_factory=list)

    def count(self, what: Said, rows: Sequence[int]) -> int:
        """Count the rows that speak of ``what``, in a long file among some hundreds of them."""
        return sum(self.says(what, row) for row in rows[:_ENOUGH])


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
    # What a card owes grows with its charges: only an account's balance proves a sign.
    if not evidence.is_card and proven(amounts, evidence.balances, evidence.chains):
        return False
    if not evidence.is_card and proven(
        [-amount for amount in amounts], evidence.balances, evidence.chains
    ):
        return True
    return _by_words(up, down, evidence) if down else _without_negatives(up, evidence)


def _by_words(up: Sequence[int], down: Sequence[int], evidence: Evidence) -> bool:
    as_written = evidence.count(Said.INCOME, up) + evidence.count(Said.PURCHASE, down)
    credited = evidence.count(Said.CARD_CREDIT, down)
    bought = evidence.count(Said.PURCHASE, up)
    if as_written and not evidence.is_card:
        return False
    if (credited or bought) and not as_written:
        thanked = evidence.count(Said.THANKS, down) == len(down[:_ENOUGH])
        if evidence.is_card or (thanked and len(up) > len(down)) or 2 * bought >= len(up):
            return True
    if evidence.is_card and len(up) >= len(down) and not (as_written and not credited + bought):
        _refuse("this is a card's file, and it does not say which sign its charges have")
    if len(up) > len(down) and len(up) + len(down) >= _FEW_ROWS and not as_written:
        _refuse("most amounts are positive, and nothing says whether that is spend or income")
    return False


def _without_negatives(up: Sequence[int], evidence: Evidence) -> bool:
    income, bought = evidence.count(Said.INCOME, up), evidence.count(Said.PURCHASE, up)
    if evidence.is_card or 2 * bought >= len(up[:_ENOUGH]):
        return income * 2 <= len(up[:_ENOUGH])
    if not income and len(up) >= _FEW_ROWS:
        _refuse("every amount is positive, and nothing says whether that is spend or income")
    if not income:
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
