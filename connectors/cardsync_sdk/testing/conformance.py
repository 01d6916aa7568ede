"""The conformance kit: inherit one class, fill four fixtures, and learn if a connector keeps faith.

Each check is one promise of the contract on which the host's own promise rests: nothing lost,
nothing doubled, no secret shown. The checks use no network but the loopback.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from cardsync_sdk import interchange
from cardsync_sdk.errors import ConnectorError
from cardsync_sdk.hookspecs import API_VERSION
from cardsync_sdk.money import Money
from cardsync_sdk.registry import Connector, load_connector
from cardsync_sdk.testing.promises import expect, expect_no_pan, expect_same, few, texts_in
from cardsync_sdk.testing.walk import (
    Fault,
    Fetch,
    SocketGuard,
    Walk,
    error_chain,
    row_key,
    threads_started_by,
)
from cardsync_sdk.types import AccountRef, FetchWindow, IdTrait, Link, RemoteAccount

CANARY = "canary-3b1f07c2-secret"
MOST_ROWS = 1000
GARBAGE_CURSORS = ("garbage", "-1", "9" * 30, "2999-12-31T00:00:00Z", '{"page": null}', "\u00e9\t")


class ConnectorConformance:
    """The checks every connector passes. Inherit it in a test class named ``Test…``.

    Fill these fixtures:

    - ``plugin``: the module or object that holds the hook implementations.
    - ``link``: a working link, as the host would store it. Every secret in it (``secrets``, and
      settings declared ``secret``) contains the ``canary`` text, which the kit then looks for in
      everything that is printed, raised or logged.
    - ``accounts``: the accounts to fetch; two or more where the source can have several.
    - ``window``: the days to fetch. The sample has rows in it, and more than one page if the
      source has pages.
    - ``faults``: ways in which your source fails (:class:`Fault`), each with the error class that
      must come of it. At least one; name a failure between two pages if there are pages.

    Fill these only where the default does not fit: ``allowed_hosts`` (beside the loopback),
    ``garbage_cursors`` (texts that are no cursor of yours).

    Example::

        class TestMyBank(ConnectorConformance):
            @pytest.fixture
            def plugin(self):
                return cardsync_my_bank

            @pytest.fixture
            def link(self, server, canary):
                return Link(ref="42", settings=Settings({"url": server.url}),
                            secrets={"token": canary})
            ...
    """

    @pytest.fixture
    def plugin(self) -> object:
        """Return the plugin under test. Fill it."""
        raise NotImplementedError("fill the fixture plugin")

    @pytest.fixture
    def link(self) -> Link:
        """Return a working link. Fill it."""
        raise NotImplementedError("fill the fixture link")

    @pytest.fixture
    def accounts(self) -> Sequence[AccountRef]:
        """Return the accounts to fetch. Fill it."""
        raise NotImplementedError("fill the fixture accounts")

    @pytest.fixture
    def window(self) -> FetchWindow:
        """Return the days to fetch. Fill it."""
        raise NotImplementedError("fill the fixture window")

    @pytest.fixture
    def faults(self) -> Sequence[Fault]:
        """Return the failures of the source. Fill it."""
        raise NotImplementedError("fill the fixture faults")

    @pytest.fixture
    def canary(self) -> str:
        """Return the text that stands in every secret and may be seen nowhere."""
        return CANARY

    @pytest.fixture
    def allowed_hosts(self) -> Sequence[str]:
        """Return the hosts a fetch may reach beside the loopback."""
        return ()

    @pytest.fixture
    def garbage_cursors(self) -> Sequence[str]:
        """Return texts that are no cursor of this connector."""
        return GARBAGE_CURSORS

    @pytest.fixture
    def connector(self, plugin: object) -> Connector:
        """Load the plugin as the host does."""
        return load_connector(plugin)

    @pytest.fixture(autouse=True)
    def socket_guard(
        self, allowed_hosts: Sequence[str], monkeypatch: pytest.MonkeyPatch
    ) -> SocketGuard:
        """Let no check reach a host outside the allowed ones."""
        guard = SocketGuard(allowed_hosts)
        guard.install(monkeypatch)
        return guard

    @pytest.fixture
    def fetch(
        self,
        connector: Connector,
        link: Link,
        accounts: Sequence[AccountRef],
        window: FetchWindow,
    ) -> Fetch:
        """Return the way to walk over the sample again, whole or from a cursor."""
        return Fetch(connector, link, tuple(accounts), window)

    @pytest.fixture
    def whole(self, fetch: Fetch) -> Walk:
        """Walk once over the sample; an error here fails every check that needs the rows."""
        done = fetch()
        if done.error is not None:
            raise done.error
        return done

    # --- the sample and the introduction -----------------------------------------------------

    def test_the_sample_has_rows(self, whole: Walk) -> None:
        """Without rows every other check would pass for nothing."""
        expect(whole.rows, "the sample gives no transaction: the kit would prove nothing")

    def test_the_connector_introduces_itself(self, connector: Connector) -> None:
        """The introduction is constant and says what the host's rules need."""
        info = connector.info
        expect(connector.call("describe_connector") == info, "describe_connector varies")
        expect(info.api_version == API_VERSION, f"written for API version {info.api_version}")
        expect(info.label.strip(), "label: empty, people see nothing to choose")
        expect(info.lookback >= timedelta(days=10), "lookback: banks post late, 10 days at least")
        expect(info.hold_expiry > timedelta(0), "hold_expiry: a hold would expire at once")
        expect(info.id_traits, "id_traits: say what may be believed of the ids, if only NONE")
        only_none = info.id_traits == {IdTrait.NONE}
        expect(only_none or IdTrait.NONE not in info.id_traits, "id_traits: NONE stands alone")
        expect(bool(info.file_suffixes) == info.reads_files, "file_suffixes go with reads_files")

    def test_accounts_are_listed_whole(
        self, connector: Connector, link: Link, accounts: Sequence[AccountRef]
    ) -> None:
        """The list names each account once, the asked ones among them, and no card number."""
        if "list_accounts" not in connector.hooks:
            return
        listed: Sequence[RemoteAccount] = connector.call("list_accounts", link=link)
        refs = [account.ref for account in listed]
        expect(all(type(ref) is str and ref for ref in refs), f"refs must be texts: {refs}")
        expect(len(refs) == len(set(refs)), f"an account is listed twice: {refs}")
        missing = {account.ref for account in accounts} - set(refs)
        expect(not missing, f"accounts asked for but not listed: {sorted(missing)}")
        expect_no_pan(listed)

    # --- nothing lost, nothing doubled -------------------------------------------------------

    def test_reading_twice_gives_the_same_rows(self, whole: Walk, fetch: Fetch) -> None:
        """An unchanged source gives equal rows, else every run would change something."""
        again = fetch()
        expect(again.error is None, f"the second reading failed: {again.error!r}")
        expect_same(whole.content, again.content, "a second reading gives other rows")

    def test_resuming_from_every_cursor_loses_nothing(self, whole: Walk, fetch: Fetch) -> None:
        """A worker may die after any committed batch; the next one goes on from its cursor."""
        for number, batch in enumerate(whole.batches):
            if batch.next_cursor is None:
                continue
            rest = fetch(batch.next_cursor)
            expect(rest.error is None, f"the cursor of batch {number} is refused: {rest.error!r}")
            stored = Walk(whole.batches[: number + 1]).content
            lost = whole.content - (stored + rest.content)
            expect(not lost, f"after batch {number} these rows never come again: {few(lost)}")
            invented = rest.content - whole.content
            expect(not invented, f"resumed after batch {number}, new rows: {few(invented)}")

    def test_a_garbage_cursor_is_refused_or_everything_is_read(
        self,
        whole: Walk,
        fetch: Fetch,
        garbage_cursors: Sequence[str],
    ) -> None:
        """A cursor nobody can use must never look like "nothing new"."""
        for cursor in garbage_cursors:
            got = fetch(cursor)
            if got.error is not None:
                expect(isinstance(got.error, ConnectorError), f"{cursor!r}: {got.error!r}")
                continue
            lost = whole.content - got.content
            expect(not lost, f"the cursor {cursor!r} loses in silence: {few(lost)}")

    def test_the_order_of_the_accounts_does_not_matter(self, whole: Walk, fetch: Fetch) -> None:
        """Accounts asked in another order, or one by one, give the same rows."""
        turned = fetch(accounts=tuple(reversed(fetch.accounts)))
        expect(turned.error is None, f"accounts in another order fail: {turned.error!r}")
        expect_same(whole.content, turned.content, "accounts in another order give other rows")
        for account in fetch.accounts:
            one = fetch(accounts=(account,))
            expect(one.error is None, f"account {account.ref} alone fails: {one.error!r}")
            alone = [row_key(row) for row in one.rows]
            among = [row_key(row) for row in whole.rows if row.account_ref == account.ref]
            words = f"account {account.ref} alone gives other rows"
            expect_same(Counter(among), Counter(alone), words)

    def test_only_the_last_batch_is_complete(self, whole: Walk) -> None:
        """``complete`` tells the host that the walk reached its end, so it is said once."""
        said = [batch.complete for batch in whole.batches]
        expect(said and said[-1] is True, "the last batch must say complete")
        expect(not any(said[:-1]), "a batch says complete, then more batches follow")

    def test_a_batch_is_short(self, whole: Walk) -> None:
        """The host writes a batch in one transaction, which must not take long."""
        for batch in whole.batches:
            size = len(batch.transactions) + len(batch.rejected) + len(batch.removed_ids)
            expect(size <= MOST_ROWS, f"a batch of {size} rows; {MOST_ROWS} at most")

    # --- exact values ------------------------------------------------------------------------

    def test_amounts_are_exact_money(self, whole: Walk, accounts: Sequence[AccountRef]) -> None:
        """Amounts are whole minor units, in the currency of their account."""
        currencies = {account.ref: account.currency for account in accounts}
        for row in whole.rows:
            for money in (row.amount, row.original, row.fee):
                exact = isinstance(money, Money) and type(money.minor) is int
                expect(money is None or exact, f"not Money in whole minor units: {money!r}")
            own = currencies.get(row.account_ref, row.amount.currency)
            words = f"amount in {row.amount.currency} on an account in {own}"
            expect(row.amount.currency == own, f"{words}: what was paid abroad is `original`")

    def test_dates_are_calendar_dates(self, whole: Walk) -> None:
        """A bank's day is a date; an instant would slip to another day in another time zone."""
        for row in whole.rows:
            for day in (row.purchased_on, row.booked_on, row.value_on):
                expect(day is None or type(day) is date, f"not a plain date: {day!r}")

    def test_every_row_names_an_account_that_was_asked(
        self, whole: Walk, accounts: Sequence[AccountRef]
    ) -> None:
        """A row of another account would be stored under nobody's choice (R13)."""
        asked = {account.ref for account in accounts}
        for batch in whole.batches:
            named = {row.account_ref for row in batch.transactions}
            named |= {row.account_ref for row in batch.rejected}
            named |= {account_ref for account_ref, _ in batch.removed_ids}
            expect(named <= asked, f"rows of accounts not asked for: {sorted(named - asked)}")

    def test_ids_are_texts_and_name_one_row(self, whole: Walk, connector: Connector) -> None:
        """An id is a non-empty text or absent; believed ids never name two different rows."""
        rows_of: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in whole.rows:
            for name in (row.external_id, row.replaces):
                fits = name is None or (type(name) is str and bool(name.strip()))
                expect(fits, f"an id must be a text or None, never {name!r}")
            if row.external_id is not None:
                rows_of[row.account_ref, row.external_id].add(row_key(row))
        if IdTrait.NONE in connector.info.id_traits:
            return
        shared = [name for name, rows in rows_of.items() if len(rows) > 1]
        expect(not shared, f"one id for different rows; declare IdTrait.NONE: {shared[:3]}")

    def test_raw_is_json(self, whole: Walk) -> None:
        """The source's own payload can be stored as JSON and read back unchanged."""
        raws = [row.raw for row in whole.rows]
        raws += [row.raw for batch in whole.batches for row in batch.rejected]
        for raw in raws:
            try:
                same = json.loads(json.dumps(raw, allow_nan=False)) == raw
            except (TypeError, ValueError) as error:
                pytest.fail(f"raw holds something that JSON cannot: {error}", pytrace=False)
            expect(same, f"raw comes back changed from JSON: {raw!r}")

    def test_rows_survive_the_interchange_shape(self, whole: Walk) -> None:
        """A row written as one line of ``.jsonl`` is read back equal."""
        for row in whole.rows:
            try:
                back = interchange.from_dict(json.loads(interchange.to_line(row)))
            except (TypeError, ValueError, AttributeError, ConnectorError) as error:
                pytest.fail(f"a row cannot be written and read back: {error}", pytrace=False)
            expect(back == row, f"a row comes back changed:\n{row!r}\n{back!r}")

    # --- privacy -----------------------------------------------------------------------------

    def test_no_full_card_number_is_handed_over(self, whole: Walk) -> None:
        """Only the last four digits of a card may be stored, so only they may cross."""
        for batch in whole.batches:
            expect_no_pan(batch)

    def test_no_secret_is_shown(
        self,
        fetch: Fetch,
        faults: Sequence[Fault],
        canary: str,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """The canary appears in no row, print, log or error, also when the source fails."""
        names = [field.name for field in fetch.connector.info.settings if field.secret]
        settings = fetch.link.settings
        secrets = [settings.get(name, canary) for name in names]
        for secret in (*fetch.link.secrets.values(), *secrets):
            expect(canary in secret, "put the canary text in each secret of the fixture link")
        caplog.set_level(logging.DEBUG)
        done = fetch()
        shown = [repr(fetch.link), repr(done.batches), error_chain(done.error)]
        shown += [text for _, text in texts_in(done.batches)]
        for fault in faults:
            with fault.inject():
                failed = fetch(link=fault.link)
            shown += [repr(failed.batches), error_chain(failed.error)]
        shown += [caplog.text, *capfd.readouterr()]
        expect(not any(canary in text for text in shown), "a secret is shown: look for the canary")

    def test_only_allowed_hosts_are_contacted(self, whole: Walk, socket_guard: SocketGuard) -> None:
        """A fetch in the tests reaches the loopback, or hosts named in ``allowed_hosts``."""
        refused = sorted(set(socket_guard.refused))
        expect(not refused, f"{len(whole.rows)} rows, but it tried to reach {refused}")

    # --- failure -----------------------------------------------------------------------------

    def test_a_failing_source_gives_the_right_error(
        self, fetch: Fetch, faults: Sequence[Fault]
    ) -> None:
        """Each fault ends in an error that says who acts next, never in a whole-looking walk."""
        expect(faults, "name at least one way in which your source fails")
        for fault in faults:
            with fault.inject():
                got = fetch(link=fault.link)
            expect(got.error is not None, f"{fault.name}: no error, the host takes it for success")
            typed = isinstance(got.error, fault.expected)
            expect(typed, f"{fault.name}: {got.error!r}, expected {fault.expected.__name__}")
            expect(str(got.error).strip(), f"{fault.name}: the error has no words")
            ended = any(batch.complete for batch in got.batches)
            expect(not ended, f"{fault.name}: a batch said complete before the failure")

    def test_a_failure_half_way_loses_nothing(
        self,
        whole: Walk,
        fetch: Fetch,
        faults: Sequence[Fault],
    ) -> None:
        """After a failure the walk goes on from the last cursor and reaches the same set (R25)."""
        for fault in faults:
            if fault.link is not None:
                continue
            with fault.inject():
                part = fetch()
            cursor = part.cursors[-1] if part.cursors else None
            rest = fetch(cursor)
            lost = whole.content - (part.content + rest.content)
            expect(not lost, f"{fault.name}: lost after the failure: {few(lost)}")

    def test_no_thread_is_left_running(self, fetch: Fetch) -> None:
        """Neither a whole walk nor one that the host gives up leaves a thread behind."""

        def give_up() -> None:
            pages = iter(fetch.pages())
            next(pages, None)
            getattr(pages, "close", lambda: None)()

        left = threads_started_by(fetch)
        left += threads_started_by(give_up)
        expect(not left, f"threads still running: {left}")
