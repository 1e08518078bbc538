"""What the merge calls take and answer."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.companies.schemas import CompanyOut
from crm_core.contacts.schemas import ContactOut
from crm_core.leads.schemas import LeadOut
from crm_core.merging.actions import Outcome
from crm_core.merging.kinds import Entity
from crm_core.merging.rules import Value
from crm_core.merging.tables import Merge

Json = Annotated[Any, Field(examples=["chairs for a new office"])]


class MergeAsked(Shape):
    """Which one it is merged into, and why."""

    into: UUID
    note: str | None = Field(default=None, max_length=10000, examples=["the same person, two numbers"])


class MergedValue(Shape):
    """One value of the survivor's card: whose it was before (`into` the survivor's own, `from` the one merged away,
    `both`), and what the one merged away said instead."""

    field: str = Field(examples=["person/company"])
    value: Json
    source: Literal["into", "from", "both"]
    other: Json


class MergeOutcome(Shape):
    """How a merge went, or would go (`id` null): each value of the card, and how many of what go along."""

    id: UUID | None
    dry_run: bool
    from_id: UUID
    into_id: UUID
    values: list[MergedValue]
    moved: dict[str, int] = Field(examples=[{"inquiries": 2, "activities": 3, "calls": 0, "deals": 0}])

    @classmethod
    def of(cls, outcome: Outcome, from_id: UUID, into_id: UUID) -> "MergeOutcome":
        """The outcome as clients see it."""
        return cls(
            id=outcome.id, dry_run=outcome.id is None, from_id=from_id, into_id=into_id,
            values=_values(outcome.values), moved=dict(outcome.moved),
        )  # fmt: skip


class LeadMerged(LeadOut):
    """The lead that goes on, and how it came to be so."""

    merge: MergeOutcome


class ContactMerged(ContactOut):
    """The contact that goes on, and how it came to be so."""

    merge: MergeOutcome


class CompanyMerged(CompanyOut):
    """The company that goes on, and how it came to be so."""

    merge: MergeOutcome


class MergeOut(Shape):
    """A merge that was done. `undoable`: nothing that is known of forbids to take it back."""

    id: UUID
    entity: Entity
    from_id: UUID
    into_id: UUID
    by: str
    at: Moment
    undone_by: str | None
    undone_at: Moment | None
    undoable: bool
    moved: dict[str, int] = Field(examples=[{"inquiries": 2, "activities": 3, "calls": 0, "deals": 0}])

    @classmethod
    def of(cls, row: Merge) -> "MergeOut":
        """The merge as lists show it."""
        own = ("id", "entity", "from_id", "into_id", "by", "at", "undone_by", "undone_at")
        values: dict[str, Any] = {name: getattr(row, name) for name in own}
        values["undoable"] = row.undone_at is None and row.sealed is None
        values["moved"] = {name: len(ids) for name, ids in row.moved.items()}
        return cls.model_validate(values)


class MergeDetail(MergeOut):
    """A merge with where each value came from."""

    note: str | None
    values: list[MergedValue]

    @classmethod
    def with_values(cls, row: Merge, values: Sequence[Value]) -> "MergeDetail":
        """The merge as it is shown alone."""
        return cls(**MergeOut.of(row).model_dump(), note=row.note, values=_values(values))


def _values(values: Sequence[Value]) -> list[MergedValue]:
    return [MergedValue(field=one.field, value=one.value, source=one.source, other=one.other) for one in values]
