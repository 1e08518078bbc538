"""crm-core's API. `python -m crm_core.app` serves it."""

from fastapi import FastAPI
from leadkit.app import create_app
from leadkit.serve import serve

from crm_core import feed
from crm_core.access.audit import routes as audit
from crm_core.access.teams import routes as teams
from crm_core.access.tokens import routes as tokens
from crm_core.access.users import routes as users
from crm_core.access.users.queries import staff_by_email
from crm_core.access.workspaces import routes as workspaces
from crm_core.activities import routes as activities
from crm_core.activity_results import routes as activity_results
from crm_core.assignment import routes as assignment
from crm_core.calls import routes as calls
from crm_core.companies import routes as companies
from crm_core.contacts import routes as contacts
from crm_core.conversion_mapping import routes as conversion_mapping
from crm_core.conversions import routes as conversions
from crm_core.custom_fields import routes as custom_fields
from crm_core.deals import routes as deals
from crm_core.duplicates import routes as duplicates
from crm_core.examples import EXAMPLES
from crm_core.exports import routes as exports
from crm_core.inquiries import routes as inquiries
from crm_core.leads import routes as leads
from crm_core.loss_reasons import routes as loss_reasons
from crm_core.merging import routes as merging
from crm_core.pipelines import routes as pipelines
from crm_core.privacy import routes as privacy
from crm_core.products import routes as products
from crm_core.redistribution import routes as redistribution
from crm_core.scoring import routes as scoring
from crm_core.segments import routes as segments
from crm_core.settings import FOLDER, CoreSettings, settings
from crm_core.simulation import routes as simulation
from crm_core.streams import routes as streams
from crm_core.streams.streaming import Streamer
from crm_core.tags import routes as tags
from crm_core.timeline import routes as timeline
from crm_core.unmatched import routes as unmatched
from crm_core.views import routes as views
from crm_core.webhooks import routes as webhooks
from crm_core.working_time import routes as working_time
from crm_core.workload import routes as workload

ROUTERS = (
    inquiries.router,
    calls.router,
    leads.router,
    contacts.router,
    companies.router,
    deals.router,
    pipelines.router,
    activities.router,
    activity_results.router,
    duplicates.router,
    merging.router,
    scoring.router,
    assignment.router,
    redistribution.router,
    simulation.router,
    timeline.router,
    views.router,
    exports.router,
    privacy.router,
    conversion_mapping.router,
    conversions.router,
    loss_reasons.router,
    custom_fields.router,
    tags.router,
    segments.router,
    products.router,
    unmatched.router,
    users.router,
    working_time.router,
    workload.router,
    teams.router,
    tokens.router,
    workspaces.router,
    audit.router,
    *feed.routers,
    streams.router,
    webhooks.router,
    tokens.public_router,
)


def create(settings: CoreSettings) -> FastAPI:
    """The app, not started yet."""
    app = create_app(
        title="crm-core",
        service="core",
        settings=settings,
        folder=FOLDER,
        routers=ROUTERS,
        staff_now=staff_by_email,
        bodies=EXAMPLES,
    )
    state = app.state
    state.streamer = Streamer(state.database, state.keys, state.feed_watcher, state.feed_source)
    return app


if __name__ == "__main__":
    serve(create(settings()), settings(), service="crm-core")
