"""Rows that made no lead, told so that a person can mend them in a spreadsheet and send them again. Pure."""

import csv
import io
from collections.abc import Sequence

from lead_intake.normalising.phones import is_shortened
from lead_intake.submissions.drafts import SubmissionDraft

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARK = "\ufeff"
"""By which Excel knows UTF-8."""

NO_CONTACT = "no phone, e-mail or messenger"
DIGITS_LOST = "a spreadsheet has cut the phone's digits (7,999E+10): format the column as text"
NO_PHONE = "what stands for the phone is no telephone number"


def why(draft: SubmissionDraft, cells: Sequence[str]) -> str | None:
    """Why a row that was taken in made no lead; None when it did. It is kept, and counted as an interest."""
    if draft.status == "unreadable":
        return draft.reason or "unreadable"
    if draft.status not in ("interest", "ignored"):
        return None
    if any(is_shortened(cell) for cell in cells):
        return DIGITS_LOST
    told = draft.report is not None and b"no telephone number" in draft.report
    return NO_PHONE if told else NO_CONTACT


def csv_lines(rows: Sequence[Sequence[str]], *, mark: bool = False) -> str:
    """Rows as CSV in which no cell is a formula: an apostrophe in front, which reading takes away again."""
    out = io.StringIO()
    csv.writer(out).writerows([[_harmless(cell) for cell in row] for row in rows])
    return (MARK if mark else "") + out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
