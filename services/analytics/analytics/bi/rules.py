"""How PostgreSQL keeps a password that it cannot tell. Pure."""

import base64
import hashlib
import hmac
from uuid import UUID

ITERATIONS = 4096


def login_of(id: UUID) -> str:
    """The name of a login in the database: unique by itself, and safe to write into a statement."""
    return f"bi_{id.hex}"


def scram_verifier(password: str, salt: bytes) -> str:
    """The password as PostgreSQL stores it (RFC 5802, RFC 7677), so that no statement and no log ever holds it."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    kept, stored, server = (
        base64.b64encode(each).decode() for each in (salt, hashlib.sha256(client_key).digest(), server_key)
    )
    return f"SCRAM-SHA-256${ITERATIONS}:{kept}${stored}:{server}"
