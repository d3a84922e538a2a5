"""Invox Medical's callback signature as its two documented formats make it."""

import base64
import hashlib
import secrets
from typing import Literal

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

Format = Literal["A", "B"]


def sign(plain: str, secret: str, form: Format, salt_or_iv: bytes | None = None) -> str:
    """Return the signature of `plain`.

    A: CryptoJS's passphrase format (`Salted__`, EVP_BytesToKey with MD5, AES-256-CBC); `salt_or_iv` is 8 bytes.
    B: IV and AES-CBC under the secret's own bytes (16, 24 or 32, else ValueError); `salt_or_iv` is 16 bytes.
    """
    padded = pad(plain.encode(), AES.block_size)
    if form == "A":
        salt = salt_or_iv or secrets.token_bytes(8)
        key, iv = _evp_bytes_to_key(secret.encode(), salt)
        raw = b"Salted__" + salt + AES.new(key, AES.MODE_CBC, iv).encrypt(padded)
    else:
        iv = salt_or_iv or secrets.token_bytes(16)
        raw = iv + AES.new(secret.encode(), AES.MODE_CBC, iv).encrypt(padded)
    return base64.b64encode(raw).decode()


def _evp_bytes_to_key(secret: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Return a 32-byte key and a 16-byte IV (OpenSSL's EVP_BytesToKey, MD5, one round)."""
    block, derived = b"", b""
    while len(derived) < 48:
        block = hashlib.md5(block + secret + salt, usedforsecurity=False).digest()
        derived += block
    return derived[:32], derived[32:48]
