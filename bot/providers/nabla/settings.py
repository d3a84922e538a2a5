"""Settings of Nabla; points that its documents leave open are settings."""

from typing import Literal

from pydantic import Field, SecretStr

from bot.settings import ProviderSettings, SecureAddress


class NablaSettings(ProviderSettings):
    """Settings of Nabla; points that its documents leave open are settings."""

    prefix = "NABLA_"
    heading = "Nabla"

    base_url: SecureAddress = Field("", description="Base up to /v1/core/server; overrides the region.")
    region: Literal["us", "eu"] = Field("us", description="us or eu.")
    client_id: str = Field("", description="UUID of the OAuth client.")
    private_key: SecretStr = Field(SecretStr(""), description="RSA private key (PEM) of the OAuth client.")
    key_id: str = Field("", description="Key id (kid) of the assertion; only for keys registered as JWKS.")
    assertion_seconds: int = Field(60, gt=0, le=300, description="Seconds that the signed assertion is good for.")
    api_version: str = Field("2024-10-01", description="Version of the API (header X-Nabla-Api-Version).")
    webhook_secret: SecretStr = Field(SecretStr(""), description="Signature secret of the webhook.")
    webhook_age_seconds: float = Field(
        300.0, gt=0, description="Allowed difference of a webhook's timestamp, in seconds."
    )
    speech_locale: str = Field(
        "ENGLISH_US", description="Locale (speech_locale) where a channel has not chosen a language."
    )
    split_by_sentence: bool = Field(True, description="One segment a sentence (split_by_sentence).")
    transcribe_path: str = Field("/transcribe-async", description="Path of the async call.")
    note: Literal["auto", "on", "off"] = Field(
        "auto", description="Ask for a clinical note with title and sections: auto (where the client may), on or off."
    )
    note_template: str = Field("", description="note_template; empty leaves the service's default.")
    audio_url_minutes: float = Field(
        120.0, gt=0, description="Minutes that the address of a recording, from which Nabla downloads it, is good for."
    )

    @property
    def configured(self) -> bool:
        """Whether the OAuth client and its key are set."""
        return bool(self.client_id and self.private_key.get_secret_value())

    def faults(self, public_url: str) -> list[str]:
        """Nabla downloads the audio, so it has to reach us."""
        if public_url:
            return []
        return ["Nabla fetches the audio from us: set PUBLIC_URL to an https address that reaches this bot."]
