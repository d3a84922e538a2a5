"""Settings of Invox Medical; points that its documents leave open are settings."""

from typing import Literal

from pydantic import Field, SecretStr

from bot.settings import ProviderSettings, SecureAddress


class InvoxSettings(ProviderSettings):
    """Settings of Invox Medical; points that its documents leave open are settings."""

    prefix = "INVOX_"
    heading = "Invox Medical"

    base_url: SecureAddress = Field("", description="Base of the API (no public default).")
    app_id: str = Field("", description="APP Id.")
    api_key: SecretStr = Field(SecretStr(""), description="API Key.")
    app_secret: SecretStr = Field(SecretStr(""), description="APP_SECRET for callback signatures.")
    api_prefix: str = Field("/api/v1", description="Path before the operations.")
    token_path: str = Field("/api/v1/access-token", description="Path of the token service.")
    token_method: Literal["POST", "GET"] = Field("POST", description="Method of the token request.")
    token_scheme: str = Field("Basic", description="Authorization scheme of the token request.")
    token_body: str = Field("{}", description="JSON body of the token request; none sends none.")
    api_version: str = Field(
        "2025-11-01", description="Version of the API for transcription (header X-Invox-Medical-Api-Version)."
    )
    summary_version: str = Field("2026-03-01", description="The same header for summaries.")
    signature_format: Literal["auto", "cryptojs", "raw"] = Field(
        "auto", description="Format of the callback's signature: auto, cryptojs or raw."
    )
    mime_map: str = Field("", description="Extra MIME mapping: from=to pairs, comma separated.")
    extra_body: str = Field("{}", description="Extra JSON fields of generate-presigned-url.")
    summary: Literal["auto", "on", "off"] = Field(
        "auto", description="Ask for a clinical summary: auto (where the credential may), on or off."
    )
    summary_format: Literal["SUMMARY", "SOAP_TEMPLATE"] = Field(
        "SUMMARY", description="Form of the summary (outputFormat): SUMMARY or SOAP_TEMPLATE."
    )
    summary_language: str = Field("en", description="Language of the summary (outputLanguage).")
    confirm_callback: bool = Field(True, description="Fetch the text again before a callback's is posted.")
    grace_seconds: float = Field(
        120.0, ge=0, description="A 404 within this many seconds of creation counts as pending."
    )
    max_file_mb: int = Field(1024, gt=0, description="Largest file that is sent (real limit unconfirmed).")

    @property
    def configured(self) -> bool:
        """Whether the address and the application's id and key are set."""
        return bool(self.base_url and self.app_id and self.api_key.get_secret_value())
