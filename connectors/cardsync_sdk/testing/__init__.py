"""What an integrator tests a connector with. Needs pytest; the host never imports it."""

from cardsync_sdk.testing.conformance import CANARY, ConnectorConformance
from cardsync_sdk.testing.walk import Fault, Walk

__all__ = ["CANARY", "ConnectorConformance", "Fault", "Walk"]
