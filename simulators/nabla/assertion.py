"""The OAuth client assertion (RFC 7523) as Nabla's token endpoint checks it, and the access tokens it gives."""

import secrets
from collections.abc import Callable
from typing import Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from simulators.nabla.settings import NablaSettings
from simulators.provider.clock import ProviderClock
from simulators.provider.refusal import RefusalError

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLOCK_TOLERANCE: Final = 60.0
_SIGNATURE_ONLY: Final[Options] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
"""The claims are checked here, by the provider's own clock."""


def key_pair() -> tuple[str, str]:
    """Return a new RSA key as PEM texts: private (PKCS#8) and public."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


class TokenEndpoint:
    """Checks assertions, once each, and knows the access tokens."""

    def __init__(
        self, clock: ProviderClock, settings: Callable[[], NablaSettings], audience: Callable[[], str], public_key: str
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._audience = audience
        self._public_key = public_key
        self._signing_key = secrets.token_hex(32)
        self._used: set[str] = set()
        self._tokens: dict[str, float] = {}

    def grant(self, assertion: str) -> tuple[str, int]:
        """Return an access token and its life in seconds; refuses an invalid assertion with 401."""
        self._check(assertion)
        life = self._settings().token_life
        expires_at = self._clock.now() + life
        claims = {"sub": self._settings().client_id, "exp": int(expires_at), "jti": secrets.token_hex(8)}
        token = jwt.encode(claims, self._signing_key, algorithm="HS256")
        self._tokens[token] = expires_at
        return token, int(life)

    def admit(self, token: str) -> None:
        """Refuse with 401 an access token that is unknown or has expired."""
        expires_at = self._tokens.get(token)
        if expires_at is None:
            raise RefusalError(401, "Invalid access token", name="INVALID_TOKEN", violation="unknown-bearer")
        if self._clock.now() >= expires_at:
            raise RefusalError(401, "Access token expired", name="EXPIRED_TOKEN")

    def revoke(self) -> None:
        """End the life of all access tokens."""
        for token in self._tokens:
            self._tokens[token] = self._clock.now()

    def _check(self, assertion: str) -> None:
        settings, now = self._settings(), self._clock.now()
        try:
            if jwt.get_unverified_header(assertion).get("alg") != "RS256":
                raise _refusal("The assertion must be signed with RS256", "assertion-algorithm")
            claims: dict[str, object] = jwt.decode(
                assertion, self._public_key, algorithms=["RS256"], options=_SIGNATURE_ONLY
            )
        except jwt.InvalidSignatureError:
            raise _refusal("The assertion's signature does not match") from None
        except jwt.PyJWTError:
            raise _refusal("The assertion is not a JWT", "assertion-not-a-jwt") from None
        if claims.get("iss") != claims.get("sub"):
            raise _refusal("iss and sub must be the client id", "assertion-subject")
        if claims.get("iss") != settings.client_id:
            raise _refusal("Unknown client")
        if claims.get("aud") != self._audience():
            raise _refusal(f"aud must be {self._audience()}", "assertion-audience")
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(expires, int):
            raise _refusal("iat and exp are required", "assertion-times")
        if expires - issued > settings.assertion_life_limit:
            raise _refusal("exp lies too far ahead", "assertion-life")
        if expires <= now or issued > now + _CLOCK_TOLERANCE:
            raise _refusal("The assertion is not valid at this time")
        self._use(claims.get("jti"))

    def _use(self, jti: object) -> None:
        if jti is None and not self._settings().require_jti:
            return
        if not isinstance(jti, str) or not jti:
            raise _refusal("jti is required", "assertion-without-jti")
        if jti in self._used:
            raise _refusal("The assertion was used before", "assertion-reused")
        self._used.add(jti)


def _refusal(words: str, violation: str = "") -> RefusalError:
    return RefusalError(401, words, name="INVALID_CLIENT_ASSERTION", violation=violation)
