"""Settings of the local engine."""

from typing import Literal

from pydantic import Field, field_validator

from bot.settings import ProviderSettings

MOST_SPEAKERS = 20
MOST_WORDS = 30


class LocalSettings(ProviderSettings):
    """Settings of the local engine."""

    prefix = "LOCAL_"
    heading = "Local engine"

    model: str = Field("base", description="base, small, tiny.en, a directory, or a hub name (which is downloaded).")
    device: Literal["cpu", "cuda", "auto"] = Field(
        "cpu", description="cpu, cuda (NVIDIA), or auto: cuda if there is one."
    )
    compute_type: str = Field("", description="CTranslate2's number format; empty: int8 on cpu, float16 on cuda.")
    workers: int = Field(0, ge=0, description="Child processes; 0 means half the cores.")
    language: str = Field("", description="Language code; empty means detected, also where it changes.")
    speakers: str = Field("detect", description="Tell speakers apart: detect, none, or how many there are.")
    vocabulary: str = Field(
        "",
        description="Names and jargon for every channel, separated by commas (at most 30 words).",
    )
    max_minutes: float = Field(0.0, ge=0, description="Longest recording that is taken; 0: no limit.")
    cache_dir: str = Field("", description="Where joined model files are kept; default the user's cache.")

    @field_validator("speakers")
    @classmethod
    def _speakers(cls, value: str) -> str:
        if value not in ("detect", "none") and not (value.isdigit() and 1 <= int(value) <= MOST_SPEAKERS):
            raise ValueError(f"must be detect, none or a number from 1 to {MOST_SPEAKERS}")
        return value

    @field_validator("vocabulary")
    @classmethod
    def _vocabulary(cls, value: str) -> str:
        if len(value.replace(",", " ").split()) > MOST_WORDS:
            raise ValueError(f"must have at most {MOST_WORDS} words: with more the model repeats them")
        return value

    @property
    def vocabulary_words(self) -> list[str]:
        """The entries of `vocabulary`."""
        return [entry.strip() for entry in self.vocabulary.split(",") if entry.strip()]

    @property
    def configured(self) -> bool:
        """Always: it needs no credentials."""
        return True
