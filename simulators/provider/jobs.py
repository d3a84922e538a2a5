"""A provider's job: when it was made, what was uploaded, how it goes on as time passes."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from simulators.provider.results import Transcript
from simulators.provider.uploads.media import Content

Variant = Literal["normal", "forged", "unsigned", "stale", "altered", "foreign", "malformed", "analysis"]
"""How a webhook is made.

`forged`: wrong secret or signature; `unsigned`: none at all; `stale`: signed, but old; `altered`: body changed after
it was signed; `foreign`: correct, for a job of another tenant; `malformed`: not JSON; `analysis`: Xosum's other event.
"""


class JobPlan(BaseModel):
    """How a job will go.

    `seconds` is its processing time (None: by the settings). `webhook`: `early` sends one before the answer to the
    create as well, `late` adds `webhook_delay` seconds. `extras` are sent once each just before the real one.
    """

    model_config = ConfigDict(extra="forbid")

    seconds: float | None = None
    outcome: Literal["done", "failed"] = "done"
    error: str = "The audio could not be transcribed"
    result: Transcript | None = None
    webhook: Literal["normal", "never", "early", "late", "twice"] = "normal"
    webhook_delay: float = 0.0
    extras: tuple[Variant, ...] = ()


@dataclass(slots=True)
class Job:
    """One job. Times are Unix seconds of the provider's clock; its state follows from them and is never stored."""

    id: str
    created_at: float
    plan: JobPlan
    content: Content | None = None
    started_at: float | None = None
    finishes_at: float | None = None
    error: str | None = None
    forgotten: bool = False

    def finished(self, now: float) -> bool:
        """Return whether the job has ended, well or badly."""
        return self.error is not None or (self.finishes_at is not None and now >= self.finishes_at)

    def failure(self, now: float) -> str | None:
        """Return the provider's words when the job has failed."""
        if self.error is not None:
            return self.error
        return self.plan.error if self.plan.outcome == "failed" and self.finished(now) else None

    def progress(self, now: float) -> float:
        """Return the share of the processing time that has passed, from 0 to 1."""
        if self.started_at is None or self.finishes_at is None:
            return 0.0
        whole = self.finishes_at - self.started_at
        return 1.0 if whole <= 0 else min(1.0, max(0.0, (now - self.started_at) / whole))

    def fail(self, words: str) -> None:
        """End the job as failed for good."""
        self.error = words
