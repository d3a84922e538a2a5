"""Invox Medical's callback signature: `<APP Id>~<API Key>`, encrypted with AES-CBC in one of two formats.

    A (cryptojs)   base64( "Salted__" + salt (8) + ciphertext ), key and IV by EVP_BytesToKey (MD5, one round)
    B (raw)        base64( IV (16) + ciphertext ), key = the secret's UTF-8 bytes: 16, 24 or 32 of them

The value covers neither body nor time, so it is one condition among several. Nothing is unpadded: PKCS#7 padding is
determined by the text, so the decrypted blocks are compared whole and a bad padding is just another mismatch.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Literal

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

Format = Literal["auto", "cryptojs", "raw"]

_HEADER = b"Salted__"
_KEY_SIZES = (16, 24, 32)


def is_genuine(signature: object, app_id: str, api_key: str, secret: str, pinned: Format = "auto") -> bool:
    """Whether the callback's `signature` was made by somebody who has the APP_SECRET; never says why not."""
    key = secret.encode()
    if not isinstance(signature, str) or not key:
        return False
    try:
        raw = base64.b64decode(signature.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return False
    if base64.b64encode(raw) != signature.encode("ascii"):  # spare bits set: another text for the same bytes
        return False
    if len(raw) < 32 or len(raw) % 16:
        return False
    salted = raw.startswith(_HEADER)
    if pinned != "auto" and (pinned == "cryptojs") is not salted:
        return False
    if salted:
        key, start = _evp_bytes_to_key(key, raw[8:16])
    elif len(key) in _KEY_SIZES:
        start = raw[:16]
    else:
        return False
    found = AES.new(key, AES.MODE_CBC, start).decrypt(raw[16:])
    return hmac.compare_digest(found, pad(f"{app_id}~{api_key}".encode(), 16))


def _evp_bytes_to_key(secret: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """A 32-byte key and a 16-byte IV as OpenSSL and CryptoJS derive them."""
    derived, block = b"", b""
    while len(derived) < 48:
        block = hashlib.md5(block + secret + salt, usedforsecurity=False).digest()
        derived += block
    return derived[:32], derived[32:48]
