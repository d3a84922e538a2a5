"""Nabla's client assertion (RFC 7523): a one-time RS256 JWT that is exchanged for an access token."""

import base64
import json
import uuid

from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def sign_assertion(private_key: str, client_id: str, audience: str, now: float, seconds: int, key_id: str = "") -> str:
    """A fresh assertion for `audience` (the full token URL), good for `seconds`. Raises `ValueError` for a bad key.

    Takes some 10 ms of a processor, so call it off the event loop.
    """
    pem = private_key.strip().replace("\\n", "\n")  # as it often is in a one-line environment variable
    key = RSA.import_key(pem)
    if not key.has_private():
        raise ValueError("this is a public key")
    head = {"alg": "RS256", "typ": "JWT", **({"kid": key_id} if key_id else {})}
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": int(now),
        "exp": int(now) + seconds,
        "jti": str(uuid.uuid4()),
    }
    signed = f"{_encoded(head)}.{_encoded(claims)}"
    signature = pkcs1_15.new(key).sign(SHA256.new(signed.encode("ascii")))
    return f"{signed}.{_base64url(signature)}"


def _encoded(part: object) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
