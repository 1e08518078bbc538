"""What a change of a user means for the tokens they hold."""

from collections.abc import Mapping
from typing import Any

CLAIMED = ("role", "team_id")
"""What a token says about its user, so that it must not outlive a change."""


def tokens_end(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the user's tokens are revoked: role or team changed, or the user was deactivated."""
    deactivated = before["active"] and not after["active"]
    return deactivated or any(before[field] != after[field] for field in CLAIMED)
