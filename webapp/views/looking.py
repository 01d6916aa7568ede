"""What support sees is written down: each look, in the trail of the group it looked at.

Whoever administers a legal entity looks at their own, which needs no trace. All others leave one
before the page is shown: a look that cannot be recorded is not given.
"""

from collections.abc import Collection

from cardsync_sdk.pan import mask_pans
from webapp.domain.people import Right
from webapp.storage import audit
from webapp.storage.people import LegalEntity
from webapp.views.access import current_scope, current_user, now, services

# A group, and one of its legal entities or (None) the group as a whole.
Whose = tuple[str | None, str | None]
NOBODY: Whose = (None, None)


def note_look(what: str, target_id: str, entity: LegalEntity, **detail: str) -> None:
    """Record that something of ``entity`` was looked at; ``what`` is a key of the trail's words."""
    note_look_at(what, target_id, (entity.group_id, entity.id), entity.id, **detail)


def note_look_at(what: str, target_id: str, whose: Whose, reached: str, **detail: str) -> None:
    """Record a look; ``reached`` is the legal entity through which it was allowed."""
    if current_scope().allows(Right.CONFIGURE, reached):
        return
    _record("support.looked", [whose], what, target_id, what=what, **detail)


def note_search(words: str, found: Collection[Whose]) -> None:
    """Record a search where it found something, with its words; elsewhere nobody learns of them.

    One that found nothing at all is recorded without words: they may name anybody.
    """
    scope = current_scope()
    own = scope.entities(Right.CONFIGURE)
    if scope.entities(Right.INSPECT) <= own:
        return
    foreign = sorted({whose for whose in found if whose[1] not in own}, key=str)
    if foreign:
        # A card number that support was told is looked for, and kept nowhere.
        _record("support.searched", foreign, "search", words=mask_pans(words))
    elif not found:
        _record("support.searched", [NOBODY], "search")


def _record(
    action: str, places: Collection[Whose], kind: str, target_id: str = "", **detail: str
) -> None:
    with services().database.write() as session:
        for group_id, entity_id in places:
            audit.record(
                session,
                at=now(),
                action=action,
                target_kind=kind,
                target_id=target_id,
                actor_id=current_user().id,
                group_id=group_id,
                legal_entity_id=entity_id,
                **detail,
            )
