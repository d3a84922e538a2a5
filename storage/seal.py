"""Sealing content at rest with AES-256-GCM, so that a copied database file says nothing.

A sealed value is: version byte 1, key id (4 bytes), nonce (12), tag (16), ciphertext. Table and row are
authenticated with it, so a value moved to another row does not open. Version byte 0 is an unsealed value:
without a key, content is stored as it is, and a key that is set later opens both.
"""

import hashlib
import secrets
from collections.abc import Sequence

from bot.domain.errors import ContentDamaged, StoreError

KEY_BYTES = 32
PLAIN = b"\x00"
_SEALED = b"\x01"
_KEY_ID = 4
_NONCE = 12
_TAG = 16


def key_id(key: bytes) -> bytes:
    """A short name of a key that says nothing about it."""
    return hashlib.sha256(b"threadscribe storage key" + key).digest()[:_KEY_ID]


class Seal:
    """Seals with the first of `keys` (32 bytes each), opens with any; with none, or if `plain`, nothing is sealed."""

    def __init__(self, keys: Sequence[bytes] = (), *, plain: bool = False) -> None:
        for key in keys:
            if len(key) != KEY_BYTES:
                raise StoreError(f"A storage key has {KEY_BYTES} bytes, not {len(key)}.")
        self._keys = {key_id(key): key for key in keys}
        self._newest = key_id(keys[0]) if keys and not plain else None

    @property
    def newest(self) -> str:
        """The hexadecimal id of the key that seals, or ""."""
        return self._newest.hex() if self._newest else ""

    def knows(self, hex_id: str) -> bool:
        """Whether what this key sealed can be opened."""
        return bytes.fromhex(hex_id) in self._keys

    @property
    def head(self) -> bytes:
        """How every value begins that this seal closes."""
        return _SEALED + self._newest if self._newest else PLAIN

    @staticmethod
    def key_of(value: bytes) -> str:
        """The hexadecimal id of the key that a stored value needs, or ""."""
        return value[1 : 1 + _KEY_ID].hex() if value[:1] == _SEALED else ""

    def encrypt(self, content: bytes, place: str) -> bytes:
        """Seal content for a place, e.g. `transcript:abc`."""
        if self._newest is None:
            return PLAIN + content
        nonce = secrets.token_bytes(_NONCE)
        head = _SEALED + self._newest
        from Crypto.Cipher import AES  # a tenth of what a start takes, and only where something is sealed

        cipher = AES.new(self._keys[self._newest], AES.MODE_GCM, nonce=nonce, mac_len=_TAG)
        cipher.update(head + place.encode("utf-8", "surrogatepass"))
        sealed, tag = cipher.encrypt_and_digest(content)
        return b"".join((head, nonce, tag, sealed))

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        """The content that was sealed for this place. Raises `StoreError` for a wrong key or a changed value."""
        if sealed[:1] == PLAIN:
            return sealed[1:]
        head = sealed[: 1 + _KEY_ID]
        key = self._keys.get(head[1:])
        if sealed[:1] != _SEALED or len(sealed) < 1 + _KEY_ID + _NONCE + _TAG:
            raise ContentDamaged(f"What is stored as {place} is damaged: it is no sealed value of this program.")
        if key is None:
            raise StoreError(
                f"What is stored as {place} was sealed with another storage key (id {head[1:].hex()}): "
                "set STORAGE_KEY to that key, or STORAGE_KEY_OLD if it was replaced."
            )
        nonce = sealed[1 + _KEY_ID : 1 + _KEY_ID + _NONCE]
        tag = sealed[1 + _KEY_ID + _NONCE : 1 + _KEY_ID + _NONCE + _TAG]
        from Crypto.Cipher import AES  # as in encrypt

        cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG)
        cipher.update(head + place.encode("utf-8", "surrogatepass"))
        try:
            return cipher.decrypt_and_verify(sealed[1 + _KEY_ID + _NONCE + _TAG :], tag)
        except ValueError as error:
            raise ContentDamaged(f"What is stored as {place} was changed, or moved there from another row.") from error
