"""The assertion that the Nabla provider signs."""

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.providers.nabla.assertion import sign_assertion


def test_a_key_id_is_named_only_where_one_is_set(keys: tuple[str, str]) -> None:
    for key_id, expected in (("", {}), ("key-7", {"kid": "key-7"})):
        head = jwt.get_unverified_header(sign_assertion(keys[0], "client", "https://aud", 1e9, 60, key_id))
        assert head == {"alg": "RS256", "typ": "JWT", **expected}


@pytest.mark.parametrize("kind", ["empty", "nonsense", "public", "elliptic", "locked"])
def test_a_key_that_cannot_sign_is_a_value_error(keys: tuple[str, str], kind: str) -> None:
    rsa_key = serialization.load_pem_private_key(keys[0].encode(), None)
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    given = {
        "empty": "",
        "nonsense": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "public": keys[1],
        "elliptic": ec.generate_private_key(ec.SECP256R1())
        .private_bytes(*forms, serialization.NoEncryption())
        .decode(),
        "locked": rsa_key.private_bytes(*forms, serialization.BestAvailableEncryption(b"pass")).decode(),
    }
    with pytest.raises(ValueError):
        sign_assertion(given[kind], "client", "https://aud", 1e9, 60)
