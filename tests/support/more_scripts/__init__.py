"""More stories for the adversity bank, for the tests only: the same kinds of fault, other numbers.

They keep the rules honest: what holds the named scripts must hold these too.
"""

from cardsync_sdk.testing.adversity.story import Script, by_name
from tests.support.more_scripts import holds, ids, sources, walks

MORE_SCRIPTS: tuple[Script, ...] = (
    *holds.SCRIPTS,
    *ids.SCRIPTS,
    *sources.SCRIPTS,
    *walks.SCRIPTS,
)
MORE_BY_NAME = by_name(MORE_SCRIPTS)
