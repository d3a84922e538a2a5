"""Settings of the work on recordings."""

from typing import Literal

from pydantic import Field

from bot.settings.sections import Names, Section


class WorkSettings(Section):
    """Settings of the work on recordings."""

    heading = "Work"

    role: Literal["all", "web", "worker"] = Field(
        "all",
        description="What this process does: all; web (takes events, presses and webhooks, serves audio); worker "
        "(works on recordings). Web and worker need PostgreSQL. `serve --role` wins.",
    )
    drain_seconds: float = Field(
        0.0,
        ge=0,
        le=10,
        description="How long a stopping process still takes requests after /readyz says that it stops.",
    )
    provider: str = Field("local", description="Provider where a channel has not chosen one.")
    providers_allowed: Names = Field(
        (),
        description="Providers that channels may use, comma separated; CHANNEL:provider restricts one channel to those "
        "named for it, e.g. local,openai,C0CLINIC:local. Empty: every provider that is set up.",
    )
    reply_settle_seconds: float = Field(
        30.0, ge=0, description="How long to wait before checking whether an unconfirmed reply was posted."
    )
    status_after_seconds: float = Field(
        10.0, ge=0, description="A recording that takes longer gets a status line; the eyes reaction comes at once."
    )
    job_deadline_minutes: float = Field(
        180.0, gt=0, description="A recording that its provider has not finished by then has failed."
    )
    max_file_mb: int = Field(1024, gt=0, description="Larger files are refused.")
    poll_min_seconds: float = Field(5.0, gt=0, description="Shortest gap between two polls of one job.")
    catchup_minutes: float = Field(10.0, gt=0, description="Minutes between two searches for missed recordings.")
    reply_language: Literal["auto", "en", "hy", "es", "fr"] = Field(
        "auto",
        description="Language of replies and answers: auto (that of the user who shared or asked), en, hy, es, fr.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Minimum log level.")

    @property
    def is_web(self) -> bool:
        """Whether this process takes events, presses and webhooks, and serves audio."""
        return self.role != "worker"

    @property
    def is_worker(self) -> bool:
        """Whether this process works on recordings."""
        return self.role != "web"

    def allows(self, provider: str, channel_id: str) -> bool:
        """Whether recordings of this channel may go to this provider."""
        pairs = [entry.partition(":") for entry in self.providers_allowed]
        own = {name for channel, colon, name in pairs if colon and channel == channel_id.lower()}
        everywhere = {name for name, colon, _ in pairs if not colon}
        allowed = own or everywhere
        return not allowed or provider in allowed
