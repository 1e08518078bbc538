"""Proof of work (ALTCHA): a browser searches a while for a number, so that sending ten thousand forms costs something.

Challenges are signed, so none has to be remembered. When it ends is signed along with the rest in `data` and held
against the time of receipt: the same request is judged the same at every replay. No third party takes part.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

import orjson
from altcha import Challenge, Payload, create_challenge, verify_solution

from lead_intake.providers.base import SourceView

VALID_FOR = timedelta(minutes=30)
LONGEST_PAYLOAD = 4096


def challenge_for(source: SourceView, zeros: int, *, now: datetime) -> dict[str, Any]:
    """A new challenge in ALTCHA's own form, for this source only: a key that begins with so many zeros."""
    data = {"source": str(source.id), "until": int((now + VALID_FOR).timestamp())}
    made: Challenge = create_challenge(
        "SHA-256", 1, key_prefix="0" * zeros, data=data, hmac_secret=_signing_key(source)
    )
    document: dict[str, Any] = made.to_dict()
    return document


def proven(payload: str, source: SourceView, *, at: datetime) -> str | None:
    """What names the proof, when a challenge of this source was solved in time; None when not. Never raises."""
    if len(payload) > LONGEST_PAYLOAD:
        return None
    try:
        told = Payload.from_dict(orjson.loads(base64.b64decode(payload)))
        parameters = told.challenge.parameters
        data = parameters.data if isinstance(parameters.data, dict) else {}
        in_time = data.get("source") == str(source.id) and at.timestamp() <= float(data.get("until", 0))
        if not in_time or not verify_solution(told, _signing_key(source)).verified:
            return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return hashlib.blake2b(f"{parameters.nonce}{parameters.salt}".encode(), digest_size=16).hexdigest()


def _signing_key(source: SourceView) -> bytes:
    return hmac.digest(source.workspace_key, b"proof of work", "sha256")
