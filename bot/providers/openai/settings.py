"""Settings of one OpenAI-compatible server."""

from typing import Literal

from pydantic import Field, SecretStr

from bot.providers.openai.dialects import DialectName
from bot.settings import Address, ProviderSettings


class OpenAISettings(ProviderSettings):
    """Settings of one OpenAI-compatible server; more servers are `OPENAI2_…`, `OPENAI3_…`."""

    prefix = "OPENAI_"
    heading = "OpenAI-compatible servers"

    base_url: Address = Field(
        "", description="Base of the API, e.g. https://api.openai.com/v1 or http://gpu-box:8000/v1; turns it on."
    )
    api_key: SecretStr = Field(SecretStr(""), description="API key; empty for a server that wants none.")
    model: str = Field("whisper-1", min_length=1, description="Model, e.g. whisper-1 or gpt-4o-transcribe-diarize.")
    dialect: Literal["", DialectName] = Field(
        "", description="openai, azure, groq, vllm, speaches, whisper.cpp or generic; empty: by the host."
    )
    title: str = Field(
        "", max_length=40, pattern=r"^[^<>&*_~`\n]*$", description="Name that people see in Slack; empty: by the host."
    )
    language: str = Field("", description="Language code where a channel has not chosen; empty: detected.")
    vocabulary: str = Field(
        "",
        max_length=600,
        description="Names and jargon for every channel, separated by commas; sent as prompt or hotwords.",
    )
    word_times: bool = Field(False, description="Ask for the time of each word, where the server knows them.")
    piece_seconds: float = Field(600.0, ge=60, le=3600, description="Longest piece of a recording in one request.")
    piece_mb: float = Field(24.0, ge=2, le=500, description="Largest piece, in megabytes.")
    timeout_seconds: float = Field(600.0, gt=0, description="How long one piece may take.")
    per_minute: float = Field(50.0, gt=0, description="Requests a minute, evenly spaced.")
    concurrency: int = Field(2, ge=1, le=64, description="Pieces (of different recordings) sent at once.")

    @property
    def vocabulary_words(self) -> list[str]:
        """The entries of `vocabulary`."""
        return [entry.strip() for entry in self.vocabulary.split(",") if entry.strip()]

    @property
    def configured(self) -> bool:
        """Whether there is an address."""
        return bool(self.base_url)
