"""Group B: days, zones and clocks."""

from cardsync_sdk.testing.adversity.acts import (
    At,
    Complete,
    Look,
    NextDay,
    Nights,
    ServerZone,
    Sync,
    Ticks,
)
from cardsync_sdk.testing.adversity.setting import (
    NEW_ID_WHEN_BOOKED,
    NO_IDS,
    Card,
    Expect,
    Serves,
    Serving,
)
from cardsync_sdk.testing.adversity.steps import Book, Buy, Change
from cardsync_sdk.testing.adversity.story import Script

ALL = (Card(all_available=True),)

SCRIPTS = (
    Script(
        name="B01",
        story="The server stands in New York, in Auckland, in Paris. A date in is the same date "
        "out.",
        invariant="I1 I6",
        steps=(
            ServerZone("America/New_York"),
            Buy("first", on="03-16"),
            Sync(),
            NextDay(),
            ServerZone("Pacific/Auckland"),
            Buy("second", on="03-17"),
            Sync(),
            NextDay(),
            ServerZone("Europe/Paris"),
            Buy("third", on="03-18", value_on="03-20"),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=3),
    ),
    Script(
        name="B02",
        story="Half past midnight in Auckland is still the day before in UTC. What was bought in "
        "that half hour is asked for.",
        invariant="I1",
        zone="Pacific/Auckland",
        steps=(
            At("2026-03-20T00:30+13:00"),
            Buy("just before midnight", on="03-19"),
            Buy("just after midnight", on="03-20"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="B03",
        story="An announced row is dated in UTC, the booked one in local time: a day apart, and "
        "under a new id.",
        invariant="I2 I3",
        cards=(Card(traits=NEW_ID_WHEN_BOOKED),),
        serving=Serving(mode=Serves.CHANGES),
        steps=(
            Buy("night bar", on="03-16", announced=True),
            Sync(),
            Complete("night bar"),
            NextDay(),
            Book("night bar", on="03-17", purchased="03-17", id="booked-1"),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="B04",
        story="The server moves from Paris to UTC to Tokyo between two syncs. Nothing changes, "
        "with ids and without.",
        invariant="I6",
        cards=(Card(), Card(name="no ids", traits=NO_IDS, last4="7310")),
        steps=(
            ServerZone("Europe/Paris"),
            Buy("with id"),
            Buy("without id", card="no ids"),
            Sync(),
            ServerZone("UTC"),
            Sync(),
            ServerZone("Asia/Tokyo"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="B05",
        story="Paris loses the hour from two to three on 29 March. The daily sync runs once in "
        "each local day around it.",
        invariant="I1 I10",
        begins="2026-03-26",
        steps=(
            At("2026-03-27T00:00+01:00"),
            Buy("lunch", on="03-26"),
            Ticks(hours=119, minutes=30),
        ),
        expect=Expect(rows=1, expenses=1, runs=5),
    ),
    Script(
        name="B06",
        story="The server's clock jumps some hours back after a sync, then three days ahead. No "
        "day is lost and none is synced twice.",
        invariant="I1 I2",
        steps=(
            At("2026-03-18T00:00+01:00"),
            Buy("first", on="03-17"),
            Ticks(hours=6),
            At("2026-03-18T01:00+01:00"),
            Ticks(hours=6),
            Buy("second", "-9.00", on="03-18"),
            Buy("third", "-7.00", on="03-20"),
            At("2026-03-21T06:00+01:00"),
            Ticks(hours=6),
        ),
        expect=Expect(rows=3, expenses=3, runs=2),
    ),
    Script(
        name="B07",
        story="The bank tells today what it will debit in a week. It stays announced until then, "
        "and is booked once.",
        invariant="I1 I2",
        steps=(
            Buy("subscription", "-49.00", on="03-18", announced=True, booked="03-25"),
            Buy("lunch", on="03-18", value_on="03-21"),
            Sync(),
            Complete("subscription"),
            Nights(3),
            Look(Expect(rows=2, expenses=2)),
            NextDay(4),
            Book("subscription", on="03-25"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="B08",
        story="A row of a week ago comes late, after its day was synced with success.",
        invariant="I1",
        steps=(
            Buy("lunch", on="03-16"),
            Nights(3),
            Buy("late", "-7.00", on="03-14"),
            Nights(1),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="B09",
        story="The bank corrects an amount of forty days ago. A deeper look, now and then, finds "
        "it within eight days.",
        invariant="I1 I10",
        cards=ALL,
        steps=(
            Buy("hotel", "-100.00", on="02-10"),
            Sync(),
            NextDay(4),
            Change("hotel", amount="-90.00"),
            Nights(8),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="B10",
        story="Connected on 31 December: the month of the activation is imported, not the one of "
        "the first sync. Then comes a leap year's 29 February.",
        invariant="I1",
        begins="2027-12-31",
        steps=(
            Buy("too old", "-1.00", on="2027-11-30", kept=False),
            Buy("first day", "-2.00", on="2027-12-01"),
            Buy("last day", "-3.00", on="2027-12-31"),
            Sync(),
            NextDay(60),
            Buy("leap day", "-4.00", on="2028-02-29"),
            Sync(),
            NextDay(),
            Buy("day after", "-5.00", on="2028-03-01"),
            Sync(),
        ),
        expect=Expect(rows=4, expenses=4),
    ),
    Script(
        name="B11",
        story="Connected on the last day of March, first synced on 1 April: everything of March "
        "comes, once, and nothing of February, which the bank tells as well.",
        invariant="I1 I2",
        begins="2026-03-31",
        serving=Serving(mode=Serves.CHANGES),
        steps=(
            Buy("february", "-1.00", on="02-28", kept=False),
            Buy("first of march", "-2.00", on="03-01"),
            Buy("last of march", "-3.00", on="03-31"),
            Buy("first of april", "-4.00", on="04-01"),
            Sync(),
            Nights(2),
        ),
        expect=Expect(rows=3, expenses=3),
    ),
    Script(
        name="B12",
        story="Everything is wanted, the bank gives ninety days and says so. After a month away "
        "its history is shorter still than what is held: nothing old counts as deleted, and no "
        "day it cannot know counts as fetched.",
        invariant="I1 I4",
        cards=ALL,
        serving=Serving(history_days=90),
        steps=(
            Buy("january", on="01-10"),
            Buy("march", "-7.00", on="03-16"),
            Sync(),
            NextDay(83),
            Buy("june", "-8.00", on="06-08"),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=3),
    ),
)
