"""Group A, first part: one transaction has one life, from announced to booked, changed, gone."""

from cardsync_sdk.testing.adversity.acts import (
    Answer,
    Complete,
    Ends,
    NextDay,
    Nights,
    Submit,
    Sync,
)
from cardsync_sdk.testing.adversity.setting import (
    NEW_ID_WHEN_BOOKED,
    NO_IDS,
    Card,
    Expect,
    Serves,
    Serving,
)
from cardsync_sdk.testing.adversity.steps import Book, Buy, Cancel, Change, Fail
from cardsync_sdk.testing.adversity.story import Script
from cardsync_sdk.types import TransactionKind

RENAMES = (Card(traits=NEW_ID_WHEN_BOOKED),)
CHANGES = Serving(mode=Serves.CHANGES)

SCRIPTS = (
    Script(
        name="A01",
        story="An announced lunch gets a new id when it is booked, and the bank names the old one. "
        "Its holder had given the receipt already.",
        invariant="I2 I3",
        cards=RENAMES,
        serving=CHANGES,
        steps=(
            Buy("lunch", announced=True),
            Sync(),
            Complete("lunch"),
            NextDay(),
            Book("lunch", id="booked-1", linked=True),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A02",
        story="An announced lunch gets a new id when it is booked, and nothing links the two. "
        "It is the only row that fits.",
        invariant="I2 I3",
        cards=RENAMES,
        serving=CHANGES,
        steps=(
            Buy("lunch", announced=True),
            Sync(),
            Complete("lunch"),
            NextDay(),
            Book("lunch", id="booked-1"),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A03",
        story="The old id is withdrawn on one page, the run breaks off, and the booked row comes "
        "only with the next run.",
        invariant="I3",
        cards=RENAMES,
        serving=Serving(mode=Serves.CHANGES, page_size=1),
        steps=(
            Buy("lunch", announced=True),
            Sync(),
            Complete("lunch"),
            NextDay(),
            Book("lunch", id="booked-1"),
            Fail(page=2),
            Sync(Ends.FAILED),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A04",
        story="A hotel releases two holds. One had a receipt already. The bank's whole days come "
        "without them.",
        invariant="I3 I8",
        steps=(
            Buy("hold", "-100.00", announced=True),
            Buy("hold with receipt", "-200.00", announced=True),
            Buy("dinner", "-31.00"),
            Sync(),
            Complete("hold with receipt"),
            NextDay(),
            Cancel("hold"),
            Cancel("hold with receipt"),
            Sync(),
        ),
        expect=Expect(rows=1, questions=None),
    ),
    Script(
        name="A05",
        story="A hold disappears; two weeks later the purchase is booked after all under a new id. "
        "On another card, with good ids, a row was withdrawn and shown again before anybody asked.",
        invariant="I1 I2 I3",
        cards=(*RENAMES, Card(name="good ids", last4="7310")),
        serving=CHANGES,
        steps=(
            Buy("hotel", "-100.00", on="03-15", announced=True),
            Buy("dinner", "-31.00", on="03-15", card="good ids"),
            Sync(),
            Complete("hotel"),
            NextDay(),
            Cancel("hotel"),
            Cancel("dinner"),
            Book("dinner", on="03-15"),
            Nights(2),
            NextDay(12),
            Book("hotel", on="03-30", id="booked-1"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="A06",
        story="A pump reserves 100.00, the fill costs 63.20, and the booked row has a new id. A "
        "person is asked before the two become one.",
        invariant="I3 I11",
        cards=RENAMES,
        serving=CHANGES,
        steps=(
            Buy("fuel", "-100.00", memo="STATION EXEMPLE", announced=True),
            Sync(),
            Complete("fuel"),
            NextDay(),
            Book("fuel", id="booked-1", amount="-63.20"),
            Sync(),
            Answer("fuel", same=True),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A07",
        story="Paid in dollars: the booked amount differs from the announced one by two cents, and "
        "the id is new.",
        invariant="I2 I3",
        cards=RENAMES,
        serving=CHANGES,
        steps=(
            Buy("taxi", "-18.41", original=("-20.00", "USD"), announced=True),
            Sync(),
            Complete("taxi"),
            NextDay(),
            Book("taxi", id="booked-1", amount="-18.43"),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A11",
        story="A purchase and its refund of the same size on the same day.",
        invariant="I1 I2",
        steps=(
            Buy("shoes", "-80.00"),
            Buy("shoes back", "80.00", kind=TransactionKind.REFUND),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="A12",
        story="A part of a purchase is refunded three weeks later: a row of its own, never a "
        "change of the purchase.",
        invariant="I1 I3",
        steps=(
            Buy("train", "-120.00"),
            Sync(),
            Complete("train"),
            NextDay(21),
            Buy("train back", "40.00", on="04-07", kind=TransactionKind.REFUND),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="A13",
        story="A purchase is reversed and then presented again: three rows, the same amount.",
        invariant="I1 I2",
        steps=(
            Buy("first", "-45.00"),
            Sync(),
            NextDay(),
            Buy("reversed", "45.00", on="03-18", kind=TransactionKind.REFUND),
            Sync(),
            NextDay(),
            Buy("again", "-45.00", on="03-19"),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=3),
    ),
    Script(
        name="A14",
        story="A day later the bank adds the town to the wording: on a card with good ids, and on "
        "one without any.",
        invariant="I2 I3",
        cards=(Card(), Card(name="no ids", traits=NO_IDS, last4="7310")),
        steps=(
            Buy("with id"),
            Buy("without id", "-14.00", card="no ids"),
            Sync(),
            Complete("with id"),
            Complete("without id"),
            NextDay(),
            Change("with id", memo="CARTE BOULANGERIE EXEMPLE LYON"),
            Change("without id", memo="CARTE BOULANGERIE EXEMPLE LYON"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="A24",
        story="The amount in dollars is told only once the row is booked, when its expense is "
        "submitted already: the report stays as it is.",
        invariant="I12",
        steps=(
            Buy("hotel", "-92.00"),
            Sync(),
            Complete("hotel"),
            Submit(),
            NextDay(),
            Change("hotel", original=("-100.00", "USD")),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A25",
        story="A deferred-debit card: two purchases on the card, and at the end of the month their "
        "sum on the account. The sum is no expense.",
        invariant="I8",
        cards=(Card(), Card(name="account", iban="FR7630006000011234567890189", last4="0189")),
        steps=(
            Buy("lunch", "-20.00"),
            Buy("taxi", "-35.50"),
            Sync(),
            NextDay(13),
            Buy(
                "sum",
                "-55.50",
                on="03-31",
                card="account",
                memo="DEBIT MENSUEL CARTE 4821",
                kind=TransactionKind.OTHER,
            ),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=2),
    ),
    Script(
        name="A26",
        story="The debit day of deferred purchases passes: type and booking day change. They stay "
        "the same rows, with ids and without.",
        invariant="I2 I3",
        cards=(Card(), Card(name="no ids", traits=NO_IDS, last4="7310")),
        steps=(
            Buy("with id", kind=TransactionKind.OTHER),
            Buy("without id", "-14.00", card="no ids", kind=TransactionKind.OTHER),
            Sync(),
            Complete("with id"),
            Complete("without id"),
            NextDay(3),
            Change("with id", kind=TransactionKind.PURCHASE, booked="03-20"),
            Change("without id", kind=TransactionKind.PURCHASE, booked="03-20"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
)
