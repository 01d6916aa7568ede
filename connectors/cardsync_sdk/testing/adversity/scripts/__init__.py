"""The scripts by group: A identity and content, B time, C transport, E links, G files."""

from cardsync_sdk.testing.adversity.scripts import (
    a_life,
    a_sameness,
    b_time,
    c_transport,
    e_links,
    g_files,
)
from cardsync_sdk.testing.adversity.story import Script, by_name

SCRIPTS: tuple[Script, ...] = tuple(
    sorted(
        (
            *a_life.SCRIPTS,
            *a_sameness.SCRIPTS,
            *b_time.SCRIPTS,
            *c_transport.SCRIPTS,
            *e_links.SCRIPTS,
            *g_files.SCRIPTS,
        ),
        key=lambda script: script.name,
    )
)
BY_NAME = by_name(SCRIPTS)
