"""Judge how things stand in the middle of a story, where a question may be open, and at its end."""

import json
from dataclasses import dataclass, replace

from sqlmodel import col, select

from cardsync_sdk.testing.adversity import NAME
from cardsync_sdk.testing.adversity.setting import STABLE, Serves
from cardsync_sdk.types import IdTrait
from webapp.adversity import checker
from webapp.adversity.checker import Held, Verdict, match
from webapp.adversity.player import Player
from webapp.adversity.reading import names_of_transactions
from webapp.adversity.world import World
from webapp.domain.merging import MergeRefused
from webapp.domain.questions import QuestionKind
from webapp.storage.questions import HeldRow, Question
from webapp.sync.answering import answer


@dataclass(frozen=True, slots=True)
class OpenDoubt:
    """An open question: the transactions it is about, and what is kept out until it is answered.

    ``held``: the names of these rows, each with the transaction it seems to be.
    """

    question: Question
    ids: frozenset[str]
    held: tuple[tuple[str, str | None], ...]


def open_doubts(world: World) -> list[OpenDoubt]:
    """Return what a person is asked now."""
    with world.database.read() as session:
        query = select(Question).where(
            col(Question.legal_entity_id).in_(world.entities), col(Question.answer).is_(None)
        )
        found = []
        for one in session.exec(query.order_by(col(Question.id))).all():
            held = session.exec(select(HeldRow).where(HeldRow.question_id == one.id)).all()
            rows = tuple(
                (json.loads(row.line).get("raw", {}).get(NAME, ""), row.transaction_id)
                for row in held
            )
            ids = {one.first_id, one.second_id, *(row_id for _name, row_id in rows)} - {None}
            found.append(OpenDoubt(one, frozenset(ids), rows))  # type: ignore[arg-type]
        return found


def answer_truthfully(world: World) -> int:
    """Answer every question as somebody would who knows the bank's books; says how many."""
    answered = 0
    for doubt in open_doubts(world):
        with world.admin(doubt.question.legal_entity_id) as admin:
            try:
                answer(admin, doubt.question.id, same=_is_same(world, doubt))
            except MergeRefused:
                continue
        answered += 1
    return answered


def _is_same(world: World, doubt: OpenDoubt) -> bool:
    with world.database.read() as session:
        seen = names_of_transactions(session, world)
    if doubt.question.kind == QuestionKind.SAME_PURCHASE:
        first, second = (
            set(seen.get(one or "", ()))
            for one in (doubt.question.first_id, doubt.question.second_id)
        )
        return bool(first & second)
    return all(name in seen.get(row_id or "", ()) for name, row_id in doubt.held)


def _shows_what_is_gone(world: World) -> bool:
    """Say whether the bank lets us know what it shows no more: by its days, or by the ids."""
    named = any(IdTrait.NONE not in one.card.traits for one in world.truth.cards.values())
    serving = world.bank.serving
    return serving.vouches or (named and serving.mode is Serves.CHANGES)


def misses_now(player: Player, *, in_the_end: bool) -> list[str]:
    """Return what does not hold.

    :param in_the_end: all has been told and answered, so nothing is excused any more. Before, what
        is asked about may stand twice or be kept out, and a bank that neither vouches for its days
        nor tells what it withdrew leaves us with what it showed last.
    """
    world, picture = player.world, player._picture()
    doubts = [] if in_the_end else open_doubts(world)
    asked = {one for doubt in doubts for one in doubt.ids}
    kept_out = {name for doubt in doubts for name, _row_id in doubt.held}
    blind = not in_the_end and not _shows_what_is_gone(world)
    gone = {one.name for one in picture.told if not one.kept}
    active = [one for one in picture.held if one.active]
    kept = [one for one in picture.told if one.kept]
    partner, stale = match(kept, active)
    taken = set(partner.values())

    def excused(one: Held) -> bool:
        return one.id in asked or (blind and bool(one.told_as) and one.told_as[-1] in gone)

    misses = [f"lost: {one.name}" for one in kept if one.name not in {*partner, *kept_out}]
    misses += [
        f"doubled: {checker._seen_as(one)}"
        for one in active
        if one.id not in taken and not excused(one)
    ]
    misses += [f"outdated: {name}" for name in stale if partner[name] not in asked]
    misses += [f"two expenses: {checker._seen_as(one)}" for one in picture.held if one.expenses > 1]
    verdict = Verdict("machine")
    # Where ids change, nobody can say which of two equal rows is which.
    if any(one.card.traits != STABLE for one in world.truth.cards.values()):
        picture = replace(picture, told=[replace(one, anonymous=True) for one in picture.told])
    checker._check_work(verdict, picture, partner, in_doubt=bool(doubts))
    for run in picture.runs:
        verdict.misses += checker._misses_of_run(run)
    for covered in picture.covered:
        verdict.misses += checker._unfetched(covered)
    return misses + verdict.misses
