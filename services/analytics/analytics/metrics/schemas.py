"""What the metrics endpoints answer."""

from datetime import date
from typing import Any, Literal

from leadkit.contracts.common import Moment, Money, Shape
from pydantic import ConfigDict, Field

BASIS = (
    "cohort: the leads of the period, wherever they went later; period: what happened in the period. "
    "The two answer different questions; never mix them."
)


class NamesOut(Shape):
    """A name in English and in Russian."""

    en: str = Field(examples=["Cost per lead"])
    ru: str = Field(examples=["Стоимость лида"])


class DimensionOut(Shape):
    """A dimension that numbers can be asked by."""

    key: str = Field(examples=["owner"])
    name: NamesOut
    kind: Literal["text", "id", "date", "number"]
    definition: str
    values: list[str] | None = Field(description="All values there are, where they are fixed")
    name_column: str | None = Field(examples=["owner_name"], description="The column that shows the names of its ids")


class MetricOut(Shape):
    """A metric of the catalogue."""

    key: str = Field(examples=["cost_per_lead"])
    name: NamesOut
    unit: Literal["count", "money", "rate", "ratio", "seconds"]
    definition: str
    numerator: str | None = Field(examples=["spend"])
    denominator: str | None = Field(examples=["leads"])
    dimensions: list[str] = Field(description="What it can be asked by")


class MetricList(Shape):
    """The catalogue of metrics."""

    items: list[MetricOut]


class DimensionList(Shape):
    """The catalogue of dimensions."""

    items: list[DimensionOut]


class _Numbers(Shape):
    """What every answer with numbers says of itself."""

    model_config = ConfigDict(populate_by_name=True)

    basis: Literal["cohort", "period"] = Field(description=BASIS)
    start: date = Field(alias="from", description="First local day")
    end: date = Field(alias="to", description="First local day that does not count")
    as_of: Moment | None = Field(description="When the newest event that counts was told")
    lag_s: float | None = Field(examples=[0.2], description="How long that event took to get here")
    read: Literal["cells", "facts"] = Field(
        description="facts: no family of cells has these dimensions, so it took longer"
    )


class Coverage(Shape):
    """`leads`: share of leads whose source has spend; `spend`: share of spend whose source has leads.

    By campaigns and ids too where these were asked by.
    """

    leads: float | None
    spend: float | None


class QueryAnswer(_Numbers):
    """Rows keyed by column; `totals` are worked out of the sums over all rows."""

    columns: list[str]
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    immature: list[str] = Field(
        description="Metrics of a cohort whose youngest leads have not had the usual time to get so far: not lost yet"
    )
    immature_from: dict[str, date] = Field(
        description="By such a metric, the first day whose leads are too young for it", examples=[{"won": "2026-11-02"}]
    )
    unconverted: dict[str, list[Money]] = Field(
        description="By metric, the amounts of deals in currencies that no exchange rate is known for: in no number",
        examples=[{"revenue": [{"amount": "100.00", "currency": "EUR"}]}],
    )
    coverage: Coverage | None = Field(
        description="How far what costs can be trusted; by source where it was asked by nothing that spend names"
    )
    models: dict[str, str] | None = Field(description="By metric, the model of attribution that gave it out")


class CostAnswer(QueryAnswer):
    """The cost table. `left_out` is spend in currencies that cannot be converted: it is in no number."""

    unattributed: Money
    share_unattributed: float | None
    coverage: Coverage
    left_out: list[Money]


class StepOut(Shape):
    """One step of the funnel; rates are null where nothing came before, the interval also where it is no share."""

    key: str = Field(examples=["qualified"])
    name: str
    names: NamesOut
    entered: int
    from_previous: float | None
    from_first: float | None
    interval: list[float] | None = Field(description="95 % Wilson interval of from_previous: [low, high]")
    interval_from_first: list[float] | None = Field(description="The same of from_first")
    few: bool = Field(description="from_previous is of fewer than 30 cases: too few to act on")
    immature: bool = Field(description="The youngest leads of the cohort have not had the usual time to get here")
    median_s_to_next: int | None
    p90_s_to_next: int | None
    lost_here: int
    lost_by_reason: dict[str, int] | None = Field(description="null: only facts know; ask with reasons=true")
    joined_here: int = Field(description="Went into a lead or deal that was there already: neither lost nor still here")
    still_here: int


class GroupOut(Shape):
    """The funnel of one combination of values."""

    by: dict[str, Any]
    steps: list[StepOut]


class ComparedOut(Shape):
    """The same funnel over as many days before."""

    model_config = ConfigDict(populate_by_name=True)

    start: date = Field(alias="from")
    end: date = Field(alias="to")
    steps: list[StepOut]
    groups: list[GroupOut] | None


class FunnelAnswer(_Numbers):
    """The funnel of the whole period, its groups when asked `by`, and the period before when asked to compare."""

    steps: list[StepOut]
    groups: list[GroupOut] | None
    previous: ComparedOut | None


class StageFlow(Shape):
    """One stage of a pipeline: what became of its deals; `advanced` to `still_here` sum to `entered`."""

    pipeline: str | None
    pipeline_name: str | None = Field(examples=["Sales"])
    stage: str
    stage_name: str | None = Field(examples=["Proposal"])
    entered: int = Field(description="Deals that ever were in the stage, each once")
    passages: int = Field(description="Entries, every time")
    advanced: int = Field(description="Stand in a later stage now, open or lost there")
    won: int
    lost: int = Field(description="Were lost in this stage")
    moved_back: int
    moved_to_another_pipeline: int
    still_here: int
    lost_by_reason: dict[str, int]
    median_s: int | None = Field(description="Until the next stage, won or lost")
    p90_s: int | None


class StageFlowAnswer(_Numbers):
    """The flow through stages, pipeline by pipeline."""

    stages: list[StageFlow]
