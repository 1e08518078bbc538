"""Alembic's entry: the tables of every slice, compared and migrated on the connection that leadkit opened."""

from analytics.tables import METADATA
from leadkit.migrations import run_env

run_env(METADATA)
