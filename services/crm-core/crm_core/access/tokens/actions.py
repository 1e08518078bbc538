"""Making and revoking tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from leadkit.contracts.events import TokenRevoked
from leadkit.ids import new_id
from leadkit.outbox import NewEvent, publish
from leadkit.problems import Forbidden, Invalid, NotFound
from leadkit.tokens import ROLE_SCOPES, Caller, Role, remember_revoked
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.tokens import keys, rules
from crm_core.access.tokens.tables import ApiToken
from crm_core.access.users.queries import user_by_id
from crm_core.access.users.tables import User


@dataclass(frozen=True, slots=True)
class Wish:
    """The token someone asks for; no scopes: all that role and caller have in common."""

    name: str
    role: Role
    scopes: Sequence[str] | None
    user_id: UUID | None
    expires_at: datetime | None


async def create_token(
    session: AsyncSession, wish: Wish, data_key: SecretStr, *, by: Caller, now: datetime
) -> tuple[ApiToken, str]:
    """The new token's row and the token itself, which is nowhere kept.

    Raises `Forbidden` above the caller's role or scopes, `Invalid` for what no caller may have."""
    user = await _user_of(session, wish, by)
    scopes = _granted(wish, by, user)
    expires_at = wish.expires_at or now + rules.USUAL_LIFE
    if refusal := rules.expiry_refusal(expires_at, now=now):
        raise Invalid.at("/expires_at", refusal)
    row = ApiToken(
        workspace_id=by.workspace, id=new_id(), version=1, name=wish.name, role=wish.role, scopes=sorted(scopes),
        user_id=wish.user_id, created_by=by.subject, created_at=now, expires_at=expires_at, revoked_at=None,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await audit.record(
        session, workspace_id=row.workspace_id, by=by.subject, action="token.create",
        subject_type="token", subject_id=row.id, after=_shown(row), now=now,
    )  # fmt: skip
    return row, await keys.signed(session, _holder(row, user), data_key)


async def revoke_token(session: AsyncSession, workspace_id: UUID, token_id: UUID, *, by: str, now: datetime) -> None:
    """From now on every service refuses the token; revoking twice changes nothing. Raises `NotFound`."""
    row = await session.scalar(
        select(ApiToken).where(ApiToken.workspace_id == workspace_id, ApiToken.id == token_id).with_for_update()
    )
    if row is None:
        raise NotFound("There is no such token.")
    if row.revoked_at is None:
        await _revoke(session, [row], by=by, now=now)


async def revoke_tokens_of(
    session: AsyncSession, workspace_id: UUID, user_ids: Sequence[UUID], *, by: str, now: datetime
) -> None:
    """Revokes what these users hold: their role, team or standing has changed."""
    found = await session.scalars(
        select(ApiToken)
        .where(ApiToken.workspace_id == workspace_id, ApiToken.user_id.in_(user_ids))
        .where(ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
        .order_by(ApiToken.id)
        .with_for_update()
    )
    await _revoke(session, list(found), by=by, now=now)


async def _user_of(session: AsyncSession, wish: Wish, by: Caller) -> User | None:
    if "admin" not in by.scopes and (by.user_id is None or wish.user_id != by.user_id):
        raise Forbidden("Without the scope admin one makes tokens for oneself only: give your own `user_id`.")
    if wish.user_id is None:
        return None
    user = await user_by_id(session, by.workspace, wish.user_id)
    if user is None:
        raise Invalid.at("/user_id", "there is no such user")
    if not user.active:
        raise Invalid.at("/user_id", "the user is not active")
    return user


def _granted(wish: Wish, by: Caller, user: User | None) -> frozenset[str]:
    """The scopes of the token; raises `Forbidden` or `Invalid`."""
    if refusal := rules.role_refusal(wish.role, caller_role=by.role, user_role=user.role if user else None):
        raise Forbidden(refusal)
    of_role = ROLE_SCOPES[wish.role]
    if wish.scopes is None:
        return of_role & by.scopes
    unknown, lacking = rules.excess_scopes(wish.scopes, role_scopes=of_role, caller_scopes=by.scopes)
    if unknown:
        raise Invalid.at("/scopes", f"a token of role {wish.role} never has {', '.join(unknown)}")
    if lacking:
        raise Forbidden(f"You do not have {', '.join(lacking)} yourself.")
    return frozenset(wish.scopes)


def _holder(row: ApiToken, user: User | None) -> Caller:
    return Caller(
        workspace_id=row.workspace_id,
        subject=f"user:{user.id}" if user else f"token:{row.id}",
        name=user.name if user else row.name,
        role=cast(Role, row.role),
        scopes=frozenset(row.scopes),
        token_id=row.id,
        user_id=user.id if user else None,
        team_id=user.team_id if user else None,
        expires_at=int(row.expires_at.timestamp()),
    )


async def _revoke(session: AsyncSession, rows: Sequence[ApiToken], *, by: str, now: datetime) -> None:
    if not rows:
        return
    workspace_id = rows[0].workspace_id
    await session.execute(
        update(ApiToken)
        .where(ApiToken.workspace_id == workspace_id, ApiToken.id.in_([row.id for row in rows]))
        .values(revoked_at=now, version=ApiToken.version + 1)
    )
    await remember_revoked(session, [(row.id, row.expires_at) for row in rows], now=now)
    await publish(
        session,
        [
            NewEvent(
                type="token.revoked", workspace_id=workspace_id, subject=row.id,
                data=TokenRevoked(id=row.id, version=2, expires_at=row.expires_at),
            )
            for row in rows
        ],
    )  # fmt: skip
    changes = [audit.Change("token.revoke", "token", row.id, {"revoked_at": None}, {"revoked_at": now}) for row in rows]
    await audit.record_all(session, workspace_id=workspace_id, by=by, changes=changes, now=now)


def _shown(row: ApiToken) -> audit.Snapshot:
    return {name: getattr(row, name) for name in ("name", "role", "scopes", "user_id", "expires_at")}
