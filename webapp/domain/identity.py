"""Which account is which, above the connection that shows it: the key of an account identity.

A connection may be made again and then calls the same card by another id; the key must not change
with it. Two different cards must never share a key, or the rows of one would pass for the other's.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from cardsync_sdk.types import AccountKind, RemoteAccount

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LAST_DIGITS = re.compile(r"([0-9]{1,4})\s*$")
_TITLES = frozenset(
    {"DR", "M", "MADAME", "MISS", "MLE", "MLLE", "MME", "MONSIEUR", "MR", "MRS", "MS"}
)


def account_key(account: RemoteAccount, *, connector: str, institution: str, link_ref: str) -> str:
    """Return the key of an account's identity: a kind of proof and a digest, never a number.

    The IBAN with the currency names a bank account (one IBAN may hold several currencies); a card
    may carry the IBAN of the account it debits, so its own last digits, holder and institution name
    it. Where these lack, only the link and the source's own id are sure: a new link then makes a
    new identity, which keeps doubtful rows apart instead of mixing two cards.
    """
    iban = normal_iban(account.iban)
    if iban is not None and account.kind is AccountKind.ACCOUNT:
        return "iban:" + _digest(iban, account.currency)
    proof = (institution.strip().casefold(), _normal_holder(account.holder_name), _four(account))
    if all(proof):
        return "number:" + _digest(account.kind, account.currency, *proof)
    return ref_key(account.ref, connector=connector, link_ref=link_ref)


def ref_key(ref: str, *, connector: str, link_ref: str) -> str:
    """Return the key of an account that only its source's id names."""
    return "ref:" + _digest(connector, link_ref, ref)


def account_keys(
    accounts: Iterable[RemoteAccount],
    settled: Mapping[str, str],
    *,
    connector: str,
    institution: str,
    link_ref: str,
) -> dict[str, str]:
    """Return the key of each listed account by its ref; no two accounts of a list share one.

    :param settled: keys already given, by ref; they stay. Who shows the same proof as another
        account of the list is named by its ref alone: they are two cards, whatever they look like.
    """
    listed = list(accounts)
    proved = {
        account.ref: settled.get(account.ref)
        or account_key(account, connector=connector, institution=institution, link_ref=link_ref)
        for account in listed
    }
    uses = Counter(proved.values())
    return {
        ref: key
        if ref in settled or uses[key] == 1
        else ref_key(ref, connector=connector, link_ref=link_ref)
        for ref, key in proved.items()
    }


def same_account(listed: RemoteAccount, *, holder: str, last4: str, keys: Collection[str]) -> bool:
    """Say whether what a source lists under an account's id can still be that account (C17).

    A card is renewed under another number, and holders are written in many ways; both at once, or
    another IBAN, is somebody else's.

    :param holder: the holder as it was listed before. :param last4: the last four digits.
    :param keys: the keys of the account's identity.
    """
    iban = normal_iban(listed.iban)
    by_iban = [key for key in keys if key.startswith("iban:")]
    if iban is not None and listed.kind is AccountKind.ACCOUNT and by_iban:
        return "iban:" + _digest(iban, listed.currency) in by_iban
    number, name = last_four(listed.number_masked), _normal_holder(listed.holder_name)
    other_number = bool(number and last4 and number != last4)
    other_holder = bool(name and holder and name != _normal_holder(holder))
    return not (other_number and (other_holder or not (name and holder)))


def normal_iban(text: str | None) -> str | None:
    """Return a whole, valid IBAN without spaces, else ``None`` (ISO 13616, check digits mod 97)."""
    iban = re.sub(r"\s", "", text or "").upper()
    if not _IBAN.fullmatch(iban):
        return None
    number = "".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])
    return iban if int(number) % 97 == 1 else None


def last_four(number: str | None) -> str:
    """Return at most the last four digits that end a masked number: all that is ever stored."""
    found = _LAST_DIGITS.search(number or "")
    return found.group(1) if found else ""


def _four(account: RemoteAccount) -> str:
    digits = last_four(account.number_masked)
    return digits if len(digits) == 4 else ""


def _normal_holder(name: str | None) -> str:
    # "M. MARTIN Hélène" and "Helene Martin" are one holder to two exports of one bank.
    plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z0-9]+", plain)
    return " ".join(sorted(word for word in words if word not in _TITLES))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
