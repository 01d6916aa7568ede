"""The guide for integrators: its code works as it stands."""

import re
from collections.abc import Iterator
from datetime import date
from types import ModuleType

from cardsync_sdk import AccountRef, Batch, FetchWindow, Link
from cardsync_sdk.registry import load_connector
from tests.support.needs import REPOSITORY


def test_the_smallest_connector_of_the_guide_loads_and_gives_a_row() -> None:
    guide = (REPOSITORY / "connectors" / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    module = ModuleType("cardsync_my_bank")
    exec(compile(blocks[0], "guide", "exec"), module.__dict__)  # noqa: S102  # our own guide
    connector = load_connector(module)
    batches: Iterator[Batch] = connector.call(
        "fetch_transactions",
        link=Link("x"),
        accounts=[AccountRef("card-1", "EUR")],
        cursor=None,
        window=FetchWindow(date(2026, 3, 1), date(2026, 3, 31)),
    )
    (batch,) = batches
    assert batch.complete
    assert batch.transactions[0].amount.minor == -1250
