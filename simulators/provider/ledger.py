"""What a simulator has seen: every request, webhook delivery, billed upload and breach of the contract."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

SLACK_TOKEN = re.compile(rb"(?:xox[a-z]|xapp)-[A-Za-z0-9-]{3,}")
"""Every kind of Slack token: bot, user, refresh, configuration and app level."""

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"})


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a client which keeps the contract never does.

    `kind` is a stable slug that tests compare; `detail` holds no secret.
    """

    at: float
    kind: str
    operation: str
    detail: str


@dataclass(frozen=True, slots=True)
class Billed:
    """One upload that started processing: the provider charges for it. `seconds` is the audio's length."""

    at: float
    job: str
    sha256: str
    seconds: float
    size: int


@dataclass(slots=True)
class RequestRecord:
    """One request to the provider. `status` 0 means that no answer was sent (cut, or the client left)."""

    at: float
    minute: int
    operation: str
    method: str
    path: str
    headers: dict[str, str]
    counted: bool
    status: int = 0
    job: str | None = None
    size: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver a webhook. `status` 0 means no answer, with the reason in `error`."""

    at: float
    job: str
    variant: str
    attempt: int
    url: str
    status: int
    error: str = ""


class Ledger:
    """Append-only record of a simulator's life, for assertions."""

    def __init__(self) -> None:
        self.requests: list[RequestRecord] = []
        self.violations: list[Violation] = []
        self.billed: list[Billed] = []
        self.deliveries: list[Delivery] = []

    def count(self, operation: str | None = None, *, status: int | None = None, job: str | None = None) -> int:
        """Return how many requests match all given criteria."""
        return len(self.find(operation, status=status, job=job))

    def find(
        self, operation: str | None = None, *, status: int | None = None, job: str | None = None
    ) -> list[RequestRecord]:
        """Return the requests that match all given criteria, oldest first."""
        return [
            record
            for record in self.requests
            if operation in (None, record.operation) and status in (None, record.status) and job in (None, record.job)
        ]

    def per_minute(self) -> Counter[int]:
        """Return API calls (uploads to storage left out) per wall-clock minute of the provider."""
        return Counter(record.minute for record in self.requests if record.counted)

    def breach(self, at: float, kind: str, operation: str, detail: str) -> None:
        """Record a breach of the contract."""
        self.violations.append(Violation(at, kind, operation, detail))

    def bill(self, entry: Billed) -> None:
        """Charge one upload."""
        self.billed.append(entry)

    def clear(self) -> None:
        """Forget everything that was recorded."""
        for records in (self.requests, self.violations, self.billed, self.deliveries):
            records.clear()


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with credentials replaced by `***`, the authentication scheme kept."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        if name.lower() in _SECRET_HEADERS:
            scheme, space, _ = value.partition(" ")
            value = f"{scheme} ***" if space else "***"
        kept[name] = SLACK_TOKEN.sub(b"***", value.encode()).decode()
    return kept


def has_slack_token(target: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a Slack token stands anywhere in a request, Basic credentials decoded too."""
    texts = [target.encode(), body]
    for name, value in headers.items():
        texts += [name.encode(), value.encode()]
        if value.startswith("Basic "):
            try:
                texts.append(base64.b64decode(value[6:]))
            except binascii.Error:
                continue
    return any(SLACK_TOKEN.search(text) for text in texts)
