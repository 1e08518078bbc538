"""Alembic's entry: the tables of every slice, compared and migrated on the connection that leadkit opened.

The views for BI tools follow from the code: they make room for revisions and are written anew behind them.
"""

from analytics.bi.views import bring_views, take_away_views
from analytics.tables import METADATA
from leadkit.migrations import run_env

run_env(METADATA, before=take_away_views, after=bring_views)
