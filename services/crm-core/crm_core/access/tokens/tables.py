"""The tokens that were handed out (never the tokens themselves) and the keys that sign them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.access.users.tables import User
from crm_core.base import Base


class ApiToken(Base):
    """What is known of a token; `id` is its `jti`. A platform token stands under the nil workspace."""

    __tablename__ = "api_token"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "user_id"], [User.workspace_id, User.id]),
        CheckConstraint("role IN ('admin', 'head', 'manager', 'analyst', 'integration', 'platform')", name="role"),
        Index(None, "workspace_id", "user_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    role: Mapped[str]
    scopes: Mapped[list[str]]
    user_id: Mapped[UUID | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SigningKey(Base):
    """An Ed25519 key; `sealed` is its private half, encrypted with a key derived from the service's `data_key`.

    `kid` is a UUIDv7: the highest signs. Global: one issuer for all workspaces."""

    __tablename__ = "signing_key"

    kid: Mapped[str] = mapped_column(primary_key=True)
    jwk: Mapped[dict[str, Any]]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
