"""A scripted bank that rings: its webhooks are signed as an integrator's source would sign them."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cardsync_sdk import Settings, SourceRejected, WebhookHint, hookimpl
from cardsync_sdk.webhooks import fresh, signature_matches
from tests.support.scripted_bank import ScriptedBank

SECRET = "the secret that the bank and this installation share"


@dataclass
class RingingBank(ScriptedBank):
    """Verifies an HMAC-SHA256 over time and body; ``clock`` says what time its verifier reads."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    fault: Exception | None = None
    seen: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    @hookimpl
    def verify_and_parse_webhook(
        self, settings: Settings, headers: Mapping[str, str], path: str, body: bytes
    ) -> Sequence[WebhookHint]:
        """Believe what is signed and not older than five minutes."""
        self.seen.append((path, headers))
        if self.fault is not None:
            raise self.fault
        signed_at = headers.get("x-bank-time", "")
        signature = headers.get("x-bank-signature", "")
        if not signature_matches(settings.get("secret", SECRET), signature, signed_at, ".", body):
            raise SourceRejected("the signature is wrong", code="bad_signature")
        if not fresh(signed_at, self.clock()):
            raise SourceRejected("the webhook is too old", code="too_old")
        try:
            told = json.loads(body)
            return [WebhookHint(one["link"], one["event"]) for one in told["news"]]
        except (ValueError, LookupError, TypeError) as error:
            raise SourceRejected("the body is no list of news", code="bad_body") from error


def news(*events: tuple[str, str]) -> bytes:
    """Return the body of a webhook: pairs of an event's id and its link."""
    return json.dumps({"news": [{"event": event, "link": link} for event, link in events]}).encode()


def signed(body: bytes, *, at: datetime | None = None, secret: str = SECRET) -> dict[str, str]:
    """Return the headers with which the bank sends ``body``.

    Signed without the helper of the SDK, so that the two prove each other.
    """
    seconds = str(int((at or datetime.now(UTC)).timestamp()))
    signature = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return {
        "X-Bank-Time": seconds,
        "X-Bank-Signature": signature.hexdigest(),
        "Content-Type": "application/json",
    }
