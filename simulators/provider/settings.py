"""What can be set on every simulated provider."""

from pydantic import BaseModel, ConfigDict

from simulators.provider.jobs import JobPlan


class CommonSettings(BaseModel):
    """What can be set on every provider, before it starts or while it runs.

    A job takes `job_seconds` + `seconds_per_audio_second` * its audio. `rate_limit` is calls per wall-clock minute.
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    job_seconds: float = 1.0
    seconds_per_audio_second: float = 0.0
    rate_limit: int | None = None
    webhook_spacing: tuple[float, ...] = (1.0, 5.0, 30.0)
    webhook_attempts: int = 20
    webhook_timeout: float = 10.0
    plan: JobPlan = JobPlan()
