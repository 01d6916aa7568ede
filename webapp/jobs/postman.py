"""Send the notices of the outbox by e-mail, one message for each person.

Two workers never send the same notice: each is claimed by one conditional UPDATE. A worker that
dies between the mail server's "taken" and our note of it is the one case in which a message goes
out twice; SMTP knows no better. Its ``Message-ID`` is then the same, by which many mail programs
show it once.
"""

import logging
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from webapp.storage import notices
from webapp.storage.database import Database
from webapp.storage.notices import Told
from webapp.storage.people import User

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 20.0
# As much of a server's answer as is worth keeping.
ERROR_MAX: Final = 300

Compose = Callable[[User, Sequence[Told]], EmailMessage]


@dataclass(frozen=True, slots=True)
class Post:
    """How mail leaves this installation: the server's address, the sender, who writes the text."""

    server_url: str
    sender: str
    compose: Compose


def send_due(database: Database, post: Post) -> int:
    """Send what is due, and return how many messages the mail server took.

    Once the server cannot be reached the others wait for the next ring: one after the other they
    would keep this worker from its syncs.
    """
    with database.read() as session:
        waiting = notices.people_due(session)
    sent = 0
    for user_id in waiting:
        try:
            sent += _send_to(database, post, user_id)
        except _ServerAway:
            break
    return sent


class _ServerAway(Exception):
    """The mail server did not answer; what was claimed is planned anew."""


def _send_to(database: Database, post: Post, user_id: str) -> bool:
    with database.write() as session:
        claimed = notices.claim(session, user_id)
        told = notices.told(session, claimed)
        user = session.get_one(User, user_id)
    if not claimed:
        return False  # another worker was faster
    try:  # ValueError: an address that cannot stand in a message
        letter = post.compose(user, told)
        letter["From"], letter["To"] = post.sender, user.email
        letter["Message-ID"] = f"<{claimed[0]}.{len(claimed)}@{_domain(post.sender)}>"
        hand_over(post.server_url, letter)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        log.warning("a notice could not be sent: %s", _words(error))
        with database.write() as session:
            notices.mark_failed(session, claimed, _words(error))
        if _is_away(error):
            raise _ServerAway from None
        return False
    with database.write() as session:
        notices.mark_sent(session, claimed)
    return True


def hand_over(server_url: str, letter: EmailMessage) -> None:
    """Give a message to the mail server.

    ``smtps://`` is encrypted from the start; ``smtp://`` turns encryption on where the server
    offers it. A password never leaves this machine without.

    :raises smtplib.SMTPException: if the server refuses.
    :raises OSError: if it cannot be reached.
    """
    parts = urlsplit(server_url)
    with _connect(parts) as server:
        if parts.scheme == "smtp":
            _encrypt_where_offered(server, parts)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(letter)


def _connect(parts: SplitResult) -> smtplib.SMTP:
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE_SECONDS, context=context)
    return smtplib.SMTP(host, parts.port or 25, timeout=PATIENCE_SECONDS)


def _encrypt_where_offered(server: smtplib.SMTP, parts: SplitResult) -> None:
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    elif parts.username and not _is_this_machine(parts.hostname or ""):
        raise smtplib.SMTPNotSupportedError(
            "the mail server offers no encryption, and the password would travel in the clear"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].strip("<> ") or "cardsync"


def _is_away(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)


def _words(error: Exception) -> str:
    """Return what a mail server said; never the password, which it is not told to repeat."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return f"{error.smtp_code} {text}"[:ERROR_MAX]
    return (str(error) or type(error).__name__)[:ERROR_MAX]
