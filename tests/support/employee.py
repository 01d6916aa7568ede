"""An employee with a card who looks at their expenses and completes them, without a browser."""

import re
from html import unescape
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.office import Office
from tests.support.web import HTMX, Browser

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n0\n%%EOF\n"
_TITLE = re.compile(r'class="row__title row__link"[^>]*>([^<]*)</a>')
_OPENED = re.compile(r'<h3 class="opened__title"[^>]*>([^<]*)</h3>')


class Employee:
    """A person with a card, and their browser."""

    def __init__(self, app: Flask, office: Office, entity: str, **person: Any) -> None:
        self.id = office.person(entity=entity, **person)
        self.card = office.card(entity, self.id)
        self.browser = Browser(app)
        self.browser.client.set_cookie("cardsync-login", office.log_in(self.id))

    def list(self, query: str = "", **options: Any) -> str:
        answer = self.browser.get(f"/expenses{query}", **options)
        assert answer.status_code == 200
        return answer.text

    def complete(
        self, expense: str, *, htmx: bool = False, query: str = "", **form: Any
    ) -> TestResponse:
        fields = {"version": 1, "category": "", "comment": "", **form}
        return self.browser.post(
            f"/expenses/{expense}{query}", fields, headers=HTMX if htmx else {}
        )


def titles(page: str) -> list[str]:
    return [unescape(title) for title in _TITLE.findall(page)]


def opened(page: str) -> list[str]:
    return [unescape(title) for title in _OPENED.findall(page)]


def receipt(content: bytes = PDF, name: str = "ticket.pdf") -> tuple[BytesIO, str]:
    return BytesIO(content), name
