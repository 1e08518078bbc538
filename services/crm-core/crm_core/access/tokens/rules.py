"""Who may hand out which token: never more than the caller has, never longer than 400 days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

LONGEST_LIFE = timedelta(days=400)
USUAL_LIFE = timedelta(days=365)

RANK = {"analyst": 1, "integration": 2, "manager": 2, "head": 3, "admin": 4, "platform": 5}
"""A token's role may be one of the caller's rank or below."""


def role_refusal(role: str, *, caller_role: str, user_role: str | None) -> str | None:
    """Why a token of this role may not be made by this caller for this user; None when it may."""
    if role == "platform":
        return "Platform tokens are made by `python -m crm_core.mint` only."
    if RANK[role] > RANK[caller_role]:
        return f"A {caller_role} cannot make a token of role {role}."
    if user_role is not None and RANK[role] > RANK[user_role]:
        return f"The user is a {user_role}, so a token of theirs cannot have the role {role}."
    return None


def excess_scopes(
    wanted: Iterable[str], *, role_scopes: frozenset[str], caller_scopes: frozenset[str]
) -> tuple[list[str], list[str]]:
    """The wanted scopes that the role never has, and those that the caller lacks."""
    scopes = sorted(set(wanted))
    return [scope for scope in scopes if scope not in role_scopes], [
        scope for scope in scopes if scope in role_scopes and scope not in caller_scopes
    ]


def expiry_refusal(expires_at: datetime, *, now: datetime) -> str | None:
    """Why a token may not end then; None when it may."""
    if expires_at <= now:
        return "must be in the future"
    if expires_at > now + LONGEST_LIFE:
        return f"must be at most {LONGEST_LIFE.days} days ahead"
    return None
