"""analytics' API. `python -m analytics.app` serves it."""

from fastapi import FastAPI
from leadkit.app import create_app
from leadkit.serve import serve

from analytics.alerts import routes as alerts
from analytics.attribution import routes as attribution
from analytics.bi import routes as bi
from analytics.conversions import routes as conversions
from analytics.currencies import routes as currencies
from analytics.dashboard import routes as dashboard
from analytics.dashboard.session import SignedIn
from analytics.deadlines import routes as deadlines
from analytics.disputes import routes as disputes
from analytics.exports import routes as exports
from analytics.metrics import routes as metrics
from analytics.odata import routes as odata
from analytics.projections import routes as projections
from analytics.rate_cards import routes as rate_cards
from analytics.reconciliation import routes as reconciliation
from analytics.reports import routes as reports
from analytics.saved_reports import routes as saved_reports
from analytics.settings import FOLDER, AnalyticsSettings, settings
from analytics.settlements import routes as settlements
from analytics.spend import routes as spend
from analytics.statements import routes as statements
from analytics.traffic import routes as traffic

ROUTERS = (
    metrics.router,
    currencies.router,
    exports.router,
    bi.router,
    odata.router,
    reports.router,
    deadlines.router,
    saved_reports.router,
    attribution.router,
    alerts.router,
    conversions.router,
    spend.router,
    statements.router,
    rate_cards.router,
    disputes.router,
    settlements.router,
    traffic.router,
    reconciliation.router,
    projections.router,
    dashboard.router,
)


def create(settings: AnalyticsSettings) -> FastAPI:
    """The app, not started yet."""
    app = create_app(title="analytics", service="analytics", settings=settings, folder=FOLDER, routers=ROUTERS)
    app.state.front = SignedIn(app, settings.data_key)
    return app


if __name__ == "__main__":
    serve(create(settings()), settings(), service="analytics")
