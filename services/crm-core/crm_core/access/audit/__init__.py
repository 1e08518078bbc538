"""The audit log: who changed what, when, from what to what; values about persons are masked.

Other slices call `audit.record(...)`, or `audit.record_all(...)` for a batch, in the transaction of their change."""

from crm_core.access.audit.actions import SYSTEM, Change, record, record_all
from crm_core.access.audit.rules import Snapshot

__all__ = ["SYSTEM", "Change", "Snapshot", "record", "record_all"]
