"""Alembic's entry: the tables of every slice, compared and migrated on the connection that leadkit opened."""

from lead_intake.tables import METADATA
from leadkit.migrations import run_env

run_env(METADATA)
