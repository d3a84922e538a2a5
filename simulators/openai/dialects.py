"""How the servers differ: addresses, credentials, limits, formats, error bodies. Where sources disagree, the worse.

Sources: the vendors' API references; vllm-project/vllm (speech_to_text, envs.py), speaches-ai/speaches,
ggml-org/whisper.cpp (examples/server), and reports of users of other clients (murtaza-nasir/speakr#42 for the 413,
vercel/ai#8214 for formats, Osmantic/ODS#982 for a model that is not there).
"""

from dataclasses import dataclass
from typing import Final, Literal

DialectName = Literal["openai", "azure", "groq", "vllm", "speaches", "whisper.cpp", "generic"]
ErrorShape = Literal["object", "azure", "fastapi", "text"]
LanguageForm = Literal["code", "name", "Name"]

MB: Final = 1_000_000
ALL_FORMATS: Final = frozenset({"json", "text", "srt", "vtt", "verbose_json"})
_COMMON: Final = frozenset({"file", "model", "language", "prompt", "response_format", "temperature"})
_TIMES: Final = frozenset({"timestamp_granularities[]"})
_EXTENSIONS: Final = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """One vendor. Sizes in bytes, lengths in seconds; None is no limit.

    `base` is the part of the bot's base URL behind the host; `path` what follows it. `extensions` are the file name
    extensions that are taken, `containers` what the bytes may be. `minimum_billed` seconds are charged for any request.
    `refuses_unknown`: form fields that it does not know are refused, else they are ignored (and still a violation).
    """

    name: DialectName
    base: str = "/v1"
    path: str = "/audio/transcriptions"
    key_header: str = "Authorization"
    fields: frozenset[str] = _COMMON | _TIMES
    needs_model: bool = True
    refuses_unknown: bool = False
    max_bytes: int | None = None
    max_seconds: float | None = None
    minimum_billed: float = 0.0
    extensions: frozenset[str] = _EXTENSIONS
    containers: frozenset[str] = frozenset({"flac", "mp3", "m4a", "ogg", "wav", "webm"})
    opus_in_ogg: bool = True
    only_rate: int | None = None
    mp3_answered_200: bool = False
    errors: ErrorShape = "object"
    error_status: int | None = None  # answers every refusal of a form with this status
    language_form: LanguageForm = "code"
    assumes_english: bool = False  # when no language is given; "auto" detects
    formats: frozenset[str] = ALL_FORMATS
    duration_text: bool = False
    lists_models: bool = True


_OPENAI_FIELDS: Final = (
    _COMMON
    | _TIMES
    | {"chunking_strategy", "known_speaker_names[]", "known_speaker_references[]", "include[]", "stream"}
)

DIALECTS: Final[dict[DialectName, Dialect]] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "openai",
            fields=_OPENAI_FIELDS,
            refuses_unknown=True,
            max_bytes=25 * MB,
            opus_in_ogg=False,
            language_form="name",
        ),
        Dialect(
            "azure",
            base="/openai/deployments/{model}",
            key_header="api-key",
            fields=_OPENAI_FIELDS,
            needs_model=False,
            refuses_unknown=True,
            max_bytes=25 * MB,
            opus_in_ogg=False,
            errors="azure",
            language_form="name",
            lists_models=False,
        ),
        Dialect(
            "groq",
            base="/openai/v1",
            fields=_COMMON | _TIMES | {"url"},
            refuses_unknown=True,
            max_bytes=25 * MB,
            minimum_billed=10.0,
            language_form="Name",
            formats=frozenset({"json", "text", "verbose_json"}),
        ),
        Dialect(
            "vllm",
            max_bytes=25 * MB,
            max_seconds=600.0,
            mp3_answered_200=True,
            formats=frozenset({"json", "text", "verbose_json"}),
            duration_text=True,
        ),
        Dialect("speaches", fields=_COMMON | _TIMES | {"hotwords", "stream", "vad_filter"}, errors="fastapi"),
        Dialect(
            "whisper.cpp",
            base="",
            path="/inference",
            fields=_COMMON,
            needs_model=False,
            extensions=frozenset({"wav"}),
            containers=frozenset({"wav"}),
            only_rate=16_000,
            errors="text",
            error_status=200,
            language_form="name",
            assumes_english=True,
            lists_models=False,
        ),
        Dialect("generic"),
    )
}


def takes_only_json(model: str) -> bool:
    """Return whether OpenAI's `model` gives no times: all that are not Whisper (lfnovo/esperanto#269)."""
    return "whisper" not in model


def is_diarizing(model: str) -> bool:
    """Return whether `model` tells speakers apart."""
    return "diarize" in model


def longest(model: str) -> float | None:
    """Return OpenAI's limit of one request in seconds for `model` (seen in its error messages), None for Whisper."""
    if is_diarizing(model):
        return 1400.0
    return None if "whisper" in model else 1500.0
