"""What is said beside a statement, and what is answered."""

from typing import Annotated, Any, Final, Literal

from leadkit.contracts.common import Currency, Shape
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from analytics.spend.schemas import Optional, SpendItem, SpendPosted
from analytics.statements.platforms import NAMES, PLATFORMS

FORMATS = ", ".join(platform.key for platform in PLATFORMS)


def _known(value: str | None) -> str | None:
    if value is not None and value not in NAMES:
        raise ValueError(f"is one of {FORMATS}")
    return NAMES[value].key if value is not None else None


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


Format = Annotated[
    str | None,
    BeforeValidator(_none_if_empty),
    AfterValidator(_known),
    Field(description=f"One of {FORMATS}; by default it is told by the columns", examples=["yandex_direct"]),
]


OTHER_NAMES: Final = {"utm_source": "source", "utm_medium": "medium", "micros": "money_in_micros"}


class ImportOptions(BaseModel):
    """What a file cannot tell by itself; each may stand in the query or among the fields of the form."""

    format: Format = None
    origin: Annotated[Optional, Field(description="Whose units these are; by default the format")] = None
    source: Annotated[Optional, Field(description="Where no column says it")] = None
    medium: Annotated[Optional, Field(description="Where no column says it")] = None
    currency: Annotated[Currency | None, Field(description="Where neither a column nor a caption says it")] = None
    money_in_micros: Annotated[
        bool | None, Field(description="Amounts are millionths; by default it is told by the amounts")
    ] = None
    vat_included: Annotated[bool | None, Field(description="VAT is in the amounts")] = None
    date_order: Annotated[Literal["dmy", "mdy"] | None, Field(description="What 10/03/2026 is")] = None
    spread_periods: Annotated[bool, Field(description="Share rows of several days out evenly")] = False
    encoding: Annotated[str | None, Field(max_length=40, description="If it is told wrong")] = None
    replace: Annotated[bool, Field(description="The named sources have nothing else on these days")] = False
    dry_run: Annotated[bool, Field(description="Only tell what would change; nothing is stored")] = False

    @model_validator(mode="before")
    @classmethod
    def _other_names(cls, told: Any) -> Any:
        """Takes the names that platforms' own documents use too."""
        if not isinstance(told, dict):
            return told
        return {OTHER_NAMES.get(name, name): value for name, value in told.items()}


class RowError(Shape):
    """A row that was not taken in."""

    line: int = Field(examples=[4], description="Line in the file, the first is 1")
    column: str = Field(examples=["cost"])
    detail: str = Field(examples=["is not a number"])


class SpendImported(SpendPosted):
    """What an import read and changed; with `dry_run` what it would change."""

    dry_run: bool
    format: str = Field(examples=["google_ads"])
    encoding: str = Field(examples=["utf-8"])
    delimiter: str = Field(examples=[","])
    rows: int = Field(description="Rows that tell of spend, those that failed too")
    totals_skipped: int = Field(description="Rows that only sum up others")
    failed: int
    errors: list[RowError] = Field(description="The first 100 rows that failed")
    assumed: list[str] = Field(description="What the file does not say itself", examples=[["the currency is RUB"]])
    sample: list[SpendItem] = Field(description="The first 20 items as they were read")
