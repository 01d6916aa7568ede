"""Replay: stored deliveries through the real engine, into another database (I6).

Nobody is asked for anything: in the place of each connector stands one that yields what was kept.
Runs are taken in the order in which they took place, each delivery once; what people decided is
done again in between.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlmodel import Session, col, select

from cardsync_sdk.errors import SourceRejected, SourceUnavailable
from cardsync_sdk.hookspecs import hookimpl
from cardsync_sdk.interchange import read_lines
from cardsync_sdk.money import Money
from cardsync_sdk.registry import Connector, Registry, load_connector
from cardsync_sdk.types import (
    AccountKind,
    Batch,
    ConnectorInfo,
    FetchWindow,
    Link,
    RejectedRow,
    RemoteAccount,
)
from webapp.domain.interfaces import Outcome, Trigger
from webapp.storage import leases
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.deliveries import Kept, KeptRun
from webapp.storage.leases import Claim
from webapp.storage.people import LegalEntity
from webapp.storage.runs import close_run, open_run
from webapp.sync.afterwards import look_around
from webapp.sync.gather import Ask
from webapp.sync.job import Engine, Job, account_ref, connector_of, fresh_counters, new_state
from webapp.sync.marks import mark_covered
from webapp.sync.walking import leave_off, walk

OWNER = "replay"
# Runs that were never ended: nothing was decided at their end.
NOT_ENDED = (Outcome.INTERRUPTED, Outcome.RUNNING)
FORGOTTEN = "{}"


class NotReplayable(Exception):
    """What was kept does not fit this installation; the text says what, and what to do."""


@dataclass
class KeptWalk:
    """The deliveries of one walk; ``whole`` if it was settled."""

    refs: tuple[str, ...]
    window: FetchWindow
    from_cursor: bool
    again: bool
    rule: int | None
    accounts: Mapping[str, Mapping[str, Any]]
    everything: bool
    batches: list[Kept] = field(default_factory=list)
    whole: bool = False


def walks_of(deliveries: Sequence[Kept]) -> list[KeptWalk]:
    """Return the walks of one run, in their order.

    :raises NotReplayable: if what a walk asked is not among them.
    """
    walks: dict[int, KeptWalk] = {}
    for one in deliveries:
        number = one.told.get("walk", 0)
        if "asked" in one.told:
            walks[number] = _walk(one.told)
        found = walks.get(number)
        if "settled" in one.told:
            if found is not None and found.batches:
                complete = found.batches[-1].told.get("complete", False)
                found.whole = complete and set(one.told["settled"]) == set(found.refs)
        elif found is None:
            raise NotReplayable(
                f"the first delivery of run {one.run.id} is missing, which says what was asked"
            )
        else:
            found.batches.append(one)
    return list(walks.values())


def _walk(told: Mapping[str, Any]) -> KeptWalk:
    asked = told["asked"]
    return KeptWalk(
        tuple(asked["refs"]),
        _window(asked["days"]),
        asked["from_cursor"],
        asked["again"],
        asked.get("rule"),
        told["accounts"],
        told.get("everything", False),
    )


def _window(days: Sequence[str]) -> FetchWindow:
    return FetchWindow(*(date.fromisoformat(one) for one in days))


class StoredSource:
    """Stands in for a connector: yields the batches of the walk that is set."""

    def __init__(self, info: ConnectorInfo) -> None:
        self.info = info
        self.now: KeptWalk | None = None
        self.facts: Mapping[str, RemoteAccount] = {}

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        """Introduce the connector whose rows these are."""
        return self.info

    @hookimpl
    def fetch_transactions(self) -> Iterator[Batch]:
        """Yield what was kept; a walk that broke off breaks off again."""
        walk_now = self.now
        if walk_now is None:
            raise SourceUnavailable("nothing was kept of this walk")
        left = deque(walk_now.batches)
        while left:
            kept = left.popleft()
            yield self._batch(kept, complete=walk_now.whole and not left)
        if not walk_now.whole:
            raise SourceUnavailable("this walk broke off")

    def _batch(self, kept: Kept, *, complete: bool) -> Batch:
        told = kept.told
        full = told.get("full_window")
        return Batch(
            transactions=tuple(read_lines([one for one in kept.lines if one != FORGOTTEN])),
            removed_ids=[(ref, external_id) for ref, external_id in told.get("removed", ())],
            rejected=[
                RejectedRow(ref, reason, external_id)
                for ref, reason, external_id in told.get("rejected", ())
            ],
            accounts=self._listed(told),
            next_cursor="kept" if told.get("cursor") else None,
            complete=complete,
            finished=told.get("finished", ()),
            full_window=_window(full) if full else None,
        )

    def _listed(self, told: Mapping[str, Any]) -> list[RemoteAccount]:
        """Return the accounts as they were listed; what was taken for another card is one again."""
        if "listed" not in told:
            return []
        refused, balances = told.get("refused", ()), told.get("balances", {})
        listed = [
            _remote(self.facts[ref], balances.get(ref), other=ref in refused)
            for ref in dict.fromkeys([*told["listed"], *refused])
            if ref in self.facts
        ]
        return listed or [RemoteAccount("", "", AccountKind.CARD, "EUR")]


def _remote(known: RemoteAccount, balance: Sequence[Any] | None, *, other: bool) -> RemoteAccount:
    digits = known.number_masked or ""
    another = "".join(str(9 - int(one)) if one.isdigit() else one for one in digits)
    return RemoteAccount(
        known.ref,
        known.name,
        AccountKind.CARD if other else known.kind,
        known.currency,
        number_masked=another if other else digits,
        holder_name="another holder" if other else known.holder_name,
        balance=Money(*balance) if balance else None,
    )


@dataclass
class Replayer:
    """Replays into ``database``; ``runs`` finds the replayed run of one that was kept.

    ``troubles``: what could not be done as it was done in life, in words.
    """

    database: Database
    engine: Engine
    runs: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    @classmethod
    def into(cls, database: Database, like: Engine) -> "Replayer":
        """Return a replayer with the installed connectors of ``like``."""
        registry = Registry(dict(like.registry.connectors))
        return cls(database, Engine(database, registry, like.secrets))

    def play(self, run: KeptRun, deliveries: Sequence[Kept]) -> None:
        """Take one run through the engine.

        :raises NotReplayable: if it does not fit this installation.
        """
        older = all("walk" not in one.told for one in deliveries)
        found = [self._older(run, deliveries)] if older else walks_of(deliveries)
        walks = [one for one in found if one.batches]
        if not walks:
            return
        source = StoredSource(connector_of(self.engine.registry, run.source).info)
        job = self._open(run, walks, load_connector(source))
        self.runs[run.id] = job.state.run_id
        source.facts = {one.external_ref: _known(one) for one in job.accounts}
        failed = False
        for one in walks:
            source.now = one
            failed = not self._walk(run, job, one)
        if failed and run.outcome not in NOT_ENDED:
            leave_off(self.engine, job)
        self._end(run, job)

    def _older(self, run: KeptRun, deliveries: Sequence[Kept]) -> KeptWalk:
        """Return what a run gave that was kept before a delivery said what was asked: one walk."""
        with self.database.read() as session:
            query = select(Account).where(Account.interface_id == run.interface_id)
            facts = {one.external_ref: _facts(one) for one in session.exec(query)}
        self.troubles.append(
            f"run {run.id} was kept by an older cardsync: it is replayed as one walk, with the "
            "settings of today"
        )
        return KeptWalk(
            tuple(facts),
            FetchWindow(run.as_of.date() - timedelta(days=1), run.as_of.date()),
            from_cursor=False,
            again=False,
            rule=None,
            accounts=facts,
            everything=run.trigger == Trigger.FILE,
            batches=list(deliveries),
            whole=run.outcome == Outcome.OK,
        )

    def _walk(self, run: KeptRun, job: Job, one: KeptWalk) -> bool:
        if one.again:
            job.state.counters = fresh_counters(job.connector, job.accounts)
        for counter in job.state.counters.values():
            counter.rule = one.rule
        refs = [account_ref(each) for each in job.accounts if each.external_ref in one.refs]
        ask = Ask(tuple(refs), "kept" if one.from_cursor else None, one.window)
        try:
            walk(self.engine, job, ask, moves_cursor=not one.again)
        except SourceUnavailable:
            return False
        except SourceRejected as error:
            self.troubles.append(f"run {run.id}: its rows are refused now: {error}")
            return False
        return True

    def _open(self, run: KeptRun, walks: Sequence[KeptWalk], connector: Connector) -> Job:
        facts = {ref: one for each in walks for ref, one in each.accounts.items()}
        everything = any(one.everything for one in walks)
        with self.database.write() as session:
            _put_accounts(session, run, facts)
            claim = leases.hold(session, run.interface_id, owner=OWNER, now=run.as_of)
            if claim is None:
                raise NotReplayable(f"there is no interface {run.interface_id} of run {run.id}")
            opened = open_run(
                session,
                claim,
                entity_id=run.entity_id,
                source=run.source,
                trigger=Trigger(run.trigger),
            )
            accounts = _accounts(session, facts)
            zone = ZoneInfo(session.get_one(LegalEntity, run.entity_id).timezone)
        return _job(run, walks, connector, claim, opened.id, accounts, zone, floors=not everything)

    def _end(self, run: KeptRun, job: Job) -> None:
        with self.database.write() as session:
            if run.outcome not in NOT_ENDED:
                if job.feed:
                    mark_covered(session, job)
                look_around(session, job)
            close_run(session, job.state.run_id, Outcome(run.outcome))
            leases.let_go(session, job.claim)


def _job(
    run: KeptRun,
    walks: Sequence[KeptWalk],
    connector: Connector,
    claim: Claim,
    run_id: str,
    accounts: tuple[Account, ...],
    zone: ZoneInfo,
    *,
    floors: bool,
) -> Job:
    days = {ref: one.window for one in reversed(walks) for ref in one.refs}
    today = run.as_of.astimezone(zone).date()
    nothing = FetchWindow(today - timedelta(days=1), today)
    return Job(
        claim=claim,
        state=new_state(claim, run_id, run.entity_id, connector, accounts, floors=floors),
        connector=connector,
        link=Link(ref=OWNER),
        zone=zone,
        activated_on=today,
        accounts=accounts,
        windows={one.id: days.get(one.external_ref, nothing) for one in accounts},
        feed=not connector.info.reads_files,
    )


def _put_accounts(session: Session, run: KeptRun, facts: Mapping[str, Mapping[str, Any]]) -> None:
    """Have the accounts be as they were when the run took place."""
    ids = [one["account"] for one in facts.values()]
    known = set(session.exec(select(Account.id).where(col(Account.id).in_(ids))))
    missing = sorted(set(ids) - known)
    if missing:
        raise NotReplayable(f"there is no account {missing[0]} of run {run.id} here")
    for account in session.exec(select(Account).where(Account.interface_id == run.interface_id)):
        # Two accounts may have changed places since: no ref is another's for a moment.
        account.external_ref = f"replayed:{account.id}"
        session.add(account)
    session.flush()
    for ref, one in facts.items():
        session.connection().execute(
            update(Account)
            .where(col(Account.id) == one["account"])
            .values(
                interface_id=run.interface_id,
                external_ref=ref,
                shared=True,
                import_from=date.fromisoformat(one["floor"]) if one["floor"] else None,
                payment_mode=one["mode"],
                review_first=one["review_first"],
                id_traits=one["traits"],
            )
        )
    session.expire_all()


def _accounts(session: Session, facts: Mapping[str, Mapping[str, Any]]) -> tuple[Account, ...]:
    ids = [one["account"] for one in facts.values()]
    query = select(Account).where(col(Account.id).in_(ids)).order_by(col(Account.external_ref))
    return tuple(session.exec(query))


def _facts(account: Account) -> dict[str, Any]:
    return {
        "account": account.id,
        "floor": account.import_from.isoformat() if account.import_from else None,
        "mode": account.payment_mode,
        "review_first": account.review_first,
        "traits": account.id_traits,
    }


def _known(account: Account) -> RemoteAccount:
    return RemoteAccount(
        account.external_ref,
        account.name,
        AccountKind(account.kind),
        account.currency,
        number_masked=account.number_last4,
        holder_name=account.holder_name,
    )
