"""Failed log-ins are counted together in Redis, and without Redis in each process; always."""

import socket
import time
from collections.abc import Callable

import pytest
import redis

from webapp.views.throttle import PER_ACCOUNT, PER_ADDRESS, RETRY_REDIS_AFTER, Throttle


def fail(
    throttle: Throttle, times: int, account: str = "a@example.org", address: str = "::1"
) -> None:
    for _ in range(times):
        throttle.failed(account, address)


def test_an_account_waits_after_its_failures_from_anywhere(redis_url: str) -> None:
    throttle = Throttle(redis_url)
    for number in range(PER_ACCOUNT.amount):
        assert not throttle.must_wait("a@example.org", "::1")
        throttle.failed("a@example.org", f"10.0.0.{number}")

    assert throttle.must_wait("a@example.org", "::1")
    assert not throttle.must_wait("b@example.org", "::1")


def test_an_address_waits_after_its_failures_with_any_account(redis_url: str) -> None:
    throttle = Throttle(redis_url)
    for number in range(PER_ADDRESS.amount):
        throttle.failed(f"{number}@example.org", "::1")

    assert throttle.must_wait("a@example.org", "::1")
    assert not throttle.must_wait("a@example.org", "::2")


def test_processes_count_together(redis_url: str) -> None:
    one, other = Throttle(redis_url), Throttle(redis_url)
    fail(one, PER_ACCOUNT.amount // 2)
    fail(other, PER_ACCOUNT.amount - PER_ACCOUNT.amount // 2)

    assert one.must_wait("a@example.org", "::9")
    assert other.must_wait("a@example.org", "::9")


def test_redis_does_not_learn_who_has_an_account(redis_url: str) -> None:
    fail(Throttle(redis_url), 1)

    with redis.Redis.from_url(redis_url) as client:
        keys = b" ".join(client.keys())
    assert keys
    assert b"example.org" not in keys


@pytest.fixture
def silent_port() -> int:
    """Return a port on which nobody answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    "address",
    [
        lambda port: f"redis://127.0.0.1:{port}/0",
        lambda port: "unix:///nowhere/redis.sock?db=0",
        lambda port: None,
    ],
    ids=["nobody on the port", "no such socket", "no Redis at all"],
)
def test_without_redis_failures_still_count(
    silent_port: int, address: Callable[[int], str | None]
) -> None:
    throttle = Throttle(address(silent_port))
    fail(throttle, PER_ACCOUNT.amount)

    assert throttle.must_wait("a@example.org", "::1")
    throttle.succeeded("a@example.org")
    assert not throttle.must_wait("a@example.org", "::1")


def test_a_redis_that_hangs_costs_one_short_wait_not_one_for_each_question() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        throttle = Throttle(f"redis://127.0.0.1:{deaf.getsockname()[1]}/0")
        begun = time.monotonic()
        fail(throttle, PER_ACCOUNT.amount)
        assert throttle.must_wait("a@example.org", "::1")

    assert time.monotonic() - begun < RETRY_REDIS_AFTER / 3


def test_redis_is_asked_again_after_a_while(redis_url: str) -> None:
    throttle = Throttle(redis_url)
    throttle._shared_again_at = time.monotonic() + RETRY_REDIS_AFTER
    fail(throttle, PER_ACCOUNT.amount)
    assert throttle.must_wait("a@example.org", "::1")

    throttle._shared_again_at = 0.0
    assert not throttle.must_wait("a@example.org", "::1"), "what Redis counted is what counts"
