"""When an activity is done, when it answers a lead, and what a missed call leads to."""

from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["call", "email", "meeting", "task", "note"]
Direction = Literal["inbound", "outbound"]

CALL_BACK_WITHIN = timedelta(minutes=15)
"""How soon a missed call is to be answered."""

CALL_BACK_SUBJECT = {"en": "Call back: missed call", "ru": "Перезвонить: пропущенный звонок"}

ANSWERED_AFTER_ALL = "answered"
"""The result of a task to call back whose call was not missed in the end."""

ANSWERING_KINDS = ("call", "email", "note")
"""A note whose direction is outbound says that somebody was in contact in some other way."""
TOLD_AFTERWARDS = ("call", "email", "meeting", "note")


def completed_at(kind: str, *, due_at: datetime | None, told: datetime | None, at: datetime) -> datetime | None:
    """When an activity was done: as told; a record of something past at once; a task or anything due later, not yet."""
    if told is not None:
        return told
    return at if kind in TOLD_AFTERWARDS and due_at is None else None


def answers_the_lead(kind: str, direction: str | None) -> bool:
    """Whether it is a response once it is done: a call or e-mail from us, or a note of such a contact."""
    return kind in ANSWERING_KINDS and direction == "outbound"


def is_missed_call(kind: str, direction: str | None, result: str | None) -> bool:
    """A call to us that nobody took; a voicemail is one as well."""
    return kind == "call" and direction != "outbound" and result in ("missed", "voicemail")


def call_back_subject(language: str) -> str:
    """What the task after a missed call is named in a BCP 47 language; English where there is no other."""
    return CALL_BACK_SUBJECT.get(language.split("-")[0].lower(), CALL_BACK_SUBJECT["en"])


def alarm_at(
    due_at: datetime | None, remind_before_minutes: int | None, *, done: bool, now: datetime
) -> datetime | None:
    """When something is to be told of an activity next: that it is due soon if a reminder is wanted, else that it was
    missed. Nothing of what is done, or was overdue when it was noted: whoever noted it knows."""
    if done or due_at is None or due_at <= now:
        return None
    return due_at - timedelta(minutes=remind_before_minutes or 0)


def is_missed(due_at: datetime | None, *, now: datetime) -> bool:
    """Whether an alarm tells that the due time has passed, and not that it comes."""
    return due_at is not None and due_at <= now


def came_by_itself(kind: str, by: str, *, from_inquiry: bool) -> bool:
    """Whether an activity tells what clients did or a telephone exchange recorded, and not what staff noted."""
    return from_inquiry or (kind == "call" and not by.startswith("user:"))


def may_take_back(kind: str, *, done: bool, mine: bool) -> bool:
    """Whether a manager may delete it: what is planned, and notes, of their own; what is done counts as work."""
    return mine and (kind == "note" or not done)
