"""Keeping secrets in the database: sealed with a key derived from `LEADFLOW_DATA_KEY`, a different one a purpose."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr


class SealBroken(Exception):
    """What was sealed cannot be opened: another data key, or damaged bytes."""


class Sealer:
    """Seals and opens bytes for one purpose (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, data_key: SecretStr, *, purpose: str) -> None:
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=f"leadflow {purpose}".encode()).derive(
            data_key.get_secret_value().encode()
        )
        self._box = Fernet(base64.urlsafe_b64encode(derived))
        self._derived = derived

    def seal(self, content: bytes) -> bytes:
        """The content, unreadable and unchangeable without the key."""
        return self._box.encrypt(content)

    def open(self, sealed: bytes) -> bytes:
        """The content of what `seal` made; raises `SealBroken`."""
        try:
            return self._box.decrypt(sealed)
        except InvalidToken:
            raise SealBroken("sealed with another LEADFLOW_DATA_KEY, or damaged") from None

    def key_for(self, name: bytes) -> bytes:
        """A secret of 32 bytes for one name, always the same: for keyed hashes and signatures."""
        return hashlib.blake2b(name, key=self._derived, digest_size=32).digest()
