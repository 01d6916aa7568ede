"""Deliveries as they were kept, read from the database or from files, to be replayed."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from webapp.storage.runs import Delivery, SyncRun


class Altered(Exception):
    """A delivery is not as it was kept; nothing is replayed."""


@dataclass(frozen=True, slots=True, order=True)
class KeptRun:
    """The run that brought a delivery; ordered as runs are replayed. ``as_of`` is in UTC."""

    as_of: datetime
    id: str
    entity_id: str
    interface_id: str
    source: str
    trigger: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One delivery: its rows as interchange lines, and what else the batch told."""

    run: KeptRun
    number: int
    first_position: int
    sha256: str
    lines: tuple[str, ...]
    told: Mapping[str, Any]

    def check(self) -> None:
        """Compare the rows with the digest that was taken when they came.

        :raises Altered: naming the delivery.
        """
        if _digest(self.lines) != self.sha256:
            raise Altered(f"delivery {self.run.id}/{self.number} was altered since it was kept")


def kept_deliveries(session: Session, entity_id: str | None = None) -> list[Kept]:
    """Return every stored delivery, of one legal entity or of all, but those of undone runs.

    :raises Altered: if one is not as it was kept.
    """
    query = select(Delivery, SyncRun).join(SyncRun, col(SyncRun.id) == col(Delivery.run_id))
    query = query.where(col(SyncRun.undone_at).is_(None))
    if entity_id is not None:
        query = query.where(SyncRun.legal_entity_id == entity_id)
    query = query.order_by(col(SyncRun.as_of), col(SyncRun.id), col(Delivery.number))
    found = [_kept(delivery, run) for delivery, run in session.exec(query)]
    for one in found:
        one.check()
    return found


def by_run(kept: Iterable[Kept]) -> dict[KeptRun, list[Kept]]:
    """Return each delivery once, under its run, however often and in which order they are given.

    :raises Altered: if one was altered, or is given in two versions.
    """
    once: dict[tuple[KeptRun, int], Kept] = {}
    for one in kept:
        one.check()
        if once.setdefault((one.run, one.number), one) != one:
            raise Altered(f"delivery {one.run.id}/{one.number} is given in two versions")
    runs: dict[KeptRun, list[Kept]] = {}
    for key in sorted(once):
        runs.setdefault(key[0], []).append(once[key])
    ids = [run.id for run in runs]
    if len(set(ids)) < len(ids):
        raise Altered("two files tell otherwise of the same run")
    return runs


def to_lines(deliveries: Sequence[Kept]) -> Iterator[str]:
    """Yield the lines of a ``.jsonl`` file: before the rows of a delivery one line about it."""
    for one in deliveries:
        run = {**asdict(one.run), "as_of": one.run.as_of.isoformat()}
        about = {
            "run": run,
            "number": one.number,
            "first_position": one.first_position,
            "rows": len(one.lines),
            "sha256": one.sha256,
            "told": one.told,
        }
        yield json.dumps({"delivery": about}, ensure_ascii=False, separators=(",", ":"))
        yield from one.lines


def from_lines(lines: Iterable[str]) -> Iterator[Kept]:
    """Yield the deliveries of a file that :func:`to_lines` wrote.

    :raises Altered: if it is none, or not whole.
    """
    rest = iter(lines)
    for line in rest:
        try:
            about = json.loads(line)["delivery"]
            values = {one.name: str(about["run"][one.name]) for one in fields(KeptRun)}
            as_of = datetime.fromisoformat(values.pop("as_of"))
            run = KeptRun(as_of=as_of, **values)
            rows = tuple(next(rest).rstrip("\n") for _ in range(about["rows"]))
            kept = Kept(
                run,
                int(about["number"]),
                int(about["first_position"]),
                str(about["sha256"]),
                rows,
                dict(about["told"]),
            )
        except (ValueError, KeyError, TypeError, RuntimeError) as error:
            raise Altered(f"no whole file of deliveries: {error}") from error
        yield kept


def _kept(delivery: Delivery, run: SyncRun) -> Kept:
    return Kept(
        KeptRun(
            run.as_of,
            run.id,
            run.legal_entity_id,
            run.interface_id,
            run.source,
            run.trigger,
            run.outcome,
        ),
        delivery.number,
        delivery.first_position,
        delivery.sha256,
        lines_of(delivery),
        delivery.told or {},
    )


def lines_of(delivery: Delivery) -> tuple[str, ...]:
    """Return the rows of a stored delivery as the lines they came in.

    :raises Altered: if they cannot be read.
    """
    try:
        text = zlib.decompress(delivery.body).decode()
    except (zlib.error, ValueError) as error:
        raise Altered(f"delivery {delivery.run_id}/{delivery.number} cannot be read") from error
    return tuple(text.split("\n")) if delivery.rows else ()


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
