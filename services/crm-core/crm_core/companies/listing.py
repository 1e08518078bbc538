"""What can be asked of the list of companies."""

from crm_core.companies.queries import seen_by
from crm_core.companies.tables import Company
from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.sql import Columns
from crm_core.finding.listing import Listing

FIELDS = Fields(
    "company",
    Field(name="id", kind="id"),
    Field(name="owner_id", kind="id"),
    Field(name="team_id", kind="id"),
    Field(name="unassigned", kind="bool", meaning="Of nobody"),
    Field(name="name", kind="text", parameter=""),
    Field(name="tax_number", kind="text"),
    Field(name="website", kind="text"),
    Field(name="tags", kind="texts", parameter="tag"),
    Field(name="created_at", kind="time"),
    Field(name="updated_at", kind="time"),
)

COLUMNS: Columns = {
    **{field.name: getattr(Company, field.name) for field in FIELDS if hasattr(Company, field.name)},
    "unassigned": Company.owner_id.is_(None),
}

COMPANIES = Listing(
    entity="company",
    seen_by=seen_by,
    fields=FIELDS,
    columns=COLUMNS,
    sorts={"created_at": Company.created_at, "updated_at": Company.updated_at, "name": Company.name_key},
    default="-created_at",
    workspace=Company.workspace_id,
    key=Company.id,
    custom=Company.custom,
    searched=Company.search_text,
)
