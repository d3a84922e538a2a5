"""Nabla's client assertion (RFC 7523): a one-time RS256 JWT that is exchanged for an access token."""

import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def sign_assertion(private_key: str, client_id: str, audience: str, now: float, seconds: int, key_id: str = "") -> str:
    """A fresh assertion for `audience` (the full token URL), good for `seconds`. Raises `ValueError` for a bad key.

    Takes some milliseconds of a processor, so call it off the event loop.
    """
    pem = private_key.strip().replace("\\n", "\n")  # as it often is in a one-line environment variable
    try:
        key = load_pem_private_key(pem.encode(), None)
    except TypeError:
        raise ValueError("the key is protected by a password") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("this is no RSA key")  # noqa: TRY004  # the given text is wrong, not the type of an argument
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": int(now),
        "exp": int(now) + seconds,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": key_id} if key_id else None)
