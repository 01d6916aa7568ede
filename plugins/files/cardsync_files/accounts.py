"""Is a file about the account it is imported into? Told by the digits of the account's number."""

import re
from typing import Final, NoReturn

from cardsync_files.statement import refuse

_NO_DIGIT: Final = re.compile(r"\D")


def digits_of(number: str) -> str:
    """Return the digits of an account or card number, masked ones left out."""
    return _NO_DIGIT.sub("", number)


def agrees(number: str, last4: str | None, *, bank: str = "", branch: str = "") -> bool | None:
    """Say if ``number`` can be the account whose last digits are ``last4``; ``None`` = unknown.

    A French IBAN ends in the account number and its two-digit key, which a statement may leave
    out: with ``bank`` and ``branch`` the key is worked out and compared too.
    """
    digits = digits_of(number)
    if last4 is None or len(last4) != 4 or not last4.isdigit() or len(digits) < 4:
        return None
    if last4 in (digits[-4:], digits[-2:] + _french_key(bank, branch, number)):
        return True
    # An 11-digit French number without its bank: the key that ends the IBAN cannot be worked out.
    without_bank = len(number) == 11 and not (bank and branch) and digits[-2:] == last4[:2]
    return None if without_bank else False


def _french_key(bank: str, branch: str, number: str) -> str:
    """Return the two check digits of a French account number (RIB), empty if it is none."""
    if not (bank.isdigit() and len(bank) == 5 and branch.isdigit() and len(branch) == 5):
        return ""
    if len(number) != 11 or not number.isalnum() or not number.isascii():
        return ""
    account = int("".join(_rib_digit(sign) for sign in number.upper()))
    return f"{97 - (89 * int(bank) + 15 * int(branch) + 3 * account) % 97:02d}"


def _rib_digit(sign: str) -> str:
    """Return the digit that stands for a letter of an account number: A, J = 1; B, K, S = 2 …"""
    if sign.isdigit():
        return sign
    place = ord(sign) - ord("A")
    return str(place % 9 + 1 if sign < "S" else (place - 18) % 8 + 2)


def refuse_account(last4: str | None, found: str) -> NoReturn:
    """Refuse a file that is about another account.

    :raises SourceRejected: ``wrong_account``, always.
    """
    refuse(
        "wrong_account",
        f"the file is about the account ending in {digits_of(found)[-4:]}, "
        f"but it was given for the account ending in {last4}",
    )


def refuse_several(count: int) -> NoReturn:
    """Refuse a file about several accounts of which none can be told to be the right one.

    :raises SourceRejected: ``several_accounts``, always.
    """
    refuse(
        "several_accounts",
        f"the file holds the transactions of {count} accounts and none can be told to be the "
        "one it is imported into: export each account alone",
    )
