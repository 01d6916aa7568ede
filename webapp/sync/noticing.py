"""Follow how feeds stand: begin and end episodes of failure, and write who is to be told.

Written in the transaction of the change that it follows, so that no failure is told of that did not
happen, and none happens untold.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, select

from webapp.domain.freshness import Trouble, trouble_of
from webapp.domain.interfaces import InterfaceState
from webapp.domain.notices import Ending, NoticeKind, Open, Turn, send_at, turn
from webapp.storage import notices
from webapp.storage.clock import lease_now
from webapp.storage.database import Database
from webapp.storage.expense_lists import admins_of
from webapp.storage.interfaces import Interface, lock_interface
from webapp.storage.notices import FailureEpisode, Notice


def follow(session: Session, interface_id: str, now: datetime) -> Turn:
    """Write what follows from how an interface stands at ``now`` (business time).

    Whoever follows the same interface at once takes turns on its row.
    """
    lock_interface(session, interface_id)
    # The run has changed the row by statements of its own.
    interface = session.get_one(Interface, interface_id, populate_existing=True)
    episode = notices.open_episode(session, interface_id)
    missed = session.exec(
        select(Interface.id).where(Interface.id == interface_id, notices.missing_accounts())
    ).first()
    trouble = trouble_of(notices.feed_of(interface, misses=missed is not None), now)
    found = turn(
        Open(Trouble(episode.trouble), episode.ok_before) if episode else None,
        trouble,
        interface.last_ok_at,
        stopped=interface.state == InterfaceState.STOPPED,
    )
    if episode is None and trouble is not None:
        _begin(session, interface, trouble, now)
    elif episode is not None:
        _go_on(session, episode, interface, found, trouble, now)
    return found


def follow_success(session: Session, interface_id: str, now: datetime) -> None:
    """Write what follows from a sync that ended well: mostly nothing, which is seen at one look."""
    if not notices.calm(session, interface_id):
        follow(session, interface_id, now)


def follow_all(database: Database, now: datetime) -> int:
    """Look for feeds that became late, or were stopped, without a run; return how many changed."""
    with database.read() as session:
        found = [one.interface.id for one in notices.troubled(session, now)]
        asked = [*notices.unwatched(session, found), *notices.open_on_stopped(session)]
    changed = 0
    for interface_id in asked:
        with database.write() as session:
            changed += follow(session, interface_id, now) is not Turn.NOTHING
    return changed


def _begin(session: Session, interface: Interface, trouble: Trouble, now: datetime) -> None:
    episode = FailureEpisode(
        legal_entity_id=interface.legal_entity_id,
        interface_id=interface.id,
        trouble=trouble.value,
        reason=interface.last_error_reason,
        began_at=now,
        ok_before=interface.last_ok_at,
    )
    session.add(episode)
    session.flush()
    admins = admins_of(session, frozenset({interface.legal_entity_id}))
    _tell(session, episode, NoticeKind.FAILING, [admin.id for admin in admins])


def _go_on(
    session: Session,
    episode: FailureEpisode,
    interface: Interface,
    found: Turn,
    trouble: Trouble | None,
    now: datetime,
) -> None:
    if found is Turn.CHANGE and trouble is not None:
        # Nobody is written to again; what was not sent yet says what is true now.
        episode.trouble, episode.reason = trouble.value, interface.last_error_reason
    elif found is Turn.MEND:
        episode.ended_at, episode.ending = now, Ending.MENDED.value
        admins = {one.id for one in admins_of(session, frozenset({interface.legal_entity_id}))}
        told = notices.people_told(session, episode.id)
        _tell(session, episode, NoticeKind.MENDED, [one for one in told if one in admins])
    elif found is Turn.STOP:
        episode.ended_at, episode.ending = now, Ending.STOPPED.value
    session.flush()


def _tell(
    session: Session, episode: FailureEpisode, kind: NoticeKind, user_ids: Sequence[str]
) -> None:
    real = lease_now(session)
    before = notices.last_sent(session, user_ids)
    session.add_all(
        Notice(
            episode_id=episode.id,
            user_id=user_id,
            kind=kind.value,
            created_at=real,
            due_at=send_at(real, before.get(user_id)),
        )
        for user_id in user_ids
    )
    session.flush()
