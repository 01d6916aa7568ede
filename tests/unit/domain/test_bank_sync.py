"""The guided path goes on from what is stored (R59, R61, R72)."""

from dataclasses import replace

import pytest

from webapp.domain.bank_sync import Connection, Step, is_on, next_step

DONE = Connection(finished=True, syncing=True, accounts=3, ready=3)
TO_MATCH = replace(DONE, ready=1)
UNFINISHED = Connection(finished=False, syncing=False, accounts=0, ready=0)
EMPTY = Connection(finished=True, syncing=False, accounts=0, ready=0)


@pytest.mark.parametrize(
    ("connections", "set_out", "step"),
    [
        ([], False, Step.INFORM),
        ([], True, Step.BANKS),
        ([EMPTY], False, Step.INFORM),
        ([EMPTY], True, Step.BANKS),
        ([UNFINISHED], False, Step.BANKS),
        ([UNFINISHED, TO_MATCH], False, Step.ACCOUNTS),
        ([TO_MATCH], False, Step.ACCOUNTS),
        ([TO_MATCH], True, Step.ACCOUNTS),
        ([DONE, TO_MATCH], False, Step.ACCOUNTS),
        ([DONE], False, Step.DONE),
        ([DONE], True, Step.DONE),
        ([DONE, UNFINISHED], False, Step.DONE),
        ([DONE, EMPTY], False, Step.DONE),
    ],
)
def test_R59_the_path_goes_on_where_it_stood(
    connections: list[Connection], set_out: bool, step: Step
) -> None:
    assert next_step(connections, set_out=set_out) is step


@pytest.mark.parametrize(
    ("connections", "on"),
    [
        ([], False),
        ([UNFINISHED], False),
        ([EMPTY], False),
        ([replace(EMPTY, syncing=True)], False),
        ([TO_MATCH], True),
        ([DONE, UNFINISHED], True),
        ([replace(DONE, syncing=False)], False),
    ],
)
def test_R58_it_is_on_where_something_is_synchronised(
    connections: list[Connection], on: bool
) -> None:
    assert is_on(connections) is on
