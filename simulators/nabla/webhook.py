"""Nabla's webhook: HMAC-SHA256 over the timestamp and the raw body, several signatures in one header."""

import hashlib
import hmac
import json
import secrets
import uuid
from datetime import UTC, datetime
from typing import Final

from simulators.nabla.settings import NablaSettings
from simulators.provider.call import JsonObject
from simulators.provider.jobs import Variant
from simulators.provider.webhooks.delivery import Message

TIMESTAMP_HEADER: Final = "x-nabla-webhook-timestamp"
SIGNATURE_HEADER: Final = "x-nabla-webhook-signature"
STALE_SECONDS: Final = 3600.0


def signature(secret: str, timestamp: str, raw: bytes) -> str:
    """Return the lower-case hex HMAC of `timestamp` directly followed by `raw`."""
    return hmac.new(secret.encode(), timestamp.encode() + raw, hashlib.sha256).hexdigest()


def webhook(settings: NablaSettings, subject: JsonObject, variant: Variant, now: float) -> Message:
    """Return the webhook about `subject`, an async request object, signed at `now` (Unix seconds)."""
    body = subject
    if settings.webhook_envelope:
        kind = f"transcribe_async.{str(subject.get('status', '')).lower()}"
        body = {"id": str(uuid.uuid4()), "type": kind, "created_at": _iso(now), "data": subject}
    raw = json.dumps(body, ensure_ascii=False).encode()
    if variant == "malformed":
        raw = raw[: len(raw) // 2]
    at = now - STALE_SECONDS if variant == "stale" else now
    timestamp = _iso(at) if settings.timestamp_form == "iso" else str(int(at))
    keys = [settings.retiring_webhook_secret, settings.webhook_secret]
    if variant == "forged":
        keys = [secrets.token_hex(16), secrets.token_hex(16)]
    signatures = ", ".join(settings.signature_prefix + signature(key, timestamp, raw) for key in keys if key)
    if variant == "altered":
        raw += b" "
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: signatures,
    }
    if variant == "unsigned":
        del headers[SIGNATURE_HEADER]
    return Message(settings.webhook_url, headers, raw)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
