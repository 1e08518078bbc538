"""Redistributions as clients send and see them."""

from typing import Any, Literal, Self
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field, model_validator

from crm_core.views.schemas import Filter


class RedistributionCreate(Shape):
    """Whose open leads are to be handed over: those of a user who leaves or is away, those of a filter, or both."""

    user_id: UUID | None = None
    filter: Filter = None

    @model_validator(mode="after")
    def _of_somebody(self) -> Self:
        if self.user_id is None and self.filter is None:
            raise ValueError("needs user_id or filter: nobody wants to move every lead")
        return self


class RedistributionOut(Shape):
    """How far a handing over is: of `leads_total` leads `leads_done` are dealt with, `moved` of them have a new owner;
    after an undo `put_back` have their old one again."""

    id: UUID
    user_id: UUID | None
    filter: dict[str, Any] | None
    status: Literal["waiting", "running", "done", "undoing", "undone", "failed"]
    error: str | None = Field(examples=[None])
    leads_total: int = Field(examples=[40])
    leads_done: int = Field(examples=[40])
    moved: int = Field(examples=[38])
    put_back: int = Field(examples=[0])
    created_by: str
    created_at: Moment
    finished_at: Moment | None


class RedistributedLeadOut(Shape):
    """What became of one lead: it `moved`, `stayed` since nobody else could take it, was `put_back`, or was `kept` by
    whoever had it when the whole was undone, since it had gone on meanwhile."""

    lead_id: UUID
    from_owner_id: UUID | None
    to_owner_id: UUID | None
    result: Literal["moved", "stayed", "put_back", "kept"]
