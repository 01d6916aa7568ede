"""Group E: links, accounts and legal entities."""

from cardsync_sdk.testing.adversity.acts import (
    Attach,
    Complete,
    HandIn,
    LinkAgain,
    MoveToOtherEntity,
    NextDay,
    Nights,
    Relink,
    RestoreCard,
    SetAside,
    Share,
    StopCard,
    Sync,
)
from cardsync_sdk.testing.adversity.setting import NEW_IDS_AFTER_RELINK, Card, Expect
from cardsync_sdk.testing.adversity.steps import Buy, Change, HideCard, OpenCard
from cardsync_sdk.testing.adversity.story import Script

RENAMED = (Card(traits=NEW_IDS_AFTER_RELINK),)

SCRIPTS = (
    Script(
        name="E01",
        story="An admin connects the bank anew. The card has a new account id there, and every row "
        "a new id. Its holder keeps the card, the receipt stays, nothing comes twice.",
        invariant="I2 I3",
        cards=RENAMED,
        steps=(
            Buy("coffee 1", "-2.50", on="03-17"),
            Buy("coffee 2", "-2.50", on="03-17"),
            Buy("lunch", "-14.00"),
            Sync(),
            Complete("lunch"),
            NextDay(),
            Relink(),
            Buy("taxi", "-31.00", on="03-18"),
            Nights(2),
        ),
        expect=Expect(rows=4, expenses=4),
    ),
    Script(
        name="E02",
        story="A second admin connects the same bank once more, while the first link still works.",
        invariant="I2",
        cards=RENAMED,
        steps=(
            Buy("lunch"),
            Sync(),
            Complete("lunch"),
            NextDay(),
            LinkAgain(),
            Nights(2),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="E03",
        story="The card is renewed under another number. Its new purchases come on the new card, "
        "late bookings still on the old one.",
        invariant="I1 I2",
        steps=(
            Buy("old lunch", on="03-16"),
            Sync(),
            NextDay(),
            OpenCard(Card(name="renewed", last4="7310")),
            Share(),
            Attach("renewed"),
            Buy("new lunch", on="03-18", card="renewed"),
            Buy("late booking", "-31.00", on="03-15"),
            Nights(2),
        ),
        expect=Expect(rows=3, expenses=3),
    ),
    Script(
        name="E04",
        story="The card goes from Camille to Dominique on 19 March. What was bought before, even "
        "if it comes later, is Camille's.",
        invariant="I3",
        steps=(
            Buy("before", on="03-17"),
            Sync(),
            Complete("before"),
            NextDay(),
            Attach(to="Dominique", first_day="03-19"),
            NextDay(),
            Buy("late", "-7.00", on="03-18"),
            Buy("after", "-9.00", on="03-19"),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=3, of={"Camille": 2, "Dominique": 1}),
    ),
    Script(
        name="E05",
        story="The card is nobody's. What comes in waits; then two admins give it to Camille at "
        "the same moment.",
        invariant="I2",
        cards=(Card(held_by=None),),
        steps=(
            Buy("lunch"),
            Buy("taxi", "-31.00"),
            Sync(),
            Attach(at_once=2),
            Nights(1),
        ),
        expect=Expect(rows=2, expenses=2, waiting=0),
    ),
    Script(
        name="E06",
        story="The card goes to the trash and comes back. What was set aside stays so; what was "
        "bought meanwhile comes in.",
        invariant="I2 I3",
        steps=(
            Buy("private"),
            Buy("lunch", "-14.00"),
            Sync(),
            SetAside("private"),
            StopCard(),
            NextDay(3),
            Buy("meanwhile", "-9.00", on="03-19"),
            RestoreCard(),
            Nights(2),
        ),
        expect=Expect(rows=3, expenses=2),
    ),
    Script(
        name="E07",
        story="The bank makes one card of two: all rows of the second are shown under the first. "
        "Nothing is lost or doubled, and an admin is asked.",
        invariant="I1 I2 I8",
        cards=(Card(), Card(name="second", last4="7310")),
        steps=(
            Buy("here"),
            Buy("there", "-31.00", card="second"),
            Sync(),
            Complete("there"),
            NextDay(),
            Change("there", card="card"),
            HideCard("second"),
            Nights(2),
        ),
        expect=Expect(rows=2, expenses=2, questions=1, quarantined=None),
    ),
    Script(
        name="E08",
        story="The card moves to the group's other company. Its history stays with the first one; "
        "what follows belongs to the second.",
        invariant="I2 I9",
        steps=(
            Buy("before", on="03-16"),
            Sync(),
            Complete("before"),
            NextDay(2),
            MoveToOtherEntity(),
            Buy("after", "-9.00", on="03-20"),
            Nights(3),
        ),
        expect=Expect(rows=2, expenses=1, waiting=1),
    ),
    Script(
        name="E09",
        story="The bank is merged and reached through another connector: new account ids, new ids "
        "of rows, the same card.",
        invariant="I2 I3",
        cards=RENAMED,
        steps=(
            Buy("lunch", on="03-17"),
            Sync(),
            Complete("lunch"),
            NextDay(),
            Relink(connector="adversity_merged"),
            Buy("taxi", "-31.00", on="03-18"),
            Nights(2),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="E10",
        story="July was handed in as a file; then the bank is connected and tells the end of July "
        "again, with ids of its own.",
        invariant="I2 I11",
        begins="2026-07-31",
        cards=(Card(),),
        steps=(
            Buy("coffee 1", "-2.50", on="07-30"),
            Buy("coffee 2", "-2.50", on="07-30"),
            Buy("hotel", "-100.00", on="07-29"),
            HandIn("july.jsonl", ("hotel", "coffee 1", "coffee 2")),
            Complete("hotel"),
            Buy("august", "-9.00", on="08-01"),
            Sync(),
            Nights(1),
        ),
        expect=Expect(rows=4, expenses=4, questions=None),
    ),
)
