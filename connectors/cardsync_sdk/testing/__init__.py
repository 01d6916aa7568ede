"""What an integrator tests a connector with, and the adversity bank a host tests itself with.

The conformance kit needs pytest, the adversity bank does not: hence the kit is loaded when asked.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cardsync_sdk.testing.conformance import CANARY, ConnectorConformance
    from cardsync_sdk.testing.walk import Fault, Walk

__all__ = ["CANARY", "ConnectorConformance", "Fault", "Walk"]

_HOME = {
    "CANARY": "conformance",
    "ConnectorConformance": "conformance",
    "Fault": "walk",
    "Walk": "walk",
}


def __getattr__(name: str) -> Any:
    """Load the part of the kit that has ``name``."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
