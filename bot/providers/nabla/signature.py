"""Nabla's webhook: a signed wake-up that names a job; the result itself is read by GET."""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime

from bot.ports.provider import WebhookEvent
from bot.providers.json_fields import Fields, mapping, read_object, reference, text

TIMESTAMP_HEADER = "x-nabla-webhook-timestamp"
SIGNATURE_HEADER = "x-nabla-webhook-signature"

_UNIX = re.compile(r"[0-9]{9,14}(\.[0-9]{1,9})?")
_MILLISECONDS = 1e11  # a larger number of seconds lies three thousand years ahead


def is_genuine(body: bytes, timestamp: str, signatures: str, secret: str, now: float, max_age: float) -> bool:
    """Whether one of the comma-separated signatures is ours over timestamp and raw body, and the time is near."""
    if not secret or not timestamp or not timestamp.isascii():
        return False
    expected = hmac.new(secret.encode(), timestamp.encode("ascii") + body, hashlib.sha256).hexdigest().encode("ascii")
    match = False
    for signature in signatures.split(","):
        given = signature.strip().removeprefix("sha256=").encode("utf-8", "replace")
        match |= hmac.compare_digest(given, expected)
    sent_at = read_time(timestamp)
    return match and sent_at is not None and abs(now - sent_at) <= max_age


def read_time(timestamp: str) -> float | None:
    """Unix seconds of an ISO-8601 time (UTC where it has no zone) or of Unix seconds or milliseconds; else None."""
    if _UNIX.fullmatch(timestamp):
        number = float(timestamp)
        return number / 1000 if number >= _MILLISECONDS else number
    try:
        moment = datetime.fromisoformat(timestamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def read_news(body: bytes) -> WebhookEvent:
    """What a genuine body is about, by its shape: the async object itself, or one under `data`."""
    found = read_object(body)
    subject = _subject(found) if found is not None else None
    if subject is None:
        return WebhookEvent(ignored="unrecognised")
    ref, client_ref = reference(subject, "id"), reference(subject, "client_request_id")
    status = text(subject, "status").upper()
    if not (ref or client_ref) or not (client_ref or status):
        return WebhookEvent(ignored="unrecognised")
    kept = {"id": ref, "client_request_id": client_ref}
    return WebhookEvent(
        ref=ref, client_ref=client_ref, key=f"{ref or client_ref}:{status[:40]}", result=json.dumps(kept).encode()
    )


def _subject(found: Fields) -> Fields | None:
    return mapping(found["data"]) if "data" in found else found
