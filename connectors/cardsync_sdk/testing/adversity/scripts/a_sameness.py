"""Group A, second part: equal rows are two purchases, and one purchase is one row."""

from cardsync_sdk.testing.adversity.acts import (
    Complete,
    EnterByHand,
    Look,
    Merge,
    NewContentRule,
    NextDay,
    Nights,
    SetAside,
    Sync,
    TakeUp,
)
from cardsync_sdk.testing.adversity.setting import NO_IDS, Card, Expect, Order, Serves, Serving
from cardsync_sdk.testing.adversity.steps import Buy, Cancel, Change, Serve, ShowTwice
from cardsync_sdk.testing.adversity.story import Script

NONE = (Card(traits=NO_IDS),)
ACCOUNT = Card(name="account", iban="FR7630006000011234567890189", last4="0189")

SCRIPTS = (
    Script(
        name="A08",
        story="Two equal coffees on one day, each with its id. The first gets its receipt and is "
        "then taken back; a third appears. Where ids are good nothing is guessed: the receipt "
        "stays with the first.",
        invariant="I1 I3",
        serving=Serving(mode=Serves.CHANGES),
        steps=(
            Buy("coffee 1", "-2.50"),
            Buy("coffee 2", "-2.50"),
            Sync(),
            Complete("coffee 1"),
            NextDay(),
            Cancel("coffee 1"),
            Buy("coffee 3", "-2.50"),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="A09",
        story="Two equal coffees on one day without any id; later a third. Pages and their order "
        "change from night to night. Then the bank tells only what is new since the last time: a "
        "fourth coffee of that day.",
        invariant="I1 I2",
        cards=NONE,
        steps=(
            Buy("coffee 1", "-2.50"),
            Buy("coffee 2", "-2.50"),
            Buy("lunch", "-14.00"),
            Sync(),
            Serve(Serving(page_size=1, order=Order.NEWEST)),
            Nights(1),
            Buy("coffee 3", "-2.50"),
            Serve(Serving(page_size=2, order=Order.SHUFFLED)),
            Nights(2),
            Serve(Serving(mode=Serves.CHANGES)),
            Nights(1),
            Buy("coffee 4", "-2.50"),
            Nights(1),
        ),
        expect=Expect(rows=5, expenses=5),
    ),
    Script(
        name="A10",
        story="Of two equal rows without ids the bank takes one back. The one with the receipt "
        "stays.",
        invariant="I2 I3",
        cards=NONE,
        steps=(
            Buy("coffee 1", "-2.50"),
            Buy("coffee 2", "-2.50"),
            Sync(),
            Complete("coffee 2"),
            NextDay(),
            Cancel("coffee 1"),
            Sync(),
        ),
        expect=Expect(rows=1),
    ),
    Script(
        name="A15",
        story="Without ids, the bank writes the same words in other letters: case, accents, "
        "decomposed accents, a no-break space.",
        invariant="I2",
        cards=NONE,
        steps=(
            Buy("lunch", memo="Café de l’Île"),
            Sync(),
            NextDay(),
            Change("lunch", memo="CAFE DE L’ILE"),
            Sync(),
            NextDay(),
            Change("lunch", memo="Cafe\u0301 de l’I\u0302le"),
            Sync(),
            NextDay(),
            Change("lunch", memo="Café\u00a0de  l’Île"),
            Sync(),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A16",
        story="Some rows have an id and some, equal in all else, have none. One gets its id a day "
        "later.",
        invariant="I1 I2",
        steps=(
            Buy("with id", "-2.50"),
            Buy("without id 1", "-2.50", id=None),
            Buy("without id 2", "-2.50", id=None),
            Buy("late id", "-9.00", id=None),
            Sync(),
            NextDay(),
            Change("late id", id="late-1"),
            Sync(),
        ),
        expect=Expect(rows=4, expenses=4),
    ),
    Script(
        name="A17",
        story="The bank puts a payment code where its id should be: two purchases share it.",
        invariant="I1 I7",
        steps=(
            Buy("lunch", "-12.50", id="code-9"),
            Buy("taxi", "-31.00", id="code-9", memo="CARTE TAXI EXEMPLE"),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=2, expenses=2, questions=None),
    ),
    Script(
        name="A18",
        story="A purchase, its fee and its tax are three rows that share one id.",
        invariant="I1 I7",
        steps=(
            Buy("purchase", "-100.00", id="legs-1"),
            Buy("fee", "-1.50", id="legs-1", memo="FRAIS CARTE"),
            Buy("tax", "-0.30", id="legs-1", memo="TAXE"),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=3, questions=None),
    ),
    Script(
        name="A19",
        story="Ids that only look alike: 001 and 1, A7 and a7. They are compared as texts.",
        invariant="I1",
        steps=(
            Buy("one", "-1.00", id="001"),
            Buy("two", "-2.00", id="1"),
            Buy("three", "-3.00", id="A7"),
            Buy("four", "-4.00", id="a7"),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=4, expenses=4),
    ),
    Script(
        name="A20",
        story="An id comes up again on another card, and a year later for another purchase.",
        invariant="I1",
        cards=(Card(), Card(name="second", last4="7310")),
        steps=(
            Buy("here", "-10.00", id="77"),
            Buy("there", "-20.00", id="77", card="second"),
            Sync(),
            NextDay(365),
            Buy("next year", "-30.00", on="2027-03-17", id="77"),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=3, questions=None),
    ),
    Script(
        name="A21",
        story="A new version of cardsync digests rows without ids by another rule. What is there "
        "is known all the same.",
        invariant="I2 I6",
        cards=NONE,
        steps=(
            Buy("coffee 1", "-2.50"),
            Buy("coffee 2", "-2.50"),
            Buy("lunch", "-14.00"),
            Sync(),
            Complete("lunch"),
            NextDay(),
            NewContentRule(),
            Sync(),
        ),
        expect=Expect(rows=3, expenses=3),
    ),
    Script(
        name="A22",
        story="The bank gives the same row twice in one page.",
        invariant="I2 I7",
        steps=(Buy("lunch"), ShowTwice("lunch"), Buy("taxi", "-31.00"), Sync(), NextDay(), Sync()),
        expect=Expect(rows=2, expenses=2),
    ),
    Script(
        name="A23",
        story="Amounts that break careless arithmetic: nothing, minus nothing, very much, yen "
        "without decimals, dinars with three.",
        invariant="I1",
        cards=(
            Card(),
            Card(name="yen", currency="JPY", last4="7310"),
            Card(name="dinar", currency="TND", last4="9055"),
        ),
        steps=(
            Buy("nothing", "0.00"),
            Buy("minus nothing", "-0.00", memo="CONTROLE DE CARTE"),
            Buy("very much", "-92233720368547758.07"),
            Buy("yen", "-1250", card="yen"),
            Buy("dinar", "-12.345", card="dinar"),
            Sync(),
            NextDay(),
            Sync(),
        ),
        expect=Expect(rows=5, expenses=5),
    ),
    Script(
        name="A27",
        story="One card payment is told twice: on the card, and on the account it debits. Both are "
        "shared by mistake. A person is asked; nothing is dropped in silence.",
        invariant="I11",
        cards=(Card(), ACCOUNT),
        steps=(
            Buy("on the card", "-31.00", memo="CARTE TAXI EXEMPLE"),
            Buy("on the account", "-31.00", card="account", memo="CB TAXI EXEMPLE 16/03"),
            Sync(),
        ),
        expect=Expect(rows=2, questions=1),
    ),
    Script(
        name="A28",
        story="The holder enters a taxi by hand with its receipt; the next night the bank has it.",
        invariant="I3 I11",
        steps=(
            EnterByHand("taxi", "-31.00", "03-17"),
            NextDay(),
            Buy("taxi", "-31.00", on="03-17"),
            Sync(),
        ),
        expect=Expect(rows=1, questions=1),
    ),
    Script(
        name="A29",
        story="A person says that two rows are one purchase. The bank goes on showing both.",
        invariant="I2 I11",
        steps=(
            Buy("lunch", "-12.50"),
            Buy("lunch again", "-12.50", memo="BOULANGERIE EXEMPLE CB", kept=False),
            Sync(),
            Merge(stays="lunch", goes="lunch again"),
            Nights(2),
        ),
        expect=Expect(rows=1, expenses=1),
    ),
    Script(
        name="A30",
        story="The holder says that a row is no expense. It stays out, night after night; an equal "
        "purchase of a later day is an expense. The holder may take it up again.",
        invariant="I3",
        steps=(
            Buy("private", "-12.50"),
            Sync(),
            SetAside("private"),
            Nights(3),
            Buy("lunch", "-12.50", on="03-20"),
            Nights(1),
            Look(Expect(rows=2, expenses=1)),
            TakeUp("private"),
            Nights(1),
        ),
        expect=Expect(rows=2, expenses=2),
    ),
)
