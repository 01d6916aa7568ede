"""Receipt files: handed in with an expense, kept safely, given back to their owner only."""

import re
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text
from sqlmodel import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, stream_encode_multipart

from tests.support.office import Office
from tests.support.web import HTMX, Browser
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Role
from webapp.domain.receipts import MAX_BYTES, MediaType
from webapp.storage.database import Database
from webapp.storage.expenses import Receipt
from webapp.storage.people import User
from webapp.storage.receipts import ReceiptStore

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n0\n%%EOF\n"
HTML = b"<!doctype html><script>alert(document.domain)</script>"


def photo(name: str = "JPEG", colour: str = "white") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (60, 80), colour).save(buffer, name)
    return buffer.getvalue()


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def entity(office: Office) -> str:
    return office.entity()


class Holder:
    """A person with one expense, who hands in receipts for it."""

    def __init__(self, app: Flask, office: Office, entity: str, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.id = office.person(entity=entity)
        self.browser = Browser(app)
        self.browser.client.set_cookie("cardsync-login", office.log_in(self.id))
        self.expense = office.expense(office.card(entity, self.id))

    def hand_in(self, content: bytes, name: str = "ticket.pdf", **form: Any) -> TestResponse:
        """Send the form of the expense with a file."""
        htmx = form.pop("htmx", False)
        fields = {
            "csrf_token": self.browser.token(),
            "version": self.office.stored(self.expense).version,
            "receipt": FileStorage(BytesIO(content), filename=name, name="receipt"),
            **form,
        }
        # In memory: the client leaves the temporary file of a large form open.
        stream, length, boundary = stream_encode_multipart(fields, use_tempfile=False)
        return self.browser.client.post(
            f"/expenses/{self.expense}",
            headers={"Sec-Fetch-Site": "same-origin", **(HTMX if htmx else {})},
            input_stream=stream,
            content_length=length,
            content_type=f"multipart/form-data; boundary={boundary}",
        )

    def rows(self) -> list[Receipt]:
        """Return the receipts the database knows."""
        with self.office.database.read() as session:
            return list(session.exec(select(Receipt)))

    def files(self) -> list[str]:
        """Return the names of the files there are, hidden ones too."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def holder(app: Flask, office: Office, entity: str, settings: Settings) -> Holder:
    return Holder(app, office, entity, settings.folder.files)


def test_a_receipt_is_kept_under_an_id_of_ours_with_its_digest(holder: Holder) -> None:
    holder.hand_in(PDF, "Déjeuner.pdf")
    (row,) = holder.rows()
    assert holder.files() == [row.id]
    assert (row.file_name, row.media_type, row.size) == (
        "Déjeuner.pdf",
        "application/pdf",
        len(PDF),
    )
    assert row.sha256 == sha256(PDF).hexdigest()
    assert (row.uploaded_by, row.expense_id) == (holder.id, holder.expense)
    stored = next(path for path in holder.folder.rglob(row.id))
    assert stored.read_bytes() == PDF
    assert stored.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "name", "media_type", "disposition"),
    [
        (PDF, "ticket.pdf", "application/pdf", "attachment; filename=ticket.pdf"),
        (photo("JPEG"), "photo.jpg", "image/jpeg", "inline; filename=photo.jpg"),
        (photo("PNG"), "photo.png", "image/png", "inline; filename=photo.png"),
        (photo("WEBP"), "photo.webp", "image/webp", "inline; filename=photo.webp"),
        (
            PDF,
            "été €.pdf",
            "application/pdf",
            "attachment; filename=\"ete .pdf\"; filename*=UTF-8''%C3%A9t%C3%A9%20%E2%82%AC.pdf",
        ),
        (photo("PNG"), "page.html", "image/png", "inline; filename=page.png"),
        (PDF, 'a"; x="\r\nSet-Cookie: a=b.pdf', "application/pdf", None),
    ],
)
def test_a_receipt_is_given_back_so_that_nothing_in_it_can_run(
    holder: Holder, content: bytes, name: str, media_type: str, disposition: str | None
) -> None:
    holder.hand_in(content, name)
    (row,) = holder.rows()
    answer = holder.browser.get(f"/receipts/{row.id}")
    assert answer.status_code == 200
    assert answer.mimetype == media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    if disposition is not None:
        assert answer.headers["Content-Disposition"] == disposition
    assert sha256(answer.data).hexdigest() == row.sha256


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.pdf", "This file is empty"),
        (PDF + b" " * MAX_BYTES, "large.pdf", "larger than 10 MB"),
        (HTML, "page.pdf", "neither a photo"),
        (b"<svg onload='alert(1)'/>", "drawing.png", "neither a photo"),
        (b"GIF89a" + HTML, "animation.gif", "neither a photo"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "IMG_1.HEIC", "HEIC"),
        (b"\xff\xd8\xff\xe0" + HTML, "photo.jpg", "damaged"),
    ],
)
def test_a_file_that_is_no_receipt_is_refused_and_nothing_is_kept(
    holder: Holder, content: bytes, name: str, words: str
) -> None:
    answer = holder.hand_in(content, name, htmx=True, comment="Typed before")
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Typed before" in answer.text
    assert (holder.rows(), holder.files()) == ([], [])
    assert holder.office.stored(holder.expense).version == 1


def test_a_refusal_speaks_French_to_the_French(holder: Holder) -> None:
    holder.office.change(User, holder.id, locale="fr")
    assert "10 Mo" in holder.hand_in(PDF + b" " * MAX_BYTES).text


def test_a_request_beyond_every_limit_is_refused_before_it_is_read(
    holder: Holder, settings: Settings
) -> None:
    declared = (settings.max_upload_mb + 2) * 1024 * 1024
    answer = holder.browser.client.post(
        f"/expenses/{holder.expense}",
        headers={"Sec-Fetch-Site": "same-origin"},
        input_stream=BytesIO(),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(declared)},
    )
    assert answer.status_code == 413


def test_another_file_replaces_the_receipt_and_the_old_one_is_deleted(holder: Holder) -> None:
    holder.hand_in(PDF, "first.pdf")
    holder.hand_in(photo(), "second.jpg")
    (row,) = holder.rows()
    assert row.file_name == "second.jpg"
    assert holder.files() == [row.id]


def test_the_same_file_again_changes_nothing(holder: Holder) -> None:
    holder.hand_in(PDF, "first.pdf")
    (before,) = holder.rows()
    holder.hand_in(PDF, "again.pdf")
    assert holder.rows() == [before]
    assert holder.files() == [before.id]
    assert holder.office.stored(holder.expense).version == 2


def test_a_removed_receipt_is_gone_from_rows_and_disk(holder: Holder) -> None:
    holder.hand_in(PDF)
    (row,) = holder.rows()
    page = holder.browser.get(f"/expenses/{holder.expense}").text
    assert re.search(r'name="action" value="remove"', page)
    holder.browser.post(f"/expenses/{holder.expense}", {"version": 2, "action": "remove"})
    assert (holder.rows(), holder.files()) == ([], [])
    assert holder.browser.get(f"/receipts/{row.id}").status_code == 404


def test_Enter_saves_and_never_removes(holder: Holder) -> None:
    """The first button of a form is what Enter presses."""
    holder.hand_in(PDF)
    page = holder.browser.get(f"/expenses/{holder.expense}").text
    form = re.search(r'<form class="completion".*?</form>', page, re.S)
    assert form
    first = re.search(r"<button[^>]*>", form[0])
    assert first
    assert "remove" not in first[0]


def test_a_file_whose_row_cannot_be_written_is_not_left_behind(
    holder: Holder, database: Database
) -> None:
    refuse_rows = (
        "CREATE TRIGGER refuse BEFORE INSERT ON receipt BEGIN SELECT RAISE(ABORT, 'no'); END"
        if database.is_sqlite
        else "ALTER TABLE receipt ADD CONSTRAINT refuse CHECK (size < 0) NOT VALID"
    )
    with database.write() as session:
        session.execute(text(refuse_rows))
    assert holder.hand_in(PDF).status_code == 500
    assert (holder.rows(), holder.files()) == ([], [])


def test_a_file_that_comes_with_a_refused_category_is_not_left_behind(holder: Holder) -> None:
    assert holder.hand_in(PDF, category="nobody's").status_code == 422
    assert (holder.rows(), holder.files()) == ([], [])


def test_a_full_disk_leaves_no_part_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        ReceiptStore(tmp_path).keep(PDF)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../secret.key", "a/b", "..", "", "a\x00b", "é"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        ReceiptStore(tmp_path).path(name)


@pytest.mark.parametrize(
    ("role", "same_entity", "status"),
    [
        (Role.EMPLOYEE, True, 403),
        (Role.ADMIN, True, 403),
        (Role.SUPPORT, True, 403),
        (Role.ADMIN, False, 404),
    ],
)
def test_R33_somebody_elses_receipt_is_403_inside_ones_entities_and_404_outside(
    app: Flask,
    office: Office,
    entity: str,
    holder: Holder,
    role: Role,
    same_entity: bool,
    status: int,
) -> None:
    holder.hand_in(PDF)
    (row,) = holder.rows()
    other = office.person(entity=entity if same_entity else office.entity("Other"), role=role)
    browser = Browser(app)
    browser.client.set_cookie("cardsync-login", office.log_in(other))
    assert browser.get(f"/receipts/{row.id}").status_code == status
    assert Browser(app).get(f"/receipts/{row.id}").location.startswith("/login")


def test_a_receipt_whose_file_is_lost_is_our_mistake_and_said_so(holder: Holder) -> None:
    holder.hand_in(PDF)
    (row,) = holder.rows()
    next(path for path in holder.folder.rglob(row.id)).unlink()
    assert holder.browser.get(f"/receipts/{row.id}").status_code == 500


def test_every_kind_that_is_taken_can_be_chosen_in_the_form(holder: Holder) -> None:
    page = holder.browser.get(f"/expenses/{holder.expense}").text
    accept = re.search(r'accept="([^"]*)"', page)
    assert accept
    assert set(accept[1].split(",")) == set(MediaType)
