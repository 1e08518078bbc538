"""Every table of the service in one place, for migrations and for the check that models and database agree."""

from analytics.alerts import tables as alerts
from analytics.base import Base
from analytics.bi import tables as bi
from analytics.currencies import tables as currencies
from analytics.deadlines import tables as deadlines
from analytics.disputes import tables as disputes
from analytics.projections import tables as projections
from analytics.rate_cards import tables as rate_cards
from analytics.saved_reports import tables as saved_reports
from analytics.spend import tables as spend
from analytics.traffic import tables as traffic

SLICES = (projections, spend, currencies, bi, saved_reports, traffic, alerts, rate_cards, disputes, deadlines)
METADATA = Base.metadata
