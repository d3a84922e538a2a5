"""Faults on request: what goes wrong, at which operation, how often."""

from email.utils import formatdate
from math import ceil
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

# Answers of the transport and its gateways, the same for every provider.
TransportKind = Literal[
    "unauthorized",
    "forbidden",
    "not_found",
    "rate_limited",
    "server_error",
    "slow",
    "slow_after",
    "cut_before",
    "cut_after",
    "cut_upload",
    "html",
    "messsage",
]
Kind = Literal[
    TransportKind,
    # shapes of an answer; each provider names those that it has
    "failed",
    "unknown_status",
    "no_text",
    "empty_transcript",
    "lower_case",
    "upper_case",
    "old_names",
    "new_names",
    "out_of_order",
    "missing_payload",
    # OpenAI-compatible servers
    "error_body",
    "insufficient_quota",
    "audio_seconds",
    "page_too_large",
    "duration_text",
    "missing_fields",
    "no_segments",
    "plain_text",
    "invented",
    "looped",
]

TRANSPORT: Final[frozenset[Kind]] = frozenset(get_args(TransportKind))

_STATUS: Final[dict[Kind, int]] = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "rate_limited": 429,
}


class Fault(BaseModel):
    """One fault for the next calls of an operation.

    `operation` is a name from the simulator's `operations`, or `*`. `times` None means until cleared; `skip` lets that
    many matching calls pass first; `job` limits it to one job. `seconds` is the delay of a slow answer, or the
    value of `Retry-After`; `size` the bytes that are read before an upload is cut; `status` the code of a server error;
    `text` the provider's words. A shape fault (unknown status and the like) is used up only by an answer that
    it can change: `no_text` waits for a finished job.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    operation: str = "*"
    times: int | None = 1
    skip: int = 0
    job: str | None = None
    status: int = Field(default=503, ge=400, le=599)
    retry_after: Literal["seconds", "date", "missing"] | None = None
    seconds: float = 2.0
    size: int = 0
    text: str = ""

    def http_status(self) -> int:
        """Return the HTTP status of an answer fault."""
        return _STATUS.get(self.kind, self.status)

    def retry_header(self, now: float) -> dict[str, str]:
        """Return the `Retry-After` header in the form asked for, by the provider's clock `now`."""
        form = self.retry_after or ("seconds" if self.kind == "rate_limited" else "missing")
        if form == "seconds":
            return {"Retry-After": str(ceil(self.seconds))}
        if form == "date":
            return {"Retry-After": formatdate(ceil(now + self.seconds), usegmt=True)}
        return {}


class FaultBook:
    """The faults still to come. `fired` lists those that really happened."""

    def __init__(self, operations: frozenset[str], shapes: frozenset[Kind]) -> None:
        self._operations = operations | {"*"}
        self._kinds = TRANSPORT | shapes
        self._pending: list[Fault] = []
        self.fired: list[tuple[str, Kind]] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault; raises ValueError for an operation or kind that this provider does not have."""
        if fault.operation not in self._operations:
            raise ValueError(f"no operation {fault.operation!r}; there are {sorted(self._operations)}")
        if fault.kind not in self._kinds:
            raise ValueError(f"this provider has no fault {fault.kind!r}; there are {sorted(self._kinds)}")
        self._pending.append(fault.model_copy())

    def take(self, operation: str, *kinds: Kind, job: str | None = None) -> Fault | None:
        """Return the oldest fault of one of `kinds` due at this call and use it up once."""
        for fault in self._pending:
            if fault.kind not in kinds or fault.operation not in ("*", operation):
                continue
            if fault.job is not None and fault.job != job:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._pending.remove(fault)
            self.fired.append((operation, fault.kind))
            return fault
        return None

    def pending(self) -> list[Fault]:
        """Return the faults not yet used up."""
        return list(self._pending)

    def clear(self) -> None:
        """Drop all faults to come."""
        self._pending.clear()
