"""The tabs of the top bar and the pages under "Configuration", each shown to whom it concerns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import current_app, request
from flask_babel import LazyString, lazy_gettext

from webapp.domain.people import Right
from webapp.views.access import visitor
from webapp.views.open_questions import open_questions


@dataclass(frozen=True, slots=True)
class Page:
    """A page one can go to: shown where the right to it is held in some legal entity.

    ``also``: further blueprints whose pages lie below this one. ``unless``: those who hold that
    right find the page under another tab. ``short``: what a narrow screen has room for.
    ``waiting``: counts what waits for the visitor there.
    """

    endpoint: str
    label: LazyString
    icon: str
    right: Right
    also: tuple[str, ...] = ()
    unless: Right | None = None
    short: LazyString | None = None
    waiting: Callable[[], int] | None = None

    @property
    def concept(self) -> str:
        """Return the blueprint the page belongs to."""
        return self.endpoint.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the top bar: it leads to the first of its pages that the visitor may open."""

    label: LazyString
    icon: str
    pages: tuple[Page, ...]


EXPENSES = Tab(
    lazy_gettext("My expenses"),
    "receipt-text",
    (Page("expenses.index", lazy_gettext("My expenses"), "receipt-text", Right.OWN_EXPENSES),),
)
REPORTS = Tab(
    lazy_gettext("My reports"),
    "scroll-text",
    (Page("reports.index", lazy_gettext("My reports"), "scroll-text", Right.OWN_EXPENSES),),
)
APPROVALS = Tab(
    lazy_gettext("To approve"),
    "list-checks",
    (Page("approvals.index", lazy_gettext("To approve"), "list-checks", Right.APPROVE),),
)
CONFIGURATION = Tab(
    lazy_gettext("Configuration"),
    "settings",
    (
        Page(
            "imports.index",
            lazy_gettext("Configuration of expense imports"),
            "landmark",
            Right.CONFIGURE,
            ("history", "undoing"),
            short=lazy_gettext("Imports"),
        ),
        Page(
            "questions.index",
            lazy_gettext("Questions"),
            "circle-help",
            Right.CONFIGURE,
            ("same_purchase",),
            waiting=open_questions,
        ),
        Page("connectors.index", lazy_gettext("Connectors"), "plug", Right.CONFIGURE),
        Page("people.index", lazy_gettext("People"), "users", Right.CONFIGURE, ("entities",)),
        Page("support.index", lazy_gettext("Search"), "search", Right.CONFIGURE),
        Page("audit.index", lazy_gettext("Audit trail"), "scroll-text", Right.CONFIGURE),
    ),
)
# For those who inspect without configuring; administrators find both pages under Configuration.
SUPPORT = Tab(
    lazy_gettext("Support"),
    "life-buoy",
    (
        Page(
            "support.index",
            lazy_gettext("Search"),
            "search",
            Right.INSPECT,
            ("history", "undoing"),
            Right.CONFIGURE,
        ),
        Page(
            "connectors.index",
            lazy_gettext("Connectors"),
            "plug",
            Right.INSPECT,
            unless=Right.CONFIGURE,
        ),
        Page(
            "help_desk.index",
            lazy_gettext("Requests for help"),
            "inbox",
            Right.INSPECT,
            unless=Right.CONFIGURE,
        ),
        Page(
            "bank_requests.index",
            lazy_gettext("Missing banks"),
            "landmark",
            Right.INSPECT,
            unless=Right.CONFIGURE,
        ),
    ),
)
TABS = (EXPENSES, REPORTS, APPROVALS, CONFIGURATION, SUPPORT)


def open_pages(tab: Tab) -> Sequence[Page]:
    """Return the pages of ``tab`` that exist and that this visitor may open."""
    person = visitor()
    if person is None:
        return []
    return [
        page
        for page in tab.pages
        if page.endpoint in current_app.view_functions
        and person.scope.entities(page.right)
        and not (page.unless and person.scope.entities(page.unless))
    ]


def open_tabs() -> Sequence[tuple[Tab, Sequence[Page]]]:
    """Return the tabs of this visitor, each with the pages under it."""
    return [(tab, pages) for tab in TABS if (pages := open_pages(tab))]


def is_current(place: Tab | Page) -> bool:
    """Say whether the page being shown belongs to ``place`` by its blueprint."""
    pages = place.pages if isinstance(place, Tab) else (place,)
    return any(request.blueprint in (page.concept, *page.also) for page in pages)
