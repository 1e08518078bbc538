"""Simulations as clients send and see them."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field, model_validator

from crm_core.assignment.rule_schemas import AssignmentRuleCreate
from crm_core.views.schemas import Filter

Narrowing = Literal["different", "nobody"]


class SimulationCreate(Shape):
    """Past leads to give out once more, those whose people asked in the period and that meet the filter, and by which
    rules: drafts, or (without `rules`) those that hold. Without a period it is the last 30 days."""

    rules: Annotated[list[AssignmentRuleCreate], Field(max_length=200)] | None = None
    filter: Filter = None
    occurred_from: Moment | None = None
    occurred_to: Moment | None = Field(default=None, description="Not included; default: now")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.occurred_from and self.occurred_to and self.occurred_from >= self.occurred_to:
            raise ValueError("occurred_from must be before occurred_to")
        return self


class SimulatedUser(Shape):
    """How many of the leads somebody `would` get and how many they got first in fact (`did`)."""

    user_id: UUID
    name: str = Field(examples=["Анна Смирнова"])
    would: int = Field(examples=[52])
    did: int = Field(examples=[71])


class SimulatedRule(Shape):
    """What became of the leads that met a rule's condition when it was its turn: it `gave` so many, and found nobody
    for so many. Without an id: the turn within a team, for what no rule decided."""

    rule_id: UUID | None
    name: str | None = Field(examples=["Hot leads to seniors"])
    met: int = Field(examples=[60])
    gave: int = Field(examples=[52])
    nobody: int = Field(examples=[8])


class SimulationResult(Shape):
    """Who would get how many leads, most first; `same` as in fact, or `different`; `nobody` would take so many, and in
    fact `nobody_did`; and what each rule did, in order."""

    users: list[SimulatedUser]
    same: int = Field(examples=[480])
    different: int = Field(examples=[120])
    nobody: int = Field(examples=[3])
    nobody_did: int = Field(examples=[11])
    rules: list[SimulatedRule]


class SimulationOut(Shape):
    """How far a simulation is, and what came of it once it is done. `drafted`: it tried drafts, not rules that held."""

    id: UUID
    drafted: bool
    filter: dict[str, Any] | None
    occurred_from: Moment
    occurred_to: Moment
    status: Literal["waiting", "running", "done", "failed"]
    error: str | None = Field(examples=[None])
    leads_total: int = Field(examples=[600])
    leads_done: int = Field(examples=[600])
    result: SimulationResult | None
    created_by: str
    created_at: Moment
    finished_at: Moment | None


class SimulatedLeadOut(Shape):
    """Who would get one lead (None: nobody) and who had it first in fact; `rule_id` is None where no rule decided."""

    place: int = Field(examples=[1])
    lead_id: UUID
    at: Moment
    was_owner_id: UUID | None
    owner_id: UUID | None
    rule_id: UUID | None
