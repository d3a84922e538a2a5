"""A whole answer of a service, and what its headers say about time."""

import email.utils
import json as jsonlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from bot.domain.errors import Ambiguous, Transient

MAX_BODY = 16 * 1024 * 1024
MAX_RETRY_AFTER = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. Header names are lower case; `body` is at most `MAX_BODY` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    source: str = ""  # method and host, for error details
    repeatable: bool = True  # False: the call must not happen twice, so an unreadable answer is Ambiguous

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status <= 299

    def json_object(self) -> Mapping[str, object]:
        """The body as a JSON object. Raises `Transient` for HTML and the like, `Ambiguous` if not `repeatable`."""
        found = self.json_or_none()
        if found is None:
            detail = f"{self.source}: non-JSON answer with status {self.status}"
            raise Transient(detail) if self.repeatable else Ambiguous(detail)
        return found

    def json_or_none(self) -> Mapping[str, object] | None:
        """The body as a JSON object, or None when it is something else."""
        try:
            found: object = jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return cast("Mapping[str, object]", found) if isinstance(found, dict) else None


def retry_after(headers: Mapping[str, str], now: float, default: float) -> float:
    """Seconds to wait by Retry-After, from 0 to an hour; `default` when it is missing or unreadable.

    A date is measured against the answer's own Date header, so a skewed clock does no harm; against `now` where there
    is none, or where that makes no sense (a cache's Date, say).
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until = http_date(text)
        if until is None:
            return default
        sent_at = http_date(headers.get("date", ""))
        seconds = until - now
        if sent_at is not None and -60.0 <= until - sent_at <= MAX_RETRY_AFTER:
            seconds = until - sent_at
    if not math.isfinite(seconds):
        return default
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def http_date(text: str) -> float | None:
    """Unix seconds of an HTTP-date, or None."""
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
