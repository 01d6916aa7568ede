"""Slow down whoever guesses passwords: failures are counted per account and per address.

Counted in Redis, so that all web processes count together. While Redis is away each process counts
in its own memory: the limit never fails open, and no page fails with it.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from operator import methodcaller

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# How many failures are borne in a quarter of an hour before the next try must wait.
PER_ACCOUNT = RateLimitItemPerMinute(10, 15)
PER_ADDRESS = RateLimitItemPerMinute(40, 15)

# How many refused webhooks of one address the log tells of in a quarter of an hour.
REFUSED_PER_ADDRESS = RateLimitItemPerMinute(20, 15)

RETRY_REDIS_AFTER = 30.0
SOCKET_SECONDS = 0.5


class Throttle:
    """Counts failed log-ins; says when one must wait."""

    def __init__(self, redis_url: str | None) -> None:
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_storage(redis_url)) if redis_url else None
        self._shared_again_at = 0.0

    def must_wait(self, account: str, address: str) -> bool:
        """Say whether this account or this address failed too often lately."""
        keys = self._keys(account, address)
        return not all(self._ask(methodcaller("test", item, key)) for item, key in keys)

    def failed(self, account: str, address: str) -> None:
        """Count one failed log-in."""
        for item, key in self._keys(account, address):
            self._ask(methodcaller("hit", item, key))

    def succeeded(self, account: str) -> None:
        """Forget the failures of an account whose holder has logged in."""
        item, key = self._keys(account, "")[0]
        self._ask(methodcaller("clear", item, key))

    def refused_webhook(self, address: str) -> bool:
        """Count a refused webhook; false if this address had so many that the log has enough.

        It decides about nothing else: behind a proxy, forged and true ones come from one address.
        """
        return bool(self._ask(methodcaller("hit", REFUSED_PER_ADDRESS, f"webhook-{address}")))

    def _keys(self, account: str, address: str) -> tuple[tuple[RateLimitItem, str], ...]:
        # A digest: nothing in Redis says who has an account here.
        digest = hashlib.sha256(account.encode()).hexdigest()
        return (
            (PER_ACCOUNT, f"login-account-{digest}"),
            (PER_ADDRESS, f"login-address-{address}"),
        )

    def _ask(self, question: Callable[[MovingWindowRateLimiter], object]) -> object:
        if self._shared is not None and time.monotonic() >= self._shared_again_at:
            try:
                return question(self._shared)
            except (RedisError, OSError) as error:
                log.warning("Redis is away (%s): failed log-ins are counted here", error)
                self._shared_again_at = time.monotonic() + RETRY_REDIS_AFTER
        return question(self._memory)


def _storage(redis_url: str) -> RedisStorage:
    # The limits library names Redis on a unix socket in its own way.
    url = "redis+" + redis_url if redis_url.startswith("unix://") else redis_url
    return RedisStorage(url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS)
