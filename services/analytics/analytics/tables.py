"""Every table of the service in one place, for migrations and for the check that models and database agree."""

from leadkit.consumer import positions
from leadkit.idempotency import idempotency
from leadkit.leases import leases
from leadkit.tokens import identity

from analytics.base import Base
from analytics.projections import tables as projections

SLICES = (projections,)
LEADKIT = (leases, identity, idempotency, positions)
METADATAS = (Base.metadata, *LEADKIT)
