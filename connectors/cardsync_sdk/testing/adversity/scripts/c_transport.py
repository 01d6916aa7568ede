"""Group C: cursors, pages, and all that goes wrong on the way."""

from cardsync_sdk.testing.adversity.acts import (
    Complete,
    DatabaseBusy,
    Ends,
    Look,
    NextDay,
    Nights,
    Reconsent,
    Sync,
    Ticks,
)
from cardsync_sdk.testing.adversity.setting import NO_IDS, Card, Expect, Serves, Serving
from cardsync_sdk.testing.adversity.steps import (
    BeDown,
    Buy,
    Cancel,
    Change,
    Fail,
    ForgetCursors,
    Garble,
    Meanwhile,
    NeverEnd,
    ReissueIds,
    StillGathering,
    SwapCard,
    Trouble,
)
from cardsync_sdk.testing.adversity.story import Script

CHANGES = Serving(mode=Serves.CHANGES)
PAGES_OF_ONE = Serving(page_size=1)
TWO_CARDS = (Card(), Card(name="second", last4="7310"))
FIVE = tuple(Buy(f"row {n}", f"-{n}.00", on=f"03-1{n}") for n in range(1, 6))

SCRIPTS = (
    Script(
        name="C01",
        story="While pages of changes are given something changes, and the bank refuses to go on: "
        "the next run takes up where this one was. Then a row changes again in the very walk that "
        "told it; the newer telling counts.",
        invariant="I4",
        serving=Serving(mode=Serves.CHANGES, page_size=1),
        steps=(
            *FIVE,
            Meanwhile((Change("row 1", amount="-1.10"), Buy("new", "-9.00")), page=2),
            Fail(page=3),
            Sync(Ends.FAILED),
            NextDay(),
            Meanwhile((Change("row 4", amount="-4.40"),), page=3),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=6, expenses=6),
    ),
    Script(
        name="C02",
        story="Pages counted by offset: a row of the first page changes during the walk and moves "
        "to the end, so that another slips through between the pages. The next night finds it.",
        invariant="I1",
        serving=Serving(page_size=2),
        steps=(
            *(Buy(f"row {n}", f"-{n}.00") for n in range(1, 6)),
            Meanwhile((Change("row 1", memo="CARTE BOULANGERIE EXEMPLE LYON"),)),
            Sync(),
            NextDay(),
            Meanwhile((Change("row 2", memo="CARTE BOULANGERIE EXEMPLE LYON"),)),
            Buy("new", "-9.00", on="03-18"),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=6, expenses=6),
    ),
    Script(
        name="C03",
        story="The bank refuses the stored cursor for ever. One walk from the beginning mends it, "
        "and finds what was withdrawn meanwhile.",
        invariant="I2 I4",
        serving=CHANGES,
        steps=(
            *FIVE,
            Sync(),
            NextDay(),
            ForgetCursors(),
            Cancel("row 1"),
            Buy("new", "-9.00", on="03-18"),
            Sync(),
        ),
        expect=Expect(rows=5, expenses=5),
    ),
    Script(
        name="C04",
        story="A cursor is a year old when it is used again: the bank has forgotten it.",
        invariant="I1 I4",
        serving=CHANGES,
        steps=(
            Buy("lunch"),
            Sync(),
            ForgetCursors(),
            NextDay(365),
            Buy("a year later", "-9.00", on="2027-03-16"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="C05",
        story="Each page names one more page, round in a circle. That is a failure, never a "
        "success, and no day counts as fetched.",
        invariant="I4 I10",
        steps=(Buy("lunch"), NeverEnd(), Sync(Ends.FAILED)),
        expect=Expect(rows=1, expenses=1),
        settles=False,
    ),
    Script(
        name="C06",
        story="The bank answers with an empty page because it is still gathering. That proves "
        "nothing: no deletion, no day fetched.",
        invariant="I4",
        steps=(
            Buy("lunch"),
            Sync(),
            NextDay(),
            StillGathering(),
            Sync(Ends.ANY),
            Look(Expect(rows=1, expenses=1)),
            Buy("taxi", "-31.00", on="03-18"),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="C07",
        story="Success, says the bank, and sends half a document, then a maintenance page, then "
        "letters that are no UTF-8. The run fails each time; the next good one has all.",
        invariant="I4 I7",
        serving=PAGES_OF_ONE,
        steps=(
            *FIVE,
            Fail(Trouble.CUT_JSON, page=3),
            Sync(Ends.FAILED),
            Fail(Trouble.HTML_PAGE),
            Sync(Ends.FAILED),
            Fail(Trouble.WRONG_CHARSET, page=2),
            Sync(Ends.FAILED),
            Sync(),
        ),
        expect=Expect(rows=5, expenses=5),
    ),
    Script(
        name="C08",
        story="Every row was given, only the word that it was all got lost: the first card counts, "
        "the other does not. Asking again is safe, with ids and without.",
        invariant="I2",
        cards=(Card(), Card(name="no ids", traits=NO_IDS, last4="7310")),
        serving=PAGES_OF_ONE,
        steps=(
            Buy("with id"),
            Buy("coffee 1", "-2.50", card="no ids"),
            Buy("coffee 2", "-2.50", card="no ids"),
            Buy("the last one", "-7.00", card="no ids", on="03-17"),
            Fail(page=4),
            Sync(Ends.PARTIAL),
            Fail(card="no ids", times=3),
            Sync(Ends.PARTIAL),
            Sync(Ends.PARTIAL),
            Sync(Ends.PARTIAL),
            Sync(),
        ),
        expect=Expect(rows=4, expenses=4),
    ),
    Script(
        name="C09",
        story="The bank asks to wait six hours. It is not asked once before they are over.",
        invariant="I10",
        steps=(
            Buy("lunch"),
            Fail(Trouble.RATE_LIMITED, hours=6),
            Sync(Ends.FAILED),
            Ticks(hours=5, minutes=10),
            Ticks(hours=2, minutes=10),
        ),
        expect=Expect(rows=1, expenses=1, runs=2),
    ),
    Script(
        name="C10",
        story="The bank is down for three days. It is tried again by itself, and then all of them "
        "are there.",
        invariant="I1 I10",
        steps=(
            Buy("before", on="03-17"),
            Ticks(hours=24),
            BeDown(hours=72),
            Buy("day one", "-1.00", on="03-18"),
            Ticks(hours=24, minutes=30),
            Buy("day two", "-2.00", on="03-19"),
            Ticks(hours=24, minutes=30),
            Buy("day three", "-3.00", on="03-20"),
            Ticks(hours=24, minutes=30),
            Ticks(hours=5, minutes=30),
        ),
        expect=Expect(rows=4, expenses=4),
    ),
    Script(
        name="C11",
        story="The consent is over. Nothing is tried until an admin has renewed it, nothing counts "
        "as deleted, and what happened meanwhile comes in.",
        invariant="I1 I10",
        steps=(
            Buy("before", on="03-17"),
            Sync(),
            NextDay(),
            Fail(Trouble.CONSENT_OVER),
            Sync(Ends.FAILED),
            Ticks(hours=48),
            Sync(Ends.IDLE),
            Look(Expect(rows=1, expenses=1)),
            Buy("meanwhile", "-9.00", on="03-19"),
            Reconsent(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2, runs=3),
    ),
    Script(
        name="C12",
        story="The bank gives one card and fails at the other. The first one's rows and days "
        "count; the run says that it did a part.",
        invariant="I1 I4",
        cards=TWO_CARDS,
        steps=(
            Buy("here"),
            Buy("there", "-31.00", card="second"),
            Fail(card="second"),
            Sync(Ends.PARTIAL),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="C13",
        story="The bank changes its answer: one row lacks its amount and cannot be read. It is "
        "kept apart with the reason; the others come in.",
        invariant="I7",
        steps=(
            Buy("readable"),
            Buy("drifted", "-31.00"),
            Garble("drifted", "amount: null"),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1, quarantined=1),
    ),
    Script(
        name="C14",
        story="One row in five hundred cannot be read. The others are stored; once the connector "
        "can read it, so is that one.",
        invariant="I1 I7",
        steps=(
            *(Buy(f"row {n}", f"-{n}.00", on=f"03-{n % 17 + 1:02}") for n in range(1, 501)),
            Garble("row 250", "the amount is no number"),
            Sync(),
            NextDay(),
            Garble("row 250"),
            Nights(1),
        ),
        expect=Expect(rows=500, expenses=500, quarantined=1),
    ),
    Script(
        name="C15",
        story="The database is busy while a row is looked up. The page is neither taken for new "
        "nor for known; it is done again as a whole.",
        invariant="I2 I4",
        steps=(
            *FIVE,
            Sync(),
            NextDay(),
            Buy("new", "-9.00", on="03-18"),
            DatabaseBusy(),
            Sync(Ends.FAILED),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=6, expenses=6),
    ),
    Script(
        name="C16",
        story="Overnight the bank gives every row of its history another id, though it had "
        "promised never to. Nothing is doubled; a person is asked.",
        invariant="I2 I11",
        steps=(
            *FIVE,
            Sync(),
            Complete("row 5"),
            NextDay(),
            ReissueIds(),
            Sync(Ends.ANY),
        ),
        expect=Expect(rows=5, expenses=5, questions=1, quarantined=None),
    ),
    Script(
        name="C17",
        story="Under the account's id the bank suddenly shows somebody else's card. Nothing of it "
        "is taken.",
        invariant="I9",
        serving=Serving(lists_accounts=True),
        steps=(
            Buy("ours"),
            Sync(),
            NextDay(),
            SwapCard("card", last4="9999", holder="Somebody Else"),
            Buy("theirs", "-666.00", on="03-18", kept=False),
            Sync(Ends.ANY),
        ),
        expect=Expect(rows=1, expenses=1, questions=1, quarantined=None),
    ),
)
