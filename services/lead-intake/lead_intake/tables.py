"""Every table of the service in one place, for migrations and for the check that models and database agree."""

from lead_intake.base import Base
from lead_intake.confirmations import tables as confirmations
from lead_intake.delivery import tables as delivery
from lead_intake.fetching import tables as fetching
from lead_intake.imports import tables as imports
from lead_intake.mailboxes import tables as mailboxes
from lead_intake.numbers import tables as numbers
from lead_intake.receiving import tables as receiving
from lead_intake.replays import tables as replays
from lead_intake.screening import tables as screening
from lead_intake.sources import tables as sources
from lead_intake.submissions import tables as submissions

SLICES = (
    sources, submissions, receiving, screening, delivery, imports, fetching, mailboxes, replays, confirmations,
    numbers,
)  # fmt: skip
METADATA = Base.metadata
