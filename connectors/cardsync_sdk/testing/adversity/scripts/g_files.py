"""Group G, as far as it is about sameness: statement files handed in twice and overlapping."""

from cardsync_sdk.testing.adversity.acts import Complete, HandIn
from cardsync_sdk.testing.adversity.setting import NO_IDS, Card, Expect
from cardsync_sdk.testing.adversity.steps import Buy
from cardsync_sdk.testing.adversity.story import Script

BY_FILE = (Card(traits=NO_IDS),)

SCRIPTS = (
    Script(
        name="G01",
        story="The same file is handed in twice, then under another name, then with one more line.",
        invariant="I2",
        cards=BY_FILE,
        by_file=True,
        steps=(
            Buy("coffee 1", "-2.50"),
            Buy("coffee 2", "-2.50"),
            Buy("lunch", "-14.00", on="03-17"),
            HandIn("march.jsonl", ("coffee 1", "coffee 2", "lunch")),
            Complete("lunch"),
            HandIn("march.jsonl", ("coffee 1", "coffee 2", "lunch")),
            HandIn("copy of march.jsonl", ("lunch", "coffee 1", "coffee 2")),
            Buy("taxi", "-31.00", on="03-18"),
            HandIn("march.jsonl", ("coffee 1", "coffee 2", "lunch", "taxi")),
        ),
        expect=Expect(rows=4, expenses=4),
    ),
    Script(
        name="G02",
        story="One export holds Monday to Friday, the next Wednesday to Sunday. On Thursday there "
        "are two equal coffees, and the second export knows a third.",
        invariant="I1 I2",
        cards=BY_FILE,
        by_file=True,
        steps=(
            Buy("monday", "-7.00", on="03-09"),
            Buy("thursday 1", "-2.50", on="03-12"),
            Buy("thursday 2", "-2.50", on="03-12"),
            Buy("friday", "-8.00", on="03-13"),
            HandIn("week.jsonl", ("monday", "thursday 1", "thursday 2", "friday")),
            Buy("thursday 3", "-2.50", on="03-12"),
            Buy("sunday", "-9.00", on="03-15"),
            HandIn(
                "end of week.jsonl", ("sunday", "friday", "thursday 1", "thursday 2", "thursday 3")
            ),
            HandIn("week.jsonl", ("monday", "thursday 1", "thursday 2", "friday")),
        ),
        expect=Expect(rows=6, expenses=6),
    ),
)
