"""Check the signature of a webhook, for connectors whose source signs with a shared secret."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

# How old a signed webhook may be, and how far ahead the source's clock may go.
FIVE_MINUTES: Final = timedelta(minutes=5)


def signature_matches(secret: str, signature: str, *parts: str | bytes) -> bool:
    """Say whether ``signature`` is the hexadecimal HMAC-SHA256 of ``parts``, one after the other.

    Compared in constant time: how long it takes tells a forger nothing. An empty secret, one that
    nobody has set up, matches no signature.

    :param parts: exactly what the source signs, with what it puts in between (``timestamp, ".",
        body``): without, ``"12" + "3"`` and ``"1" + "23"`` would be signed alike.
    """
    signed = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in parts:
        signed.update(part.encode() if isinstance(part, str) else part)
    # As bytes: a header may hold letters that compare_digest does not take as text.
    given = signature.strip().lower().encode()
    return hmac.compare_digest(signed.hexdigest().encode(), given) and bool(secret)


def fresh(timestamp: str, now: datetime, within: timedelta = FIVE_MINUTES) -> bool:
    """Say whether ``timestamp``, in seconds since 1970, lies within ``within`` of ``now``.

    What is no such number is not fresh.
    """
    try:
        signed_at = datetime.fromtimestamp(float(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(now - signed_at) <= within
