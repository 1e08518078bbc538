"""Activities go with their lead or contact when it is merged."""

from leadkit.outbox import NewEvent

from crm_core.activities.next_steps import refresh_next_steps
from crm_core.activities.queries import event_of
from crm_core.activities.tables import Activity
from crm_core.moving import Holder


def _told(row: Activity) -> NewEvent:
    return event_of("activity.updated", row)


OF_LEADS = Holder(name="activities", table=Activity, column="lead_id", event=_told, after=refresh_next_steps)
OF_CONTACTS = Holder(name="activities", table=Activity, column="contact_id", event=_told)
