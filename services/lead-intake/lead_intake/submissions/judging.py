"""What screening could not know when a submission was read, because it takes other submissions to tell."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson

from lead_intake.driver import Connection
from lead_intake.screening.actions import people_who_said, spend
from lead_intake.screening.memory import Memory
from lead_intake.screening.rules import Sign, certain, judged
from lead_intake.submissions.drafts import Receipt, SubmissionDraft

PROOF_REUSED = "proof_reused"
REPEATED_TEXT = "repeated_text"
REPEATED_TEXT_POINTS = 50


def recall(memory: Memory, receipt: Receipt) -> None:
    """Holds what was said against what this process has heard today."""
    for draft in receipt.drafts:
        if draft.words is not None:
            text, person = draft.words
            draft.said = memory.note(draft.source, text, person, now=draft.received_at)


async def judge(
    connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft], *, now: datetime
) -> None:
    """Adds the signs that only the database sees. Most batches give no reason to ask it anything."""
    proofs = {draft.id: draft.proof for draft in drafts if draft.proof is not None}
    if proofs:
        reused = await spend(connection, workspace_id, proofs, now=now)
        for draft in drafts:
            if draft.id in reused:
                add_sign(draft, certain(PROOF_REUSED, draft.source.spam))
    open_questions = [draft.said for draft in drafts if draft.said is not None and not draft.said.enough]
    people = await people_who_said(connection, workspace_id, open_questions, now=now) if open_questions else {}
    for draft in drafts:
        said, limit = draft.said, draft.source.spam.repeated_text
        if said is not None and limit is not None:
            count = len(said.people) if said.enough else people.get((said.source_id, said.text), 0)
            if count >= limit:
                add_sign(draft, Sign(REPEATED_TEXT, REPEATED_TEXT_POINTS, f"{count} people"))


def keep_signs(draft: SubmissionDraft, stored: str | None) -> None:
    """What was seen when the submission came stays true when it is read again, as long as its source looks for it."""
    spam = draft.source.spam
    looked_for = {PROOF_REUSED: spam.proof_of_work, REPEATED_TEXT: spam.repeated_text}
    for sign in _signs(stored):
        if looked_for.get(sign.rule) is not None:
            add_sign(draft, sign)


def add_sign(draft: SubmissionDraft, sign: Sign) -> None:
    """One more sign for what is about to be delivered or kept as an interest; the same one counts once."""
    signs = _signs(draft.screening)
    if draft.status not in ("ready", "interest", "spam") or any(one.rule == sign.rule for one in signs):
        return
    screening = judged([*signs, sign], draft.source.spam)
    draft.screening = orjson.dumps(screening)
    if screening.spam and not draft.released and draft.status != "spam":
        draft.status, draft.reason = "spam", screening.reasons[0]


def _signs(screening: str | bytes | None) -> list[Sign]:
    kept = orjson.loads(screening) if screening else None
    return [Sign(**sign) for sign in kept.get("signs", [])] if kept else []
