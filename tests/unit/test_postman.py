"""A password for the mail server never travels without encryption."""

import smtplib
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.support.mail_server import mail_server
from webapp.jobs.postman import _encrypt_where_offered, hand_over


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "Été"
    message.set_content("Bonjour\n.\nfin\n")
    return message


def test_a_message_arrives_as_it_was_written() -> None:
    with mail_server() as server:
        hand_over(server.url, letter())
        (taken,) = server.letters
    assert taken["Subject"] == "Été"
    assert taken.get_content().splitlines() == ["Bonjour", ".", "fin"]


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("smtp://user:hunter2@mail.example.org", True),
        ("smtp://user:hunter2@127.0.0.1", False),
        ("smtp://mail.example.org", False),
    ],
)
def test_a_server_without_encryption_gets_no_password(address: str, refused: bool) -> None:
    with mail_server() as server:
        place = urlsplit(server.url)
        with smtplib.SMTP(str(place.hostname), int(place.port or 0), timeout=5) as client:
            if refused:
                with pytest.raises(smtplib.SMTPNotSupportedError, match="in the clear"):
                    _encrypt_where_offered(client, urlsplit(address))
            else:
                _encrypt_where_offered(client, urlsplit(address))
