"""Companies, contacts, pipelines, deals and activities."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)


def upgrade() -> None:
    """Creates the tables, each with its row-level security, those first that others refer to."""
    _company()
    _contact()
    _contact_point()
    _contact_lead()
    _pipeline()
    _stage()
    _deal()
    _stage_change()
    _activity()


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]


def _maybe(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind) for name, kind in columns.items()]


def _own() -> list[sa.Column[Any]]:
    return _filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer)


def _refers(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["workspace_id", column], [f"{other}.workspace_id", f"{other}.id"], name=f"fk_{table}_workspace_id_{column}"
        )
        for column, other in columns.items()
    ]


def _indexes(table: str, **indexes: str) -> None:
    """Indexes by name, each over the workspace and the columns named in its text."""
    for name, columns in indexes.items():
        op.create_index(f"ix_{table}_{name}", table, ["workspace_id", *columns.split()])
    tenant_table(op, table, service="core")


def _company() -> None:
    op.create_table(
        "company",
        *_own(),
        *_filled(name=sa.Text, name_key=sa.Text),
        *_maybe(tax_number=sa.Text, website=sa.Text, address=sa.Text),
        *_filled(phones=TEXTS, emails=TEXTS),
        *_maybe(owner_id=sa.Uuid, team_id=sa.Uuid),
        *_filled(legal=JSONB, custom=JSONB, tags=TEXTS, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_company"),
        *_refers("company", owner_id="member", team_id="team"),
    )
    _indexes(
        "company", created="created_at id", updated="updated_at id", name_key="name_key", tax_number="tax_number",
        owner="owner_id",
    )  # fmt: skip


def _contact() -> None:
    op.create_table(
        "contact",
        *_own(),
        *_filled(kind=sa.Text, person=JSONB, search_name=sa.Text),
        *_maybe(company_id=sa.Uuid, position=sa.Text, owner_id=sa.Uuid, team_id=sa.Uuid),
        *_filled(addresses=JSONB, legal=JSONB, custom=JSONB, tags=TEXTS),
        *_maybe(merged_into=sa.Uuid),
        *_filled(created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_contact"),
        *_refers("contact", company_id="company", owner_id="member", team_id="team"),
        sa.CheckConstraint("kind IN ('client', 'partner', 'supplier')", name="ck_contact_kind"),
    )
    _indexes(
        "contact", created="created_at id", updated="updated_at id", owner="owner_id created_at", company="company_id"
    )


def _contact_point() -> None:
    op.create_table(
        "contact_point",
        *_filled(workspace_id=sa.Uuid, contact_id=sa.Uuid, kind=sa.Text, value=sa.Text),
        *_filled(position=sa.Integer, preferred=sa.Boolean),
        sa.PrimaryKeyConstraint("workspace_id", "contact_id", "kind", "value", name="pk_contact_point"),
        *_refers("contact_point", contact_id="contact"),
        sa.CheckConstraint("kind IN ('phone', 'email', 'messenger')", name="ck_contact_point_kind"),
    )
    _indexes("contact_point", value="kind value")


def _contact_lead() -> None:
    op.create_table(
        "contact_lead",
        *_filled(workspace_id=sa.Uuid, contact_id=sa.Uuid, lead_id=sa.Uuid),
        sa.PrimaryKeyConstraint("workspace_id", "contact_id", "lead_id", name="pk_contact_lead"),
        *_refers("contact_lead", contact_id="contact"),
    )
    _indexes("contact_lead", lead="lead_id")


def _pipeline() -> None:
    op.create_table(
        "pipeline",
        *_own(),
        *_filled(name=sa.Text, is_default=sa.Boolean, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_pipeline"),
    )
    only_default = sa.text("is_default")
    op.create_index("uq_pipeline_default", "pipeline", ["workspace_id"], unique=True, postgresql_where=only_default)
    _indexes("pipeline", created="created_at id")


def _stage() -> None:
    op.create_table(
        "stage",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, pipeline_id=sa.Uuid, version=sa.Integer),
        *_filled(key=sa.Text, name=sa.Text, position=sa.Integer, probability=sa.Double, required_fields=TEXTS),
        *_maybe(rots_after_days=sa.Integer),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_stage"),
        *_refers("stage", pipeline_id="pipeline"),
        sa.UniqueConstraint("workspace_id", "pipeline_id", "key", name="uq_stage_workspace_id_pipeline_id_key"),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name="ck_stage_probability"),
        sa.CheckConstraint("rots_after_days > 0", name="ck_stage_rots_after_days"),
    )
    _indexes("stage")


def _deal() -> None:
    op.create_table(
        "deal",
        *_own(),
        *_filled(name=sa.Text),
        *_maybe(lead_id=sa.Uuid, contact_id=sa.Uuid, company_id=sa.Uuid),
        *_filled(pipeline_id=sa.Uuid, stage_id=sa.Uuid, status=sa.Text),
        *_maybe(amount=sa.Numeric(18, 2)),
        *_filled(currency=sa.Text, probability=sa.Double),
        *_maybe(owner_id=sa.Uuid, team_id=sa.Uuid, expected_close=sa.Date),
        *_filled(entered_stage_at=TIME),
        *_maybe(won_at=TIME, lost_at=TIME, loss_reason_id=sa.Uuid, loss_note=sa.Text),
        *_filled(reached=JSONB, passages=JSONB, owners=JSONB, custom=JSONB, tags=TEXTS),
        *_filled(created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_deal"),
        *_refers("deal", contact_id="contact", company_id="company", pipeline_id="pipeline", stage_id="stage"),
        *_refers("deal", owner_id="member", team_id="team", loss_reason_id="loss_reason"),
        sa.CheckConstraint("status IN ('open', 'won', 'lost')", name="ck_deal_status"),
        sa.CheckConstraint("status <> 'won' OR amount IS NOT NULL", name="ck_deal_won_has_amount"),
        sa.CheckConstraint("status <> 'lost' OR lost_at IS NOT NULL", name="ck_deal_lost_has_time"),
    )
    _indexes(
        "deal", created="created_at id", updated="updated_at id", owner="owner_id created_at",
        status="status created_at", stage="stage_id created_at", contact="contact_id", company="company_id",
        lead="lead_id",
    )  # fmt: skip


def _stage_change() -> None:
    op.create_table(
        "stage_change",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, deal_id=sa.Uuid, at=TIME, by=sa.Text),
        *_maybe(from_stage_id=sa.Uuid),
        *_filled(to_stage_id=sa.Uuid),
        *_maybe(from_status=sa.Text),
        *_filled(to_status=sa.Text),
        *_maybe(seconds_before=sa.Integer, note=sa.Text),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_stage_change"),
        *_refers("stage_change", deal_id="deal"),
        sa.CheckConstraint("to_status IN ('open', 'won', 'lost')", name="ck_stage_change_to_status"),
    )
    _indexes("stage_change", deal="deal_id at id")


def _activity() -> None:
    op.create_table(
        "activity",
        *_own(),
        *_filled(kind=sa.Text),
        *_maybe(direction=sa.Text, lead_id=sa.Uuid, contact_id=sa.Uuid, deal_id=sa.Uuid, owner_id=sa.Uuid),
        *_maybe(team_id=sa.Uuid, inquiry_id=sa.Uuid, subject=sa.Text, body=sa.Text, due_at=TIME, completed_at=TIME),
        *_maybe(result=sa.Text),
        *_filled(data=JSONB, at=TIME, by=sa.Text, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_activity"),
        *_refers("activity", contact_id="contact", deal_id="deal", owner_id="member", team_id="team"),
        sa.CheckConstraint("kind IN ('call', 'email', 'meeting', 'task', 'note')", name="ck_activity_kind"),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="ck_activity_direction"),
        sa.CheckConstraint(
            "lead_id IS NOT NULL OR contact_id IS NOT NULL OR deal_id IS NOT NULL", name="ck_activity_on_something"
        ),
    )
    of_open = sa.text("completed_at IS NULL")
    op.create_index("ix_activity_open", "activity", ["workspace_id", "owner_id", "due_at"], postgresql_where=of_open)
    _indexes(
        "activity", at="at id", lead="lead_id at id", contact="contact_id at id", deal="deal_id at id",
        owner="owner_id at id", inquiry="inquiry_id",
    )  # fmt: skip
