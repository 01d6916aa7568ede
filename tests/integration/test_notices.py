"""Failures reach who must act (R24): episodes of a feed, and one message about each."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlmodel import select

from tests.integration.test_jobs import work_off
from tests.support.failing_feeds import ERRORS, NOW, Feed, failing_feed, postal_service
from tests.support.mail_server import MailServer, mail_server
from webapp.commands.checkup import State, check_mail
from webapp.commands.processes import letters
from webapp.config import Settings
from webapp.domain.interfaces import InterfaceState
from webapp.jobs import tasks
from webapp.jobs.clock import Clock
from webapp.jobs.doorbell import Doorbell
from webapp.jobs.postman import Post, send_due
from webapp.storage import notices
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.notices import Notice
from webapp.storage.people import RoleGrant, User
from webapp.sync.noticing import follow_all


@pytest.fixture
def feed(database: Database) -> Feed:
    return failing_feed(database)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def post(feed: Feed, settings: Settings, server: MailServer) -> Iterator[Post]:
    public = settings.model_copy(update={"public_url": "https://cards.example.org"})
    with postal_service(feed.world.database, public, server.url) as made:
        yield made


def refuse_beside(feed: Feed) -> None:
    """Have the partner refuse another interface of the same legal entity."""
    with feed.world.database.write() as session:
        session.add(
            Interface(
                legal_entity_id=feed.world.entity_id,
                connector="scripted",
                label="Beside",
                state=InterfaceState.REJECTED.value,
                created_at=NOW,
            )
        )
    follow_all(feed.world.database, NOW)


def deliver(feed: Feed, post: Post) -> int:
    """Let everything become due, and send it."""
    feed.make_due()
    return send_due(feed.world.database, post)


@pytest.mark.parametrize("how", ["needs_user", "rejected"])
def test_R24_a_run_that_needs_a_person_tells_every_admin_once(feed: Feed, how: str) -> None:
    feed.admin("Claire")
    feed.admin("Thomas", locale="fr")
    for _ in range(3):
        feed.end(how)

    assert [episode.trouble for episode in feed.episodes()] == [how]
    assert [notice.kind for notice in feed.notices()] == ["failing", "failing"]


def test_R24_a_failure_that_passes_by_itself_disturbs_nobody(feed: Feed) -> None:
    feed.admin()
    for end in ("passing", "passing", "ok", "passing"):
        feed.end(end)

    assert feed.notices() == []


def test_R24_the_next_success_says_once_that_it_works_again(feed: Feed) -> None:
    feed.admin()
    for end in ("ok", "needs_user", "passing", "needs_user", "ok", "ok"):
        feed.end(end)

    (episode,) = feed.episodes()
    assert (episode.ending, episode.ok_before) == ("mended", NOW + timedelta(hours=1))
    assert [notice.kind for notice in feed.notices()] == ["failing", "mended"]


@examples(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(["ok", *ERRORS]), min_size=1, max_size=6))
def test_R24_whatever_the_ends_of_runs_each_episode_is_told_once(
    sqlite_url: str, script: list[str]
) -> None:
    database = Database(sqlite_url)
    feed = failing_feed(database)
    email = feed.admin()
    for end in script:
        feed.end(end)

    mine = {one.id: one for one in feed.episodes() if one.interface_id == feed.world.interface_id}
    told = [(notice.episode_id, notice.kind) for notice in feed.notices()]
    told = [pair for pair in told if pair[0] in mine]
    assert len(told) == len(set(told)), email
    for episode in mine.values():
        kinds = [kind for id_, kind in told if id_ == episode.id]
        assert kinds == (["failing", "mended"] if episode.ended_at else ["failing"])
    assert sum(episode.ended_at is None for episode in mine.values()) <= 1
    database.dispose()


def test_DI_the_clock_sees_a_feed_that_became_late_without_a_run(feed: Feed) -> None:
    feed.admin()
    feed.end("ok")
    database = feed.world.database
    fresh, late = NOW + timedelta(hours=30), NOW + timedelta(hours=38)

    assert follow_all(database, fresh) == 0
    assert follow_all(database, late) == 1
    assert follow_all(database, late + timedelta(hours=1)) == 0
    assert [episode.trouble for episode in feed.episodes()] == ["late"]
    feed.end("ok")
    assert [notice.kind for notice in feed.notices()] == ["failing", "mended"]


def test_two_clocks_begin_one_episode(feed: Feed) -> None:
    feed.admin()
    late = NOW + timedelta(days=9)
    clocks = [
        threading.Thread(target=follow_all, args=(feed.world.database, late)) for _ in range(2)
    ]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()

    assert len(feed.episodes()) == len(feed.notices()) == 1


def test_a_feed_stopped_on_purpose_is_not_said_to_work_again(feed: Feed) -> None:
    feed.admin()
    feed.end("needs_user")
    feed.world.change(
        Interface, feed.world.interface_id, state=InterfaceState.STOPPED.value, next_due_at=None
    )

    assert follow_all(feed.world.database, NOW) == 1
    assert [episode.ending for episode in feed.episodes()] == ["stopped"]
    assert [notice.kind for notice in feed.notices()] == ["failing"]


def test_the_message_is_in_the_readers_language_with_links(
    feed: Feed, post: Post, server: MailServer
) -> None:
    reader = feed.admin("Claire", locale="fr")
    feed.end("needs_user")

    assert deliver(feed, post) == 1
    (letter,) = server.letters
    page = f"/configuration/imports/{feed.world.entity_id}/interfaces/{feed.world.interface_id}"
    assert letter["To"] == reader
    assert "a besoin de vous" in letter["Subject"]
    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert f"https://cards.example.org{page}" in text
        assert "https://cards.example.org/help/consent-expired" in text
        assert "Rien n’est perdu" in text


def test_what_fails_together_is_one_message_and_nobody_is_flooded(
    feed: Feed, post: Post, server: MailServer
) -> None:
    reader = feed.admin()
    feed.end("needs_user")
    refuse_beside(feed)

    assert deliver(feed, post) == 1
    assert server.recipients() == [reader]
    assert "2 banking interfaces" in server.letters[0]["Subject"]
    feed.end("ok")
    with feed.world.database.read() as session:
        assert notices.people_due(session) == [], "the next message waits for its hour"


def test_mended_before_it_was_sent_is_one_message(
    feed: Feed, post: Post, server: MailServer
) -> None:
    feed.admin()
    for end in ("needs_user", "ok"):
        feed.end(end)

    assert deliver(feed, post) == 1
    assert "works again" in server.letters[0]["Subject"]
    assert deliver(feed, post) == 0


def test_a_message_the_server_refuses_is_tried_again_later(
    feed: Feed, post: Post, server: MailServer
) -> None:
    feed.admin()
    feed.end("needs_user")
    server.answer = "451 greylisted, come back later"

    assert deliver(feed, post) == 0
    (notice,) = feed.notices()
    assert notice.sent_at is None
    assert "greylisted" in notice.last_error
    assert notice.due_at > notice.created_at
    server.answer = "250 taken"
    assert deliver(feed, post) == 1
    assert [notice.attempts for notice in feed.notices()] == [2]


def test_a_server_that_is_away_loses_nothing(feed: Feed, post: Post) -> None:
    feed.admin()
    feed.end("needs_user")
    away = Post("smtp://127.0.0.1:9", post.sender, post.compose)

    assert deliver(feed, away) == 0
    assert feed.notices()[0].last_error


def test_a_server_that_is_away_is_not_waited_for_once_for_each_person(
    feed: Feed, post: Post
) -> None:
    """The worker that sends is the one that syncs."""
    feed.admin("Anna")
    feed.admin("Bruno")
    feed.end("needs_user")
    away = Post("smtp://127.0.0.1:9", post.sender, post.compose)

    assert deliver(feed, away) == 0
    assert sorted(notice.attempts for notice in feed.notices()) == [0, 1]


def test_who_administers_it_no_longer_is_not_told_that_it_works_again(feed: Feed) -> None:
    feed.admin()
    feed.end("needs_user")
    with feed.world.database.write() as session:
        for grant in session.exec(select(RoleGrant)):
            session.delete(grant)
    feed.end("ok")
    assert [notice.kind for notice in feed.notices()] == ["failing"]


def test_two_workers_never_send_the_same_notice(feed: Feed, post: Post, server: MailServer) -> None:
    """The claim is one conditional UPDATE: whoever comes second finds nothing."""
    feed.admin()
    feed.end("needs_user")
    feed.make_due()
    database = feed.world.database
    (waiting,) = [notice.user_id for notice in feed.notices()]
    with database.write() as session:
        first = notices.claim(session, waiting)
    with database.write() as session:
        second = notices.claim(session, waiting)

    assert (len(first), second) == (1, [])
    assert send_due(database, post) == 0
    assert server.letters == []


def test_a_worker_that_died_in_sending_leaves_it_to_the_next(
    feed: Feed, post: Post, server: MailServer
) -> None:
    feed.admin()
    feed.end("needs_user")
    feed.make_due()
    with feed.world.database.write() as session:
        (claimed,) = notices.claim(session, feed.notices()[0].user_id)
    long_ago = NOW - timedelta(days=1)
    feed.world.change(Notice, claimed, claimed_until=long_ago)

    assert send_due(feed.world.database, post) == 1
    assert len(server.letters) == 1


def test_what_is_older_than_three_days_is_no_news(feed: Feed, post: Post) -> None:
    feed.admin()
    feed.end("needs_user")
    (notice,) = feed.notices()
    old = notice.created_at - timedelta(days=3, minutes=1)
    feed.world.change(Notice, notice.id, created_at=old)

    assert deliver(feed, post) == 0


def test_who_left_is_not_written_to(feed: Feed, post: Post) -> None:
    feed.admin()
    feed.end("needs_user")
    feed.world.change(User, feed.notices()[0].user_id, active=False)

    assert deliver(feed, post) == 0


def test_the_clock_rings_for_what_is_due_and_only_where_mail_can_leave(feed: Feed) -> None:
    feed.admin()
    feed.end("needs_user")
    rung: list[str] = []

    def ring() -> bool:
        rung.append("mail")
        return True

    Clock(feed.world.database, lambda _one: True, ring).tick(NOW)
    assert rung == [], "it is not due yet"
    feed.make_due()
    Clock(feed.world.database, lambda _one: True).tick(NOW)
    Clock(feed.world.database, lambda _one: True, ring).tick(NOW)
    assert rung == ["mail"]


def test_a_worker_sends_what_the_doorbell_rings_for(
    feed: Feed, post: Post, server: MailServer, redis_url: str
) -> None:
    reader = feed.admin()
    feed.end("needs_user")
    feed.make_due()
    tasks.prepare(feed.world.engine, post)
    for _ in range(2):
        assert Doorbell(redis_url).ring_for_mail()
        work_off(redis_url)

    assert server.recipients() == [reader]


def test_without_a_mail_server_the_notices_stay_in_the_outbox(feed: Feed, redis_url: str) -> None:
    feed.admin()
    feed.end("needs_user")
    feed.make_due()
    tasks.prepare(feed.world.engine)
    Doorbell(redis_url).ring_for_mail()
    work_off(redis_url)

    assert [notice.sent_at for notice in feed.notices()] == [None]


@pytest.mark.parametrize(
    ("sent", "state", "text"),
    [
        pytest.param(False, State.WARNING, "451 come back later", id="the server refused"),
        pytest.param(True, State.OK, "0 notices wait", id="all is sent"),
    ],
)
def test_doctor_tells_of_the_outbox(
    feed: Feed,
    post: Post,
    server: MailServer,
    settings: Settings,
    sent: bool,
    state: State,
    text: str,
) -> None:
    feed.admin()
    feed.end("needs_user")
    server.answer = "250 taken" if sent else "451 come back later"
    deliver(feed, post)
    mailing = {"smtp_url": SecretStr(server.url), "mail_from": "a@example.org"}
    (found,) = check_mail(settings.model_copy(update=mailing))

    assert found.state is state
    assert text in found.text


def test_doctor_says_that_no_mail_leaves(settings: Settings) -> None:
    (nothing,) = check_mail(settings)
    (unsigned,) = check_mail(settings.model_copy(update={"smtp_url": SecretStr("smtp://h")}))

    assert (nothing.state, unsigned.state) == (State.WARNING, State.PROBLEM)
    assert "CARDSYNC_SMTP_URL" in nothing.remedy


def test_the_worker_process_writes_letters_with_the_words_of_the_pages(
    feed: Feed, settings: Settings, server: MailServer
) -> None:
    feed.admin("Claire")
    feed.end("rejected")
    made = Post(server.url, "no-reply@example.org", letters(settings))

    assert deliver(feed, made) == 1
    assert "Hello Claire," in server.letters[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
