"""Files of rows for the tests, and what is read from them."""

import io
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lead_intake.imports import plan as plans
from lead_intake.imports.batches import RowReader
from lead_intake.imports.columns import columns_of
from lead_intake.imports.plan import Plan
from lead_intake.providers.base import SourceView
from lead_intake.providers.settings import SourceSettings
from lead_intake.submissions.shown import whole_inquiry

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def source(**settings: Any) -> SourceView:
    return SourceView(
        id=UUID(int=1), workspace_id=UUID(int=2), channel="import", provider="generic",
        settings=SourceSettings(**settings),
    )  # fmt: skip


def plan_of(content: bytes, view: SourceView | None = None, **asked: Any) -> Plan:
    view, file = view or source(), io.BytesIO(content)
    layout = plans.layout_of(file)
    rows = [(record.line, record.cells) for record in plans.beginning(file, layout)]
    field_map = view.settings.field_map
    return Plan(layout, columns_of(rows, region=view.default_region, field_map=field_map, **asked))


def meanings(content: bytes, **asked: Any) -> dict[str, str | None]:
    return {column.heading: column.meaning for column in plan_of(content, **asked).columns.columns}


def read(content: bytes, view: SourceView | None = None, **asked: Any) -> list[dict[str, Any]]:
    """The rows as inquiries; a row that is none is `{"rejected": reason}`."""
    view, plan = view or source(), plan_of(content, view, **asked)
    reader, found = RowReader(plan, view, headers={}), list[dict[str, Any]]()
    for record in plans.data(io.BytesIO(content), plan):
        if record.broken:
            found.append({"rejected": record.broken, "line": record.line})
            continue
        draft = reader.receipt(record, NOW).drafts[0]
        problem = reader.problem_of(draft, record)
        told = {"line": record.line, "status": draft.status, "problem": problem, "key": draft.dedup_key}
        found.append(told | (whole_inquiry(json.loads(draft.inquiry or "null")) or {}))
    return found
