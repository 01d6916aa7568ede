"""“My bank is missing”: an admin asks, support sees the request and answers it (R48)."""

import re

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.people import Right
from webapp.storage import bank_requests, people
from webapp.storage.bank_requests import Asker
from webapp.views import connecting
from webapp.views.access import (
    current_scope,
    current_user,
    entity_or_404,
    needs,
    now,
    scoped_or_404,
    services,
)
from webapp.views.missing_banks import AnswerForm, MissingBankForm
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("bank_requests", __name__)

PAGE_SIZE = 50
_ID = re.compile(r"[0-9A-Z]{26}")


@blueprint.post("/configuration/imports/<entity_id>/missing-bank")
@needs(Right.CONFIGURE)
def ask(entity_id: str) -> Response:
    """Record that a bank is missing, or join the request that was made before."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    form = MissingBankForm()
    if not form.validate():
        return connecting.add_page(entity, missing_form=form, status=422)
    with services().database.write() as session:
        by = Asker(current_user().id, entity, now())
        made = bank_requests.ask(session, by, form.bank.data, form.note.data)
        name, times = made.name, made.times
    if times == 1:
        announce(_("“%(name)s” is recorded: support sees it, and answers here.", name=name))
    else:
        announce(
            ngettext(
                "“%(name)s” was asked for before: your request joins the earlier one.",
                "“%(name)s” was asked for before: your request joins the %(num)d earlier ones.",
                times - 1,
                name=name,
            )
        )
    return see_other(url_for("imports.add", entity_id=entity.id))


@blueprint.get("/support/missing-banks")
@needs(Right.INSPECT)
def index() -> Response:
    """List the banks that are missing, the last asked for first."""
    return _page()


@blueprint.post("/support/missing-banks/<bank_request_id>")
@needs(Right.INSPECT)
def answer(bank_request_id: str) -> Response:
    """Mark a request answered, with words for those who asked."""
    with services().database.read() as session:
        found = scoped_or_404(bank_requests.find(session, bank_request_id), Right.INSPECT)
        entity = people.legal_entity(session, found.legal_entity_id)
    assert entity is not None  # noqa: S101  # a request belongs to one
    form = AnswerForm()
    if not form.validate():
        return _page(refused=found.id, form=form, status=422)
    with services().database.write() as session:
        by = Asker(current_user().id, entity, now())
        bank_requests.answer(session, by, found.id, form.answer.data)
    announce(_("“%(name)s” is answered: %(entity)s sees it.", name=found.name, entity=entity.name))
    return see_other(url_for(".index"))


def _page(*, refused: str = "", form: AnswerForm | None = None, status: int = 200) -> Response:
    show = "all" if request.args.get("show") == "all" else "open"
    before = request.args.get("before", "")
    with services().database.read() as session:
        rows = bank_requests.page(
            session,
            current_scope().entities(Right.INSPECT),
            only_open=show == "open",
            before=before if _ID.fullmatch(before) else None,
            limit=PAGE_SIZE + 1,
        )
    return render_page(
        "bank_requests/index.html",
        status=status,
        rows=rows[:PAGE_SIZE],
        older=rows[PAGE_SIZE - 1][0].id if len(rows) > PAGE_SIZE else None,
        newest=not before,
        show=show,
        refused=refused,
        form=form or AnswerForm(formdata=None),
    )
