"""One frozen settings object, read from the environment (and from `.env`); secrets never show in a repr.

Each setting `X` can be given as `X_FILE`, the path of a file that holds its value. Facts about the providers'
unconfirmed points stand beside their settings; README and `.env.example` list every name (a test holds them to it).
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

SLACK_FILE_HOSTS = ("slack.com", "*.slack.com", "slack-files.com", "*.slack-files.com", "*.slack-edge.com")


class SettingsError(Exception):
    """The settings cannot be used; `faults` has one line for each, naming the variable and what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseModel):
    """What the operator has chosen. Field descriptions are the documentation of the variables."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # Slack
    slack_bot_token: SecretStr = Field(SecretStr(""), description="Bot token (xoxb-…) of the installed app.")
    slack_app_token: SecretStr = Field(SecretStr(""), description="App token (xapp-…); when set, Socket Mode is used.")
    slack_signing_secret: SecretStr = Field(SecretStr(""), description="Signing secret for HTTP mode (/slack/events).")
    slack_api_url: str = Field("https://slack.com/api/", description="Base of Slack's Web API.")
    slack_file_hosts: tuple[str, ...] = Field(
        SLACK_FILE_HOSTS, description="Hosts the bot token may be sent to for files."
    )

    # Storage and web
    database_url: str = Field("sqlite:///threadscribe.db", description="sqlite:///PATH or postgresql://…")
    host: str = Field("127.0.0.1", description="Address the web routes listen on.")
    port: int = Field(3000, ge=0, le=65535, description="Port the web routes listen on.")
    public_url: str = Field("", description="Where providers reach us, e.g. https://scribe.example.org.")
    storage_key: SecretStr = Field(SecretStr(""), description="Base64 of 32 bytes: content is sealed with AES-256-GCM.")
    storage_key_old: SecretStr = Field(
        SecretStr(""), description="Former STORAGE_KEYs, comma separated; still open content until `rekey` is done."
    )
    retention_days: int = Field(30, ge=0, description="Content older than this is purged; 0 keeps it for ever.")
    spool_dir: str = Field("", description="Private directory for temporary audio; default beside the database.")

    # Work
    provider: str = Field("local", description="Default provider: xosum, invox, nabla or local.")
    reply_settle_seconds: float = Field(30.0, ge=0, description="Wait before looking for a reply of unknown fate.")
    job_deadline_minutes: float = Field(180.0, gt=0, description="A provider that takes longer has failed.")
    max_file_mb: int = Field(1024, gt=0, description="Larger files are refused.")
    poll_min_seconds: float = Field(5.0, gt=0, description="Shortest gap between two polls of one job.")
    catchup_minutes: float = Field(10.0, gt=0, description="How often missed files are looked for.")
    reply_language: Literal["auto", "en", "hy", "es", "fr"] = Field(
        "auto", description="Language of replies: auto (the Slack language of whoever shared the file), en, hy, es, fr."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    # Xosum (unconfirmed points are settings)
    xosum_api_key: SecretStr = Field(SecretStr(""), description="API key from the account settings (Business plan).")
    xosum_base_url: str = Field("https://app.xosum.am", description="Base of Xosum's API.")
    xosum_webhook_secret: SecretStr = Field(SecretStr(""), description="webhookSecret of the account.")
    xosum_recording_type: Literal["single_voice", "phone_call"] = Field(
        "single_voice", description="Recording type where a channel has not chosen."
    )
    xosum_upload_content_type: str = Field("audio/mpeg", description="Content-Type of the PUT; none leaves it out.")
    xosum_checklist_id: str = Field("", description="QA checklist to run afterwards.")
    xosum_per_minute: float = Field(56.0, gt=0, description="Paced calls a minute; with the burst at most 60.")
    xosum_burst: int = Field(4, ge=1, description="Calls that may leave at once.")
    xosum_webhook_wait_minutes: float = Field(15.0, gt=0, description="Poll anyway when no webhook came for so long.")
    xosum_max_file_mb: int = Field(500, gt=0, description="Largest MP3 that is sent (the real limit is unconfirmed).")
    xosum_max_minutes: float = Field(0.0, ge=0, description="Longest recording that is sent; 0: no limit known.")

    # Invox Medical
    invox_base_url: str = Field("", description="Base of the API (no public default).")
    invox_app_id: str = Field("", description="APP Id.")
    invox_api_key: SecretStr = Field(SecretStr(""), description="API Key.")
    invox_app_secret: SecretStr = Field(SecretStr(""), description="APP_SECRET for callback signatures.")
    invox_api_prefix: str = Field("/api/v1", description="Path before the operations.")
    invox_token_path: str = Field("/api/v1/access-token", description="Path of the token service.")
    invox_token_method: Literal["POST", "GET"] = Field("POST", description="Method of the token request.")
    invox_token_scheme: str = Field("Basic", description="Authorization scheme of the token request.")
    invox_token_body: str = Field("{}", description="JSON body of the token request; none sends none.")
    invox_api_version: str = Field("2025-11-01", description="X-Invox-Medical-Api-Version for transcription.")
    invox_summary_version: str = Field("2026-03-01", description="The same header for summaries.")
    invox_signature_format: Literal["auto", "cryptojs", "raw"] = Field("auto", description="Callback signature format.")
    invox_mime_map: str = Field("", description="Extra MIME mapping: from=to pairs, comma separated.")
    invox_extra_body: str = Field("{}", description="Extra JSON fields of generate-presigned-url.")
    invox_summary: bool = Field(False, description="Ask generate-consultation-summary for a summary.")
    invox_summary_format: Literal["SUMMARY", "SOAP_TEMPLATE"] = Field("SUMMARY", description="outputFormat.")
    invox_summary_language: str = Field("en", description="outputLanguage.")
    invox_confirm_callback: bool = Field(True, description="Fetch the text again before a callback's is posted.")
    invox_grace_seconds: float = Field(120.0, ge=0, description="A 404 so soon after creation means pending.")
    invox_max_file_mb: int = Field(1024, gt=0, description="Largest file that is sent (real limit unconfirmed).")

    # Nabla
    nabla_base_url: str = Field("", description="Base up to /v1/core/server; overrides the region.")
    nabla_region: Literal["us", "eu"] = Field("us", description="us or eu.")
    nabla_client_id: str = Field("", description="OAuth client UUID.")
    nabla_private_key: SecretStr = Field(SecretStr(""), description="RSA private key (PEM) of the OAuth client.")
    nabla_key_id: str = Field("", description="kid of the assertion; only with JWKS.")
    nabla_assertion_seconds: int = Field(60, gt=0, le=300, description="Life of the signed assertion.")
    nabla_api_version: str = Field("2024-10-01", description="X-Nabla-Api-Version.")
    nabla_webhook_secret: SecretStr = Field(SecretStr(""), description="Signature secret of the webhook.")
    nabla_webhook_age_seconds: float = Field(300.0, gt=0, description="Oldest (and newest) webhook timestamp taken.")
    nabla_speech_locale: str = Field("ENGLISH_US", description="speech_locale where a channel has not chosen.")
    nabla_split_by_sentence: bool = Field(True, description="split_by_sentence.")
    nabla_transcribe_path: str = Field("/transcribe-async", description="Path of the async call.")
    nabla_note: bool = Field(False, description="Ask generate-note for title and sections.")
    nabla_note_template: str = Field("", description="note_template; empty leaves the service's default.")
    nabla_audio_url_minutes: float = Field(120.0, gt=0, description="Life of the audio URL that Nabla fetches.")

    # Local engine
    local_model: str = Field("base", description="base, tiny.en, a directory, or a hub name.")
    local_workers: int = Field(0, ge=0, description="Child processes; 0 means half the cores.")
    local_language: str = Field("", description="Language code; empty means detected.")
    local_word_times: bool = Field(False, description="Compute word times.")
    local_cache_dir: str = Field("", description="Where joined model files are kept; default the user's cache.")

    @field_validator("slack_file_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip()) or SLACK_FILE_HOSTS
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _slash(cls, value: str) -> str:
        return value if value.endswith("/") else f"{value}/"

    @field_validator("public_url", "xosum_base_url", "invox_base_url", "nabla_base_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with https:// (or http:// on this machine)")
        return value.rstrip("/")

    @field_validator("storage_key")
    @classmethod
    def _key(cls, value: SecretStr) -> SecretStr:
        if (text := value.get_secret_value()) and not _is_key(text):
            raise ValueError("must be base64 of exactly 32 bytes; make one with: openssl rand -base64 32")
        return value

    @field_validator("storage_key_old")
    @classmethod
    def _keys(cls, value: SecretStr) -> SecretStr:
        if not all(map(_is_key, _listed(value))):
            raise ValueError("must be keys as STORAGE_KEY has them (base64 of 32 bytes), separated by commas")
        return value

    @model_validator(mode="after")
    def _budget(self) -> Self:
        if self.xosum_per_minute + self.xosum_burst > 60:
            raise ValueError("XOSUM_PER_MINUTE plus XOSUM_BURST must not exceed Xosum's 60 calls a minute")
        return self

    @property
    def socket_mode(self) -> bool:
        """Whether Slack's events come over Socket Mode."""
        return bool(self.slack_app_token.get_secret_value())

    @property
    def sealing_key(self) -> bytes | None:
        """The 32 bytes that content is sealed with; None when it is not."""
        text = self.storage_key.get_secret_value()
        return base64.b64decode(text) if text else None

    @property
    def old_keys(self) -> list[bytes]:
        """The keys that sealed content before."""
        return [base64.b64decode(text) for text in _listed(self.storage_key_old)]

    def configured_providers(self) -> tuple[str, ...]:
        """The providers whose credentials are there; `local` always is."""
        found = ["local"]
        if self.xosum_api_key.get_secret_value():
            found.append("xosum")
        if self.invox_base_url and self.invox_app_id and self.invox_api_key.get_secret_value():
            found.append("invox")
        if self.nabla_client_id and self.nabla_private_key.get_secret_value():
            found.append("nabla")
        return tuple(found)

    def serve_faults(self) -> list[str]:
        """What keeps `serve` from starting: one line each, naming the variable and what to do."""
        faults = []
        token = self.slack_bot_token.get_secret_value()
        if not token:
            faults.append("SLACK_BOT_TOKEN is missing: copy the Bot User OAuth Token (xoxb-…) of your Slack app.")
        elif not token.startswith("xoxb-"):
            faults.append("SLACK_BOT_TOKEN is not a bot token: it must start with xoxb-.")
        app = self.slack_app_token.get_secret_value()
        if app and not app.startswith("xapp-"):
            faults.append("SLACK_APP_TOKEN is not an app-level token: it must start with xapp-.")
        if not app and not self.slack_signing_secret.get_secret_value():
            faults.append("Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode).")
        known = ("local", "xosum", "invox", "nabla")
        if self.provider not in known:
            faults.append(f"PROVIDER is {self.provider!r}: it must be one of {', '.join(known)}.")
        elif self.provider not in self.configured_providers():
            faults.append(f"PROVIDER is {self.provider}, but its credentials are missing: see README, Settings.")
        if "nabla" in self.configured_providers() and not self.public_url:
            faults.append("Nabla fetches the audio from us: set PUBLIC_URL to an https address that reaches this bot.")
        return faults


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _listed(secret: SecretStr) -> list[str]:
    return secret.get_secret_value().replace(",", " ").split()


def load_settings(environ: Mapping[str, str] | None = None, env_file: str | None = ".env") -> Settings:
    """The settings of this process: the environment first, then `.env`. Raises `SettingsError`."""
    given = dict(os.environ if environ is None else environ)
    if env_file and Path(env_file).is_file():
        given = {**{k: v for k, v in dotenv_values(env_file).items() if v is not None}, **given}
    values: dict[str, str] = {}
    faults: list[str] = []
    for name in Settings.model_fields:
        variable = name.upper()
        if path := given.get(f"{variable}_FILE"):
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                faults.append(f"{variable}_FILE cannot be read: {error.strerror or error}.")
        elif (text := given.get(variable)) not in (None, ""):
            values[name] = text
    if faults:
        raise SettingsError(faults)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError([_sentence(dict(fault)) for fault in error.errors()]) from None


def _sentence(fault: Mapping[str, object]) -> str:
    where = fault.get("loc") or ()
    name = str(where[0]).upper() if isinstance(where, tuple) and where else ""
    text = str(fault.get("msg", "")).removeprefix("Value error, ")
    return f"{name}: {text}." if name else f"{text}."
