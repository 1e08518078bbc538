"""What is stored short, as people and programs see it."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadkit.contracts.inquiry import Inquiry

from lead_intake.normalising.report import ReportLine


def whole_inquiry(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The canonical inquiry with what it does not say as nulls and empty lists."""
    return Inquiry.model_validate(stored).model_dump(mode="json") if stored is not None else None


def named_report(stored: Sequence[Sequence[Any]] | None) -> list[dict[str, Any]] | None:
    """Each line of the report with the names of its values."""
    return [ReportLine(*line)._asdict() for line in stored] if stored is not None else None
