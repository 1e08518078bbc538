"""A suggestion as a row, for whoever notices that two may be the same."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from leadkit.ids import new_id

from crm_core.duplicates.rules import Sign, in_words, score_of
from crm_core.duplicates.tables import DuplicateSuggestion
from crm_core.rows import fixed_row

Entity = Literal["lead", "contact", "company"]


def suggestion(
    workspace_id: UUID, entity: Entity, one: UUID, other: UUID, found: Sequence[Sign], *, now: datetime
) -> DuplicateSuggestion:
    """The row for a pair with these signs, to be inserted where the pair is new."""
    first, second = sorted((one, other))
    return fixed_row(
        DuplicateSuggestion, workspace_id=workspace_id, id=new_id(), entity=entity, one_id=first, other_id=second,
        score=score_of(found), reason=in_words(found), signs=[sign.shown() for sign in found], status="open",
        decided_by=None, decided_at=None, created_at=now,
    )  # fmt: skip
