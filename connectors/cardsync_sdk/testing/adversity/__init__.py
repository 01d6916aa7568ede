"""The adversity bank: named stories of what banks do wrong, and a connector that plays them.

A host plays a script through its real engine and compares what it then holds with the bank's truth.
``docs/adversity.md`` says how to read, run and add one.
"""

from cardsync_sdk.testing.adversity.bank import SLUG, AdversityBank, Walk
from cardsync_sdk.testing.adversity.scripts import BY_NAME, SCRIPTS
from cardsync_sdk.testing.adversity.story import Script
from cardsync_sdk.testing.adversity.truth import NAME, Entry, Truth

__all__ = [
    "BY_NAME",
    "NAME",
    "SCRIPTS",
    "SLUG",
    "AdversityBank",
    "Entry",
    "Script",
    "Truth",
    "Walk",
]
