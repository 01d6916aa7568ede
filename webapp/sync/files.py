"""Take a statement file through the very same engine as a feed."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cardsync_sdk.registry import Connector, Registry
from cardsync_sdk.types import FetchWindow, Link, Upload
from webapp.domain.interfaces import Trigger
from webapp.storage import leases
from webapp.storage.accounts import Account
from webapp.storage.people import LegalEntity
from webapp.storage.runs import open_run
from webapp.storage.uploads import keep_upload
from webapp.sync.job import Engine, Job, NotReady, new_state
from webapp.sync.run import Result, run_job

# A file says itself which days it holds.
ANY_DAY = FetchWindow(date(1900, 1, 1), date(2999, 12, 31))


class Busy(Exception):
    """A sync of the same interface is under way; the same call may be made again in a minute."""


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file handed in: its name for people and its bytes.

    ``everything``: also the rows older than the day from which the account is imported (D-S).
    """

    name: str
    content: bytes
    everything: bool = False


def import_file(
    engine: Engine,
    folder: Path,
    account_id: str,
    file: StatementFile,
    *,
    owner: str,
    now: datetime,
    asked_by: str | None = None,
) -> Result:
    """Import ``file`` into an account; twice the same file adds nothing.

    The file is kept as it came. It moves neither the schedule nor a mark of the account's feed.

    :param folder: where this installation keeps uploads.
    :raises Busy: while a sync of the account's interface runs.
    :raises NotReady: if no installed connector reads files.
    :raises LookupError: if there is no such account.
    """
    connector = file_connector(engine.registry)
    with engine.database.write() as session:
        account = session.get(Account, account_id)
        if account is None:
            raise LookupError(f"there is no account {account_id}")
        entity = session.get_one(LegalEntity, account.legal_entity_id)
        claim = leases.hold(session, account.interface_id, owner=owner, now=now, by=asked_by)
        if claim is None:
            raise Busy("a sync of this interface is under way")
        upload = keep_upload(
            session,
            folder,
            account_id=account.id,
            legal_entity_id=entity.id,
            name=file.name,
            content=file.content,
            at=now,
            by=asked_by,
        )
        run = open_run(
            session,
            claim,
            entity_id=entity.id,
            source=connector.info.slug,
            trigger=Trigger.FILE,
        )
    job = _file_job(claim, run.id, connector, account, entity, upload, file.everything)
    return run_job(engine, job)


def file_connector(registry: Registry) -> Connector:
    """Return the connector that reads statement files.

    :raises NotReady: if none is installed.
    """
    for _slug, connector in sorted(registry.connectors.items()):
        if connector.info.reads_files:
            return connector
    raise NotReady("no connector that reads files is installed")


def _file_job(
    claim: leases.Claim,
    run_id: str,
    connector: Connector,
    account: Account,
    entity: LegalEntity,
    upload: Upload,
    everything: bool,
) -> Job:
    return Job(
        claim=claim,
        state=new_state(claim, run_id, entity.id, connector, [account], floors=not everything),
        connector=connector,
        link=Link(ref=upload.id, upload=upload, label=upload.name),
        zone=ZoneInfo(entity.timezone),
        activated_on=claim.as_of.date(),
        accounts=(account,),
        windows={account.id: ANY_DAY},
        feed=False,
    )
