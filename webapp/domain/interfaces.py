"""States of an interface, and who must act in each."""

from enum import StrEnum


class InterfaceState(StrEnum):
    """Where an interface stands. Only the states that need a person have no next run."""

    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    NEEDS_USER = "needs_user"
    REJECTED = "rejected"
    STOPPED = "stopped"


class DueReason(StrEnum):
    """Why an interface is due; ``WEBHOOK``: its source rang (only a doorbell, never data)."""

    FIRST = "first"
    SCHEDULE = "schedule"
    RETRY = "retry"
    DEMAND = "demand"
    WEBHOOK = "webhook"


class Trigger(StrEnum):
    """What started a sync run."""

    FIRST = "first"
    SCHEDULE = "schedule"
    RETRY = "retry"
    DEMAND = "demand"
    WEBHOOK = "webhook"
    COMMAND = "command"
    FILE = "file"


class Outcome(StrEnum):
    """How a sync run ended; ``RUNNING`` until then."""

    RUNNING = "running"
    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Actor(StrEnum):
    """Who must act next after a failure."""

    NOBODY = "nobody"
    ADMIN = "admin"
    INTEGRATOR = "integrator"


class ImportMode(StrEnum):
    """How far back the first sync of an account reaches (R64, D-B)."""

    START_OF_MONTH = "start_of_month"
    SINCE_DATE = "since_date"
    ALL_AVAILABLE = "all_available"
    ONLY_NEW = "only_new"


def usual_import_mode(*, household: bool) -> ImportMode:
    """Return the mode a new account is given until another is chosen (D-B)."""
    return ImportMode.ALL_AVAILABLE if household else ImportMode.START_OF_MONTH
