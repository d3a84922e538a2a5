"""What can be set on a simulated OpenAI-compatible server."""

from typing import Literal

from pydantic import Field

from simulators.openai.dialects import DIALECTS, Dialect, DialectName
from simulators.provider.settings import CommonSettings


class OpenAISettings(CommonSettings):
    """What can be set, before it starts or while it runs.

    An answer takes `job_seconds` + `seconds_per_audio_second` * its audio. `api_key` empty: a local server that wants
    no credential. `allowed_models` empty: any. `language` is what is spoken in all recordings (ISO 639-1).

    `hears`: `script` makes up a conversation that fills the recording and names its bytes; `tones` analyses the audio:
    each stretch of sound between silences is one segment that names its pitch in Hz, and one pitch is one speaker.
    `verbose`: what a server that knows no times does with `verbose_json`: `json` answers without, `refuse` says no.
    `absent_model`: the first call of a model downloads it for `download_seconds`, or is refused (404).
    `audio_seconds_per_hour`: above that much audio in an hour, 429. `quota_seconds`: audio that is paid for.
    `long_path`: whisper.cpp was started with `--inference-path /v1/audio/transcriptions`.
    """

    job_seconds: float = 0.0
    dialect: DialectName = "openai"
    rate_limit: int | None = None
    api_key: str = "sk-simulated-0001"
    model: str = "whisper-1"
    allowed_models: tuple[str, ...] = ()
    api_version: str = "2025-03-01-preview"
    language: str = "en"
    hears: Literal["script", "tones"] = "script"
    verbose: Literal["full", "json", "refuse"] = "full"
    installed_models: tuple[str, ...] | None = None
    absent_model: Literal["download", "refuse"] = "download"
    download_seconds: float = 1.0
    retry_form: Literal["seconds", "date", "missing"] = "seconds"
    audio_seconds_per_hour: float | None = Field(default=None, ge=0)
    quota_seconds: float | None = Field(default=None, ge=0)
    max_bytes: int | None = None
    max_seconds: float | None = None
    long_path: bool = False

    @property
    def facts(self) -> Dialect:
        """What is fixed by the dialect."""
        return DIALECTS[self.dialect]
