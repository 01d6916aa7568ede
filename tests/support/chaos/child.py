"""What is different in the processes under chaos; imported by each of them before anything else.

A minute is too long a lease for a minute of chaos, so the times of lease, doorbell and shift are
cut short here, in the processes under test: the product has no setting for it, nor any hook. Where
the test of the test asks for it, the fence is taken out as well.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

LEASE_ENVIRONMENT = "CHAOS_LEASE_SECONDS"
FENCE_ENVIRONMENT = "CHAOS_WITHOUT_FENCE"
NOTES_ENVIRONMENT = "CHAOS_NOTES"
BROKEN = 70


def change_this_process() -> None:
    """Cut the times short in every module that took them over by name.

    :raises AttributeError: if the product has no such time any more.
    """
    import webapp.jobs.clock
    import webapp.jobs.tasks
    import webapp.jobs.worker  # noqa: F401
    from webapp.storage import leases

    lease = timedelta(seconds=float(os.environ[LEASE_ENVIRONMENT]))
    times: dict[str, Any] = {
        "LEASE": lease,
        "BUCKET_SECONDS": 1,
        "TIDY_EVERY_SECONDS": 1.0,
        "REAP_EVERY": 1.0,
        "PICKED_AGAIN_AFTER": 0.5,
    }
    assert lease < leases.LEASE
    for name, module in list(sys.modules.items()):
        if name.startswith("webapp."):
            for constant in times.keys() & vars(module).keys():
                setattr(module, constant, times[constant])
    _note_who_is_fenced_off(leases)
    if FENCE_ENVIRONMENT in os.environ:
        _take_the_fence_out(leases)


def _note_who_is_fenced_off(leases: Any) -> None:
    """Leave a line for each worker that finds itself fenced off, for the table."""

    def note(self: Exception, *args: object) -> None:
        Exception.__init__(self, *args)
        with Path(os.environ[NOTES_ENVIRONMENT]).open("a", encoding="utf-8") as notes:
            notes.write("fenced off\n")

    leases.FencedOff.__init__ = note


def _take_the_fence_out(leases: Any) -> None:
    """Let every worker write, whoever has taken its interface over meanwhile."""
    from sqlalchemy import update
    from sqlmodel import col

    def write_anyway(session: Any, claimed: Any, **values: object) -> bool:
        table = leases.Interface
        session.connection().execute(
            update(table).where(col(table.id) == claimed.interface_id).values(**values)
        )
        return False

    assert callable(leases._write)
    leases._write = write_anyway


if LEASE_ENVIRONMENT in os.environ:
    try:
        change_this_process()
    except BaseException:  # noqa: BLE001
        # The interpreter only prints what goes wrong here and goes on: with the usual times.
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        os._exit(BROKEN)
