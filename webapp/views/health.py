"""For supervisors and load balancers: does this process answer, and does its database?"""

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from webapp.storage import people
from webapp.views.access import public, services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def show() -> Response:
    """Answer 200 when the database answers, else 503."""
    try:
        with services().database.read() as session:
            people.any_group(session)
    except SQLAlchemyError:
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
