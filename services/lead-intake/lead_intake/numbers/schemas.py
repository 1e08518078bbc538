"""Called numbers as clients send and see them."""

from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.common import Moment
from leadkit.contracts.inquiry import Touch
from pydantic import BaseModel, ConfigDict, Field

from lead_intake.numbers.book import Kind

Dialled = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        examples=["+7 383 255-33-33"],
        description="As dialled: a telephone number, a SIP address or a short line",
    ),
]
Source = Annotated[UUID | None, Field(description="Only for calls that come in by this source; null: by any")]
Told = Annotated[
    Kind,
    Field(description="static: one campaign; dynamic: shown to one visitor at a time, whose marks the provider tells"),
]
Label = Annotated[str | None, Field(max_length=255, examples=["Billboard at the station"])]
From = Annotated[Moment | None, Field(description="Counts for calls from then on; null: from ever")]
To = Annotated[Moment | None, Field(description="Counts for calls before then; null: for ever")]


class NumberCreate(BaseModel):
    """What a number stands for. Calls to it that tell no traffic source themselves get its attribution."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Dialled
    source_id: Source = None
    kind: Told = "static"
    label: Label = None
    attribution: Touch | None = Field(default=None, examples=[{"source": "outdoor", "campaign": "spring"}])
    valid_from: From = None
    valid_to: To = None


class NumberPatch(BaseModel):
    """What changes (JSON Merge Patch). The number itself stays: end it and make another."""

    model_config = ConfigDict(extra="forbid")

    source_id: Source = None
    kind: Told | None = None
    label: Label = None
    attribution: dict[str, Any] | None = None
    valid_from: From = None
    valid_to: To = None


class NumberOut(BaseModel):
    """A called number over the time for which it stands for this."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(examples=[1])
    number: str = Field(examples=["+73832553333"], description="E.164 where it is a telephone number")
    source_id: UUID | None
    kind: Kind
    label: Label
    attribution: Touch | None
    valid_from: Moment | None
    valid_to: Moment | None
    created_at: Moment
    updated_at: Moment
