"""What `/v1/conversions` answers in JSON: the body that the platform takes, and where to go on."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

EVENT: dict[str, Any] = {
    "event_name": "Purchase",
    "event_time": 1773306000,
    "event_id": "won:0198f1d2-a0b1-7c3c-8d4e-5f60718293a4",
    "action_source": "system_generated",
    "user_data": {"em": ["973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"]},
    "custom_data": {"event_source": "crm", "lead_event_source": "Leadflow", "value": 21600.0, "currency": "RUB"},
}


class Conversions(BaseModel):
    """Conversions under `data` (Meta) or `conversions` (Google); the other one is null."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [EVENT], "conversions": None}]})

    data: list[dict[str, Any]] | None = Field(description="Events of the Conversions API")
    conversions: list[dict[str, Any]] | None = Field(description="Conversions of UploadClickConversions")
    left_out: int = Field(examples=[2], description="Goals reached without consent, or without a phone or e-mail")
    next_cursor: str | None
