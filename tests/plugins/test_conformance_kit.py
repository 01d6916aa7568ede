"""The conformance kit bites: each of its checks fails on a connector that is wrong in its way."""

import pytest

from cardsync_sdk.testing import ConnectorConformance

pytest_plugins = ("pytester",)

CHECKS = {name for name in vars(ConnectorConformance) if name.startswith("test_")}

LOSES_ROWS = {
    "test_the_connector_introduces_itself",
    "test_accounts_are_listed_whole",
    "test_reading_twice_gives_the_same_rows",
    "test_resuming_from_every_cursor_loses_nothing",
    "test_a_garbage_cursor_is_refused_or_everything_is_read",
    "test_the_order_of_the_accounts_does_not_matter",
    "test_only_the_last_batch_is_complete",
    "test_a_failing_source_gives_the_right_error",
    "test_a_failure_half_way_loses_nothing",
}
SHOWS_TOO_MUCH = {
    "test_the_order_of_the_accounts_does_not_matter",
    "test_a_batch_is_short",
    "test_amounts_are_exact_money",
    "test_dates_are_calendar_dates",
    "test_every_row_names_an_account_that_was_asked",
    "test_ids_are_texts_and_name_one_row",
    "test_raw_is_json",
    "test_rows_survive_the_interchange_shape",
    "test_no_full_card_number_is_handed_over",
    "test_no_secret_is_shown",
    "test_only_allowed_hosts_are_contacted",
    "test_a_failing_source_gives_the_right_error",
    "test_no_thread_is_left_running",
}
SAYS_NOTHING = {"test_the_sample_has_rows"}


def failed_checks(pytester: pytest.Pytester, suite: str) -> set[str]:
    """Run ``suite`` in a pytest of its own and return the names of the checks that failed."""
    pytester.makepyfile(
        f"""
        from tests.plugins.wrong_connectors import {suite}

        class TestWrong({suite}):
            pass
        """
    )
    run = pytester.inline_run("-p", "no:cacheprovider")
    passed, skipped, failed = run.listoutcomes()
    assert len(passed) + len(skipped) + len(failed) == len(CHECKS)
    return {report.nodeid.rpartition("::")[2] for report in failed}


@pytest.fixture(autouse=True)
def only_our_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the inner pytest load no plugin of the environment."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.parametrize(
    ("suite", "expected"),
    [
        pytest.param("ForgetfulSuite", LOSES_ROWS, id="a connector that loses rows"),
        pytest.param("LeakySuite", SHOWS_TOO_MUCH, id="a connector that shows too much"),
        pytest.param("SilentSuite", SAYS_NOTHING, id="a connector that says nothing"),
    ],
)
def test_the_kit_names_what_is_wrong(
    pytester: pytest.Pytester, suite: str, expected: set[str]
) -> None:
    assert failed_checks(pytester, suite) == expected


def test_every_check_has_a_connector_that_it_catches() -> None:
    assert len(CHECKS) >= 12
    assert CHECKS == LOSES_ROWS | SHOWS_TOO_MUCH | SAYS_NOTHING
