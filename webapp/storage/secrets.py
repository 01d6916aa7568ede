"""Secrets at rest: AES-256-GCM bound to the very cell they were written for.

Associated data is ``table|column|row|entity``: a token copied to another row does not open there
(Fernet has no associated data, so it would). The keys live outside the database.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class SecretUnreadable(Exception):
    """A stored secret does not open: another key, another cell, or altered bytes."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a secret belongs."""

    table: str
    column: str
    row: str
    entity: str

    def associated_data(self) -> bytes:
        """Return what the cipher binds the secret to."""
        return "|".join((self.table, self.column, self.row, self.entity)).encode()


class SecretBox:
    """Seals and opens secrets; the first key seals, every key opens (rotation)."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take the keys by id, the current one first.

        :raises ValueError: if there is none, or one is not 32 bytes long.
        """
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError("at least one key of 32 bytes is needed")
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(keys))

    def seal(self, text: str, cell: Cell) -> str:
        """Encrypt ``text`` for ``cell``; the result is ``key id:base64``."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._current].encrypt(nonce, text.encode(), cell.associated_data())
        return f"{self._current}:{urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, cell: Cell) -> str:
        """Decrypt what :meth:`seal` made for the same cell.

        :raises SecretUnreadable: if the key is unknown, the cell another, or a byte was changed.
        """
        key_id, _, body = sealed.partition(":")
        cipher = self._keys.get(key_id)
        if cipher is None:
            raise SecretUnreadable(f"the key {key_id!r} is not configured")
        data = urlsafe_b64decode(body)
        try:
            return cipher.decrypt(
                data[:NONCE_BYTES], data[NONCE_BYTES:], cell.associated_data()
            ).decode()
        except InvalidTag:
            raise SecretUnreadable(
                f"the secret of {cell.table}.{cell.column} does not open"
            ) from None
