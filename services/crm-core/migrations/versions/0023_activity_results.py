"""What may come of activities, as data: the results of each kind, with which every workspace begins."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from leadkit.migrations import tenant_table
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
RESULTS = (
    ("call", "answered", "Answered", "Дозвонились"),
    ("call", "no_answer", "No answer", "Не взяли трубку"),
    ("call", "busy", "Busy", "Занято"),
    ("call", "call_back_later", "Asked to call back later", "Просили перезвонить"),
    ("call", "voicemail", "Voicemail", "Автоответчик"),
    ("call", "missed", "Missed", "Пропущен"),
    ("call", "wrong_number", "Wrong number", "Неверный номер"),
    ("email", "sent", "Sent", "Отправлено"),
    ("email", "replied", "Replied", "Ответили"),
    ("email", "bounced", "Bounced", "Не доставлено"),
    ("meeting", "held", "Held", "Состоялась"),
    ("meeting", "rescheduled", "Put off", "Перенесена"),
    ("meeting", "no_show", "Nobody came", "Никто не пришёл"),
    ("meeting", "cancelled", "Cancelled", "Отменена"),
    ("task", "done", "Done", "Сделано"),
    ("task", "not_needed", "No longer needed", "Больше не нужно"),
)
FILL = """
    INSERT INTO activity_result
        (workspace_id, id, version, kind, key, name, position, active, created_at, updated_at)
    SELECT workspace.id, gen_random_uuid(), 1, :kind, :key, jsonb_build_object('en', :en, 'ru', :ru), :position, true,
        now(), now()
    FROM workspace
"""


def upgrade() -> None:
    """Workspaces that are there begin with the same results as new ones."""
    op.create_table(
        "activity_result",
        *_filled(workspace_id=sa.Uuid, id=sa.Uuid, version=sa.Integer, kind=sa.Text, key=sa.Text, name=JSONB),
        *_filled(position=sa.Integer, active=sa.Boolean, created_at=TIME, updated_at=TIME),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_activity_result"),
        sa.CheckConstraint("kind IN ('call', 'email', 'meeting', 'task', 'note')", name="ck_activity_result_kind"),
    )
    op.create_index("uq_activity_result_key", "activity_result", ["workspace_id", "kind", "key"], unique=True)
    op.create_index("ix_activity_result_position", "activity_result", ["workspace_id", "position", "id"])
    for place, (kind, key, en, ru) in enumerate(RESULTS, start=1):
        given = {"kind": kind, "key": key, "en": en, "ru": ru, "position": place * 10}
        texts = (sa.bindparam(name, type_=sa.Text) for name in ("kind", "key", "en", "ru"))
        op.execute(sa.text(FILL).bindparams(*texts).bindparams(**given))
    tenant_table(op, "activity_result", service="core")


def downgrade() -> None:
    """Drops it."""
    op.drop_table("activity_result")


def _filled(**columns: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]
