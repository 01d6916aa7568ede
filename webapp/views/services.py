"""What every view may use of the application: built once in ``create_app``."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from cardsync_sdk.registry import Registry
from webapp.config import Settings
from webapp.jobs.doorbell import Doorbell
from webapp.storage.database import Database
from webapp.storage.secrets import SecretBox
from webapp.views.throttle import Throttle

EXTENSION = "cardsync"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that meet in ``create_app``."""

    settings: Settings
    database: Database
    secrets: SecretBox
    registry: Registry
    doorbell: Doorbell
    throttle: Throttle


def services() -> Services:
    """Return the services of the application that answers this request."""
    return cast(Services, current_app.extensions[EXTENSION])
