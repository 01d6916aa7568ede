"""Receipts as people hand them in and get them back."""

from pathlib import Path

from flask import Blueprint, Response, abort, send_file
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from webapp.domain.expense_lines import ExpenseLine
from webapp.domain.people import Right
from webapp.domain.receipts import MAX_BYTES, MediaType, Refusal
from webapp.storage import expense_lines, receipts
from webapp.storage.receipts import ReceiptStore
from webapp.views.access import current_scope, current_user, needs, scoped_or_404, services

blueprint = Blueprint("receipts", __name__)


def store() -> ReceiptStore:
    """Return the folder in which this installation keeps its receipts."""
    return ReceiptStore(services().settings.folder.files / "receipts")


@blueprint.get("/receipts/<receipt_id>")
@needs(Right.OWN_EXPENSES)
def show(receipt_id: str) -> Response:
    """Give a receipt to whom it concerns, in a way that lets nothing in it run.

    That is the holder of its expense; and once the expense is in a submitted report, those who may
    approve in its legal entity.
    """
    entities = current_scope().entities()
    with services().database.read() as session:
        receipt = scoped_or_404(receipts.find(session, receipt_id, entities), Right.OWN_EXPENSES)
        expense = expense_lines.find(session, receipt.expense_id, entities)
    if expense is None or not _concerns(expense):
        abort(403)
    path = store().path(receipt.id)
    if not path.is_file():
        raise FileNotFoundError(f"the file of receipt {receipt.id} is not in {path.parent.parent}")
    return _harmless(path, receipt.media_type, receipt.file_name)


def _concerns(expense: ExpenseLine) -> bool:
    if expense.user_id == current_user().id:
        return True
    return expense.locked and current_scope().allows(Right.APPROVE, expense.legal_entity_id)


def _harmless(path: Path, media_type: str, name: str) -> Response:
    response = send_file(
        path,
        mimetype=media_type,
        # An image was encoded by us; a PDF is a stranger's, and is never opened as our page.
        as_attachment=media_type == MediaType.PDF.value,
        download_name=name,
        conditional=False,
        etag=False,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def read_upload(upload: FileStorage | None) -> bytes | None:
    """Return the bytes of an uploaded file, nothing if none was chosen.

    Reads one byte more than a receipt may have, so that a larger one is known without reading it.
    """
    if upload is None or not upload.filename:
        return None
    return upload.stream.read(MAX_BYTES + 1)


def refusal_text(refusal: Refusal) -> str:
    """Say why a file was not taken, and what to do."""
    texts = {
        Refusal.EMPTY: _("This file is empty. Choose the photo or the PDF of the receipt again."),
        Refusal.TOO_LARGE: _(
            "This file is larger than 10 MB. Take the photo at a lower resolution, "
            "or save the PDF in a smaller size."
        ),
        Refusal.UNKNOWN_TYPE: _(
            "This is neither a photo (JPEG, PNG, WebP) nor a PDF. "
            "Take a photo of the receipt, or save it as a PDF."
        ),
        Refusal.HEIC: _(
            "This photo is in Apple's HEIC format, which is not accepted. "
            "Share it as JPEG, or take a screenshot of it."
        ),
        Refusal.DAMAGED: _(
            "This file is damaged or cut off. Open it to check, then choose it again, "
            "or take a new photo."
        ),
        Refusal.TOO_MANY_PIXELS: _(
            "This image has more than 40 million pixels. Take the photo at a lower resolution."
        ),
    }
    return str(texts[refusal])
