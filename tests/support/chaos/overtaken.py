"""A worker is stopped in the middle of a walk, another finishes it, and the first wakes up."""

import signal
from datetime import UTC, datetime

from tests.support.chaos.bench import Bench
from tests.support.chaos.child import FENCE_ENVIRONMENT
from tests.support.chaos.judge import Damage
from tests.support.walls import drop_constraint
from tests.support.worker_processes import wait_until

ONE_KEY = "uq_bank_transaction_account_identity_id_identity_key"
# The seventeenth row and the one after it are equal but for their ids; the second walk has two
# pages, and that twin waits for its end while the gate is shut before the second page.
FIRST_WALK, SECOND_WALK = 5, 23


def overtaken(bench: Bench, *, fence: bool, unique: bool) -> tuple[Damage, int]:
    """Play it and return what is damaged, and how many workers found themselves fenced off."""
    if not unique:
        drop_constraint(bench.database, "bank_transaction", ONE_KEY)
    variables = {} if fence else {FENCE_ENVIRONMENT: "1"}
    bench.set(counter=FIRST_WALK)
    (_, first) = bench.fleet.start("clock", "worker", **variables)
    bench.wait_until_good()

    bench.set(counter=SECOND_WALK, gate=True)
    bench.make_due()
    bench.wait_at_the_gate()
    first.signal_all(signal.SIGSTOP)

    bench.set(gate=False)
    began = datetime.now(UTC)
    bench.let_lease_run_out()
    bench.fleet.start("worker", **variables)
    wait_until(lambda: (bench.interface().last_ok_at or began) > began)
    bench.wait_until_good()
    first.signal_all(signal.SIGCONT)
    wait_until(lambda: not first.horses())
    return bench.damage(), bench.fleet.fenced_off
