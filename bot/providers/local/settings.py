"""Settings of the local engine."""

from pydantic import Field

from bot.settings import ProviderSettings


class LocalSettings(ProviderSettings):
    """Settings of the local engine."""

    prefix = "LOCAL_"
    heading = "Local engine"

    model: str = Field("base", description="base, tiny.en, a directory, or a hub name.")
    workers: int = Field(0, ge=0, description="Child processes; 0 means half the cores.")
    language: str = Field("", description="Language code; empty means detected.")
    word_times: bool = Field(False, description="Compute word times.")
    cache_dir: str = Field("", description="Where joined model files are kept; default the user's cache.")

    @property
    def configured(self) -> bool:
        """Always: it needs no credentials."""
        return True
