"""What `/v1/inquiries` takes and answers."""

from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.inquiry import InquiryResult
from leadkit.problems import ProblemBody
from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: dict[str, Any] = {
    "id": "0198f1d2-7c1e-7f3a-9c57-3f6a1b2c3d4e",
    "channel": "form",
    "person": {"full_name": "Иван Петров", "company": "ООО Ромашка"},
    "phones": ["+74951234567"],
    "emails": ["ivan@example.com"],
    "message": "Нужен расчёт",
    "attribution": {"last": {"source": "yandex", "medium": "cpc", "campaign": "spring"}},
}


class InquiryBatch(BaseModel):
    """Inquiries as the contract describes them; each is validated by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE]}]})

    items: Annotated[list[Any], Field(min_length=1, max_length=500)]


class InquiryAnswer(BaseModel):
    """What became of one inquiry. A repeat gets the stored result again, with status 200."""

    index: int = Field(examples=[0])
    id: UUID | None = Field(description="Null when the item has no readable id")
    status: int = Field(examples=[201], description="201 recorded, 200 known or updated, 422 refused")
    result: InquiryResult | None
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    problem: ProblemBody | None


class InquiryAnswers(BaseModel):
    """One result for each item, in the order of the items."""

    results: list[InquiryAnswer]
