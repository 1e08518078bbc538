"""Tickets as clients see them."""

from leadkit.contracts.common import Moment
from pydantic import BaseModel, Field


class TicketOut(BaseModel):
    """Opens streams of the caller; the address `/v1/stream?ticket=...` works as long as a stream is open on it."""

    ticket: str = Field(examples=["0198f1d2a0b17c3c8d4e5f60718293a4.0198f1d2a0b17c3c8d4e5f60718293a5.c2VjcmV0"])
    expires_at: Moment = Field(description="Unless a stream keeps it alive")
