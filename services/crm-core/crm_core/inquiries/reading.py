"""Inquiries as they arrive: each validated by itself, its addresses in the form in which equal means same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.bulk import validated
from leadkit.contracts.inquiry import Inquiry
from leadkit.contracts.touches import outgoing
from leadkit.problems import FieldError, Invalid, Problem
from pydantic_core import PydanticSerializationError

from crm_core.contacts.points import Point, points_of

LONGEST_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Arriving:
    """A valid inquiry at its place in the batch. `body` is the whole of it as canonical JSON, `points` are normalised,
    `unmatched` those of them that say nothing about the person, `thread_id` is how replies will name it, `threads` the
    messages it answers, the nearest first, `outgoing` its attribution as events tell it."""

    index: int
    inquiry: Inquiry
    body: str
    points: Sequence[Point]
    thread_id: str | None
    threads: Sequence[str]
    occurred_at: datetime
    received_at: datetime
    outgoing: Mapping[str, Any]
    unmatched: frozenset[Point] = frozenset()

    @property
    def id(self) -> UUID:
        """The inquiry's id."""
        return self.inquiry.id

    @property
    def keys(self) -> Sequence[Point]:
        """The addresses that tell who the person is."""
        return [point for point in self.points if point not in self.unmatched] if self.unmatched else self.points


def read(items: Sequence[Any], *, region: str, now: datetime) -> tuple[list[Arriving], dict[int, Problem]]:
    """The valid items in order, and what is wrong with the others by their place. Phones are read as in `region`."""
    arriving, refused = [], {}
    for index, item in enumerate(items):
        try:
            arriving.append(_read(index, validated(_without_nulls(item), Inquiry), region, now))
        except Problem as problem:
            refused[index] = problem
    return arriving, refused


def _read(index: int, inquiry: Inquiry, region: str, now: datetime) -> Arriving:
    points = [
        point
        for point in points_of(inquiry.phones, inquiry.emails, inquiry.messengers, region=region)
        if not _is_ours(inquiry, point)
    ]
    threads = [name for name in (thread_name(one) for one in _answers(inquiry)) if name]
    if not points and not threads:
        raise Invalid("There is no way to reach the person.", errors=[
            FieldError(pointer="/phones", detail="a phone, an e-mail address or a messenger is needed")
        ])  # fmt: skip
    received_at = min(inquiry.received_at or now, now)
    return Arriving(
        index=index,
        inquiry=inquiry,
        body=_body(inquiry),
        points=points,
        thread_id=thread_name(inquiry.external_id),
        threads=threads,
        occurred_at=min(inquiry.occurred_at or received_at, received_at),
        received_at=received_at,
        outgoing=outgoing(inquiry.attribution),
    )


def _without_nulls(item: Any) -> Any:
    """A key that is null counts as absent."""
    return {name: value for name, value in item.items() if value is not None} if isinstance(item, dict) else item


def _answers(inquiry: Inquiry) -> list[str | None]:
    """The messages of the thread: the one answered, then the others from the latest to the first."""
    return [inquiry.in_reply_to, *reversed(inquiry.references)]


def thread_name(external_id: str | None) -> str | None:
    """A message id as threads compare it: without blanks and angle brackets."""
    return ((external_id or "").strip().strip("<>").strip()) or None


def _is_ours(inquiry: Inquiry, point: Point) -> bool:
    """The line that was called is the company's own number and says nothing about the caller."""
    return inquiry.call is not None and point == Point("phone", inquiry.call.line_number or "")


def _body(inquiry: Inquiry) -> str:
    """Canonical JSON; raises `Invalid` for what PostgreSQL cannot keep."""
    try:
        body = inquiry.model_dump_json()
    except PydanticSerializationError:
        raise Invalid("The inquiry has characters that are none.") from None
    if "\\u0000" in body.replace("\\\\", ""):  # not text that only looks like an escaped NUL
        raise Invalid("The inquiry has NUL characters.")
    if len(body) > LONGEST_BODY:
        raise Invalid(f"An inquiry has at most {LONGEST_BODY} characters.")
    return body
