"""Settings of storage and of the web routes."""

import base64
import binascii

from pydantic import Field, SecretStr, field_validator

from bot.settings.sections import Section, SecureAddress

LEAST_HISTORY_DAYS = 30


class StorageSettings(Section):
    """Settings of storage and of the web routes."""

    heading = "Storage and web"

    database_url: str = Field("sqlite:///threadscribe.db", description="sqlite:///PATH or postgresql://…")
    host: str = Field("127.0.0.1", description="Address the web routes listen on.")
    port: int = Field(3000, ge=0, le=65535, description="Port the web routes listen on.")
    admin_host: str = Field(
        "127.0.0.1", description="Address of the routes for the operator: /metrics, detailed /readyz."
    )
    admin_port: int = Field(3001, ge=0, le=65535, description="Port of the operator routes; 0: a free one.")
    public_url: SecureAddress = Field(
        "", description="Address at which providers reach this bot, e.g. https://scribe.example.org."
    )
    storage_key: SecretStr = Field(SecretStr(""), description="Base64 of 32 bytes: content is sealed with AES-256-GCM.")
    storage_key_old: SecretStr = Field(
        SecretStr(""),
        description="Former values of STORAGE_KEY, comma separated: they open old content until `rekey` is done.",
    )
    retention_days: int = Field(30, ge=0, description="Content older than this is purged; 0 keeps it forever.")
    retention_max_days: int = Field(
        0, ge=0, description="Longest retention that a channel may choose for itself; 0: any, also forever."
    )
    audit_retention_days: int = Field(
        0, ge=0, description="Entries of the audit log older than this are deleted; 0 keeps them forever."
    )
    history_days: int = Field(
        0,
        ge=0,
        description="Rows of recordings without content are deleted this many days after they ended (at least 30); 0 "
        "keeps them.",
    )
    spool_shared: bool = Field(
        False,
        description="true where all processes mount the same SPOOL_DIR: each can then go on with another's audio.",
    )
    spool_dir: str = Field("", description="Private directory for temporary audio; default beside the database.")

    @field_validator("history_days")
    @classmethod
    def _history(cls, value: int) -> int:
        if 0 < value < LEAST_HISTORY_DAYS:
            raise ValueError(
                f"must be 0 or at least {LEAST_HISTORY_DAYS}: the rows keep a repeated event from a second reply"
            )
        return value

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

    @property
    def alone(self) -> bool:
        """Whether a lock keeps every other process out of the database."""
        return self.database_url.startswith("sqlite:")

    @property
    def sealing_key(self) -> bytes | None:
        """The 32 bytes that content is sealed with; None when it is not."""
        text = self.storage_key.get_secret_value()
        return base64.b64decode(text) if text else None

    @property
    def old_keys(self) -> list[bytes]:
        """The keys that sealed content before."""
        return [base64.b64decode(text) for text in _listed(self.storage_key_old)]


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _listed(secret: SecretStr) -> list[str]:
    return secret.get_secret_value().replace(",", " ").split()
