"""By what a person is found again without saying who it is: keyed hashes of phones, e-mails and messenger addresses.

crm-core tells them when it erases somebody, lead-intake finds by them what it received of the same person. Both derive
the key from `LEADFLOW_DATA_KEY`, a different one for each workspace.
"""

import hashlib
from uuid import UUID

from pydantic import SecretStr

from leadkit.sealing import Sealer

PURPOSE = "source secrets"
"""Purpose of the sealer from which lead-intake's `workspace_key` comes, too: one derivation for both services."""


def workspace_key(data_key: SecretStr, workspace_id: UUID) -> bytes:
    """The secret of a workspace; 32 bytes."""
    return Sealer(data_key, purpose=PURPOSE).key_for(workspace_id.bytes)


def person_hash(key: bytes, kind: str, value: str) -> str:
    """Keyed BLAKE2 (RFC 7693) of a normalised address: 128 bits in hexadecimal. `kind` is `phone`, `email` or
    `messenger` (whose value is `network:id`)."""
    content = f"person {kind} {value}".encode("utf-8", "replace")
    return hashlib.blake2b(content, key=key, digest_size=16).hexdigest()


def fingerprint(key: bytes) -> str:
    """Tells whether two services have the same key, and nothing else of it."""
    return person_hash(key, "fingerprint", "")[:16]
