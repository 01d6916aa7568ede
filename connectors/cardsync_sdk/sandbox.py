"""What a plugin offers through the entry-point group ``cardsync.sandboxes``: a practice server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ENTRY_POINT_GROUP = "cardsync.sandboxes"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A practice server for one connector.

    :param name: word used in ``cardsync sandbox NAME``.
    :param connector: slug of the connector it practises.
    :param default_port: TCP port on the loopback address.
    :param serve: ``serve(host, port, state_folder)`` runs the server until it is stopped; its state
        lives in ``state_folder`` and survives a restart. ``GET /healthz`` answers 200.
    :param settings: ``settings(base_url)`` gives the connector settings that point to the server.
    """

    name: str
    connector: str
    default_port: int
    serve: Callable[[str, int, Path], None]
    settings: Callable[[str], Mapping[str, str]]
