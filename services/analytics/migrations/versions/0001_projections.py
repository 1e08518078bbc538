"""Facts, cells, what is learnt of workspaces and names, rebuilds, and leadkit's own tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import create_shared_tables, tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
TOUCH = ("source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id", "channel_group")


def upgrade() -> None:
    """Creates the tables, each with its row-level security."""
    create_shared_tables(op, service="analytics")
    _learnt()
    _generations()
    _submissions_and_inquiries()
    _leads()
    _deals()
    _cells()


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True) for name, kind in columns.items()]


def _touch() -> list[sa.Column[Any]]:
    return _maybe(**dict.fromkeys((*TOUCH, "landing_page"), sa.Text))


def _learnt() -> None:
    op.create_table(
        "workspace_setting",
        *_filled(workspace_id=sa.Uuid, version=sa.BigInteger, name=sa.Text, time_zone=sa.Text, currency=sa.Text),
        *_filled(default_region=sa.Text, language=sa.Text, generation=sa.BigInteger),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_workspace_setting"),
    )
    tenant_table(op, "workspace_setting", service="analytics", app="SELECT")
    op.create_table(
        "dimension_name",
        *_filled(workspace_id=sa.Uuid, kind=sa.Text, id=sa.Text, version=sa.BigInteger, name=sa.Text),
        *_filled(active=sa.Boolean),
        *_maybe(parent=sa.Text, position=sa.BigInteger, probability=sa.Float),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "id", name="pk_dimension_name"),
    )
    tenant_table(op, "dimension_name", service="analytics", app="SELECT")


def _generations() -> None:
    op.create_table(
        "generation",
        *_filled(workspace_id=sa.Uuid, number=sa.BigInteger, state=sa.Text, time_zone=sa.Text, currency=sa.Text),
        *_filled(rules=sa.BigInteger, stage=sa.Text, after=sa.Uuid, facts_done=sa.BigInteger, started_at=TIME),
        *_maybe(finished_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "number", name="pk_generation"),
        sa.CheckConstraint("state IN ('building', 'active', 'retired')", name="ck_generation_state"),
    )
    tenant_table(op, "generation", service="analytics", app="SELECT")
    op.create_table(
        "rebuild",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, status=sa.Text, with_facts=sa.Boolean, facts_read=sa.BigInteger),
        *_maybe(generation=sa.BigInteger, problem=sa.Text),
        *_filled(requested_at=TIME),
        *_maybe(finished_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_rebuild"),
        sa.CheckConstraint("status IN ('waiting', 'facts', 'cells', 'done', 'failed')", name="ck_rebuild_status"),
    )
    op.create_index("ix_rebuild_status", "rebuild", ["status"])
    tenant_table(op, "rebuild", service="analytics", app="SELECT, INSERT")


def _submissions_and_inquiries() -> None:
    op.create_table(
        "fact_submission",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.BigInteger, status=sa.Text),
        *_maybe(reason=sa.Text, result=sa.Text, lead_id=sa.Uuid, entry_point=sa.Uuid, channel=sa.Text),
        *_maybe(provider=sa.Text),
        *_touch(),
        *_filled(occurred_at=TIME, received_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_fact_submission"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("ix_fact_submission_workspace_id_received_at", "fact_submission", ["workspace_id", "received_at"])
    tenant_table(op, "fact_submission", service="analytics", app="SELECT")
    op.create_table(
        "fact_inquiry",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.BigInteger, result=sa.Text, direct=sa.Boolean),
        *_maybe(lead_id=sa.Uuid, contact_id=sa.Uuid, deal_id=sa.Uuid, entry_point=sa.Uuid, channel=sa.Text),
        *_maybe(provider=sa.Text),
        *_touch(),
        *_filled(occurred_at=TIME, received_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_fact_inquiry"),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index("ix_fact_inquiry_workspace_id_received_at", "fact_inquiry", ["workspace_id", "received_at"])
    tenant_table(op, "fact_inquiry", service="analytics", app="SELECT")


def _leads() -> None:
    op.create_table(
        "fact_lead",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.BigInteger, status=sa.Text),
        *_maybe(entry_point=sa.Uuid, channel=sa.Text, provider=sa.Text),
        *_touch(),
        *_maybe(product=sa.Text, region=sa.Text, language=sa.Text),
        *_filled(temperature=sa.Text, score=sa.BigInteger, completeness=sa.Numeric),
        *_maybe(owner_id=sa.Uuid, team_id=sa.Uuid),
        *_filled(owners=JSONB),
        *_maybe(contact_id=sa.Uuid, deal_id=sa.Uuid, loss_reason_id=sa.Uuid, merged_into=sa.Uuid),
        *_filled(inquiry_count=sa.BigInteger, repeat=sa.Boolean, occurred_at=TIME),
        *_maybe(assigned_at=TIME, contacted_at=TIME, qualified_at=TIME, converted_at=TIME),
        *_maybe(disqualified_at=TIME, postponed_at=TIME, first_response_at=TIME, respond_by=TIME),
        *_filled(passages=JSONB, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_fact_lead"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_fact_lead_workspace_id_occurred_at", "fact_lead", ["workspace_id", "occurred_at"])
    tenant_table(op, "fact_lead", service="analytics", app="SELECT")


def _deals() -> None:
    op.create_table(
        "fact_deal",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.BigInteger, case_id=sa.Uuid),
        *_maybe(lead_id=sa.Uuid, contact_id=sa.Uuid),
        *_filled(status=sa.Text, pipeline_id=sa.Uuid, stage_id=sa.Uuid),
        *_maybe(loss_reason_id=sa.Uuid, amount=sa.Numeric),
        *_filled(currency=sa.Text, probability=sa.Numeric),
        *_maybe(owner_id=sa.Uuid, team_id=sa.Uuid),
        *_filled(owners=JSONB),
        *_maybe(expected_close=sa.Text),
        *_filled(created_at=TIME, entered_stage_at=TIME),
        *_maybe(won_at=TIME, lost_at=TIME),
        *_filled(reached=JSONB, passages=JSONB, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_fact_deal"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_fact_deal_workspace_id_case_id", "fact_deal", ["workspace_id", "case_id"])
    op.create_index("ix_fact_deal_workspace_id_created_at", "fact_deal", ["workspace_id", "created_at"])
    tenant_table(op, "fact_deal", service="analytics", app="SELECT")


def _cells() -> None:
    key = {"workspace_id": sa.Uuid, "generation": sa.BigInteger, "family": sa.Text, "basis": sa.Text}
    key |= {"measure": sa.Text, "day": sa.Date, **dict.fromkeys(("d1", "d2", "d3", "d4", "d5"), sa.Text)}
    key |= {"bucket": sa.SmallInteger}
    op.create_table(
        "cell",
        *_filled(**key, n=sa.BigInteger, amount=sa.Numeric),
        sa.PrimaryKeyConstraint(*key, name="pk_cell"),
        postgresql_with={"fillfactor": "80"},
    )
    tenant_table(op, "cell", service="analytics", app="SELECT")
