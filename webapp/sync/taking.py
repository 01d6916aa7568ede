"""Take over what is due: several interfaces at once, within what each source bears."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from webapp.domain.interfaces import Trigger
from webapp.domain.turns import Due, take_turns
from webapp.storage.budgets import lock_budgets
from webapp.storage.clock import lease_now
from webapp.storage.leases import Claim, claim_many
from webapp.storage.picking import fetches_under_way
from webapp.storage.rhythms import rhythms_of
from webapp.storage.runs import new_run
from webapp.sync.job import Engine
from webapp.sync.next_run import begun


@dataclass(frozen=True, slots=True)
class Taken:
    """An interface taken over, with the run that is open for it."""

    due: Due
    claim: Claim
    run_id: str


@dataclass(frozen=True, slots=True)
class Seats:
    """How many fetches a worker can begin, and who holds those under way.

    ``share``: the most that one group may hold. ``held``: by group.
    """

    free: int
    share: int
    held: Mapping[str, int]


def take(
    engine: Engine, due: Sequence[Due], seats: Seats, *, owner: str, now: datetime
) -> list[Taken]:
    """Claim those of ``due`` whose turn it is, and open their runs, in one transaction.

    Others may have taken some of them meanwhile: what comes back is ours alone.
    """
    with engine.database.write() as session:
        chosen = take_turns(
            due,
            seats=seats.free,
            share=seats.share,
            held=seats.held,
            room=room_at(session, engine, {one.connector for one in due}),
        )
        by_id = {one.interface_id: one for one in chosen}
        claims = claim_many(session, list(by_id), owner=owner, now=now)
        rhythms = rhythms_of(session, [claim.interface_id for claim in claims])
        claims = [begun(claim, rhythms[claim.interface_id]) for claim in claims]
        real = lease_now(session)
        runs = [
            new_run(
                claim,
                real,
                entity_id=by_id[claim.interface_id].legal_entity_id,
                source=by_id[claim.interface_id].connector,
                trigger=Trigger(claim.reason.value),
            )
            for claim in claims
        ]
        session.add_all(runs)
        session.flush()
        return [
            Taken(by_id[claim.interface_id], claim, run.id)
            for claim, run in zip(claims, runs, strict=True)
        ]


def room_at(session: Session, engine: Engine, connectors: Collection[str]) -> dict[str, int]:
    """Return how many more fetches each source bears now; workers take turns in asking."""
    known = [one for one in connectors if one in engine.registry.connectors]
    made = lock_budgets(session, known)
    held = fetches_under_way(session)
    room = {}
    for connector in known:
        quota = engine.registry.connectors[connector].info.quota
        spent = quota.calls_a_minute is not None and made[connector] >= quota.calls_a_minute
        room[connector] = 0 if spent else max(0, quota.at_once - held.get(connector, 0))
    return room
