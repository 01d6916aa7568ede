"""A person who presses the relaunch icon now and then, through HTTP, whatever the web does."""

import random
import re
import time
from collections.abc import Sequence

import httpx2

from tests.support.chaos.setting import ADMIN, Fed
from webapp.demo.cast import PASSWORD

TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
PATIENCE_SECONDS = 5.0
# The database may be away for a moment: then the page says so, and the person tries again.
AWAY = range(500, 600)


class Person:
    """The administrator of the company, logged in with a real browser's headers."""

    def __init__(self, url: str, feeds: Sequence[Fed], draw: random.Random) -> None:
        self.feeds = [one for one in feeds if one.of_company]
        self.draw = draw
        self.client = httpx2.Client(
            base_url=url, timeout=PATIENCE_SECONDS, headers={"Sec-Fetch-Site": "same-origin"}
        )
        self.token = ""
        self.presses = self.answered = 0
        self.slowest = 0.0

    def press(self) -> bool:
        """Press the icon of one interface; false where nobody answered."""
        answer = self.relaunch()
        if answer is None or answer.status_code in AWAY:
            return False
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:500]}"
        return True

    def relaunch(self) -> httpx2.Response | None:
        """Press the icon of one interface and return the answer, if there is one."""
        one = self.draw.choice(self.feeds)
        self.presses += 1
        try:
            if not self.token:
                self._log_in()
            began = time.monotonic()
            answer = self.client.post(
                f"{_place(one)}/sync",
                data={"csrf_token": self.token, "place": "page"},
                headers={"HX-Request": "true"},
            )
        except httpx2.HTTPError:
            return None
        if answer.status_code not in AWAY:
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answered += 1
        return answer

    def page(self) -> httpx2.Response | None:
        """Open the page of an interface, logged in; nothing while nobody answers."""
        try:
            if not self.token:
                self._log_in()
            return self.client.get(_place(self.feeds[0])) if self.token else None
        except httpx2.HTTPError:
            return None

    def _log_in(self) -> None:
        form = {"email": ADMIN, "password": PASSWORD, "csrf_token": self._token()}
        answer = self.client.post("/login", data=form)
        if answer.status_code == 303:
            self.token = self._token()

    def _token(self) -> str:
        found = TOKEN.search(self.client.get("/no-such-page").text)
        return found[1] if found else ""

    def close(self) -> None:
        """Close the browser."""
        self.client.close()


def _place(one: Fed) -> str:
    return f"/configuration/imports/{one.entity_id}/interfaces/{one.interface_id}"
