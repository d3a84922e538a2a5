"""The address that a provider's webhooks come to: `PUBLIC_URL/hooks/NAME/TOKEN`, with a token that nobody can guess."""

import hashlib
import hmac

_TOKEN_CHARACTERS = 32  # 128 bits


def webhook_token(name: str, secret: str) -> str:
    """The token of an account, derived from its webhook secret; it tells nothing of the secret."""
    message = f"threadscribe webhook address of {name}".encode()
    return hmac.new(secret.encode("utf-8", "surrogatepass"), message, hashlib.sha256).hexdigest()[:_TOKEN_CHARACTERS]


def webhook_address(public_url: str, name: str, secret: str) -> str:
    """What is entered in the provider's console."""
    return f"{public_url}/hooks/{name}/{webhook_token(name, secret)}"
