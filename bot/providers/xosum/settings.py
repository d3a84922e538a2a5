"""Settings of Xosum; points that its documents leave open are settings."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from bot.settings import ProviderSettings, SecureAddress


class XosumSettings(ProviderSettings):
    """Settings of Xosum; points that its documents leave open are settings."""

    prefix = "XOSUM_"
    heading = "Xosum"

    api_key: SecretStr = Field(SecretStr(""), description="API key from the account settings (Business plan).")
    base_url: SecureAddress = Field("https://app.xosum.am", description="Base of Xosum's API.")
    webhook_secret: SecretStr = Field(SecretStr(""), description="webhookSecret of the account.")
    recording_type: Literal["single_voice", "phone_call"] = Field(
        "single_voice", description="single_voice or phone_call, where a channel has not chosen."
    )
    upload_content_type: str = Field("audio/mpeg", description="Content-Type of the PUT; none leaves it out.")
    checklist_id: str = Field("", description="QA checklist to run afterwards.")
    per_minute: float = Field(56.0, gt=0, description="Paced calls a minute; with the burst at most 60.")
    burst: int = Field(4, ge=1, description="Calls that may leave at once.")
    max_file_mb: int = Field(500, gt=0, description="Largest MP3 that is sent (the real limit is unconfirmed).")
    max_minutes: float = Field(0.0, ge=0, description="Longest recording that is sent; 0: no limit known.")

    @model_validator(mode="after")
    def _within_the_limit(self) -> Self:
        if self.per_minute + self.burst > 60:
            raise ValueError("XOSUM_PER_MINUTE plus XOSUM_BURST must not exceed Xosum's 60 calls a minute")
        return self

    @property
    def configured(self) -> bool:
        """Whether there is an API key."""
        return bool(self.api_key.get_secret_value())
