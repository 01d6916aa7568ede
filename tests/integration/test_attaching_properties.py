"""However often an account is attached, re-dated, handed over or synced: each expense once."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.import_settings import look_and_take, set_imports
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import make_world
from webapp.domain.attachments import EVER, gaps, holder_on
from webapp.domain.expenses import PaymentMode
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.holdings import holdings_of
from webapp.storage.people import LegalEntity, User
from webapp.sync.attaching import AccountChoice, Saver, fill_days, save_choices
from webapp.sync.previewing import preview_choices

START = date(2026, 3, 1)
PEOPLE = 3
days = st.integers(0, 30).map(lambda back: START + timedelta(days=back))
holders = st.integers(0, PEOPLE - 1)

steps = st.one_of(
    st.tuples(st.just("attach"), holders | st.none(), st.none() | st.just(EVER) | days),
    st.tuples(st.just("fill"), holders, st.none() | days),
    st.tuples(st.just("spend"), days, st.none()),
    st.tuples(st.just("review"), st.booleans(), st.none()),
    st.tuples(st.just("take"), st.none(), st.none()),
)


class Actor:
    """Takes one step after the other, a day each, and each of them twice."""

    def __init__(self, database: Database) -> None:
        self.bank = ScriptedBank()
        self.world = make_world(database, self.bank.connector(), attached=False, activated_on=START)
        self.world.change(Account, self.world.account_id, import_mode="all_available")
        with database.write() as session:
            people = [
                User(
                    email=f"{self.world.user_id.lower()}-{n}@example.org",
                    name=str(n),
                    created_at=NOW,
                )
                for n in range(PEOPLE)
            ]
            session.add_all(people)
        self.people = [person.id for person in people]
        self.now = NOW

    def act(self, step: tuple[str, object, object]) -> None:
        """Do what a step says, twice; the second time nothing more may come of it."""
        self.now += timedelta(days=1)
        kind, first, second = step
        before: dict[str, str] = self.expenses()
        if kind == "spend":
            self.bank.rows.append(purchase(f"p{len(self.bank.rows)}", day=first))  # type: ignore[arg-type]
            self.world.sync_at(self.now)
        elif kind == "review":
            for _ in range(2):
                set_imports(self.world, at=self.now, review_first=bool(first))
        elif kind == "take":
            look_and_take(self.world, at=self.now)
            assert look_and_take(self.world, at=self.now) == 0
        else:
            self._hold(kind, first, second)
        assert before.items() <= self.expenses().items(), "what is made never moves"

    def _hold(self, kind: str, person: object, day: object) -> None:
        holder = None if person is None else self.people[int(person)]  # type: ignore[call-overload]
        with self.world.database.write() as session:
            entity = session.get_one(LegalEntity, self.world.entity_id)
            by = Saver(session, entity, self.world.user_id, self.now)
            if kind == "fill":
                self._fill(by, str(holder), day)
                return
            choice = {
                self.world.account_id: AccountChoice(holder, PaymentMode.COMPANY, day)  # type: ignore[arg-type]
            }
            (preview,) = preview_choices(by, choice)
            made = save_choices(by, self.world.interface_id, choice).released
            assert made == preview.made.count, "exactly what was shown"
            assert save_choices(by, self.world.interface_id, choice).released == 0

    def _fill(self, by: Saver, holder: str, day: object) -> None:
        held = holdings_of(by.session, [self.world.account_id]).get(self.world.account_id, ())
        last = next((gap.last for gap in gaps(held) if gap.last), None)
        if last is None:
            return
        first = day if isinstance(day, date) and day <= last else None
        for expected in (1, 0):
            saved = fill_days(by, self.world.account_id, holder, gap_last=last, first_day=first)
            assert saved.changed <= expected

    def expenses(self) -> dict[str, str]:
        """Whose expense each transaction became."""
        return {one.transaction_id: one.user_id for one in self.world.expenses()}


NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(script=st.lists(steps, min_size=1, max_size=10))
def test_R28_D_E_D_F_whatever_is_pressed_each_transaction_is_one_expense_of_one_person(
    database: Database, script: list[tuple[str, object, object]]
) -> None:
    actor = Actor(database)
    for step in script:
        actor.act(step)
    world = actor.world
    with database.read() as session:
        held = holdings_of(session, [world.account_id]).get(world.account_id, ())
    here = [one for one in world.transactions() if one.account_id == world.account_id]
    assert len(here) == len(actor.bank.rows)
    for row in here:
        owners = [one for one in held if _covers(one.starts_on, one.ends_on, row.day)]
        assert len(owners) <= 1, "no day has two holders"
    # In the end a person takes in whatever waits: nothing of a held day is left over.
    look_and_take(world, at=actor.now)
    made = actor.expenses()
    left = [row for row in here if row.id not in made]
    ready = world.account().payment_mode is not None
    assert not ready or all(holder_on(held, row.day) is None for row in left)


def _covers(first: date | None, last: date | None, day: date) -> bool:
    return (first or date.min) <= day <= (last or date.max)
