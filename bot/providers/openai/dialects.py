"""How the servers differ, as data. Sources and unconfirmed points: docs/providers/openai.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

DialectName = Literal["openai", "azure", "groq", "vllm", "speaches", "whisper.cpp", "generic"]

JSON, VERBOSE, DIARIZED = "json", "verbose_json", "diarized_json"
MB: Final = 1_000_000
_USUAL_PATH: Final = "/audio/transcriptions"
AZURE_API_VERSION: Final = "2024-10-21"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of server.

    `title`: how people know it; empty: by its host. `path` follows the base URL. `container` is what the pieces are
    sent as. `max_seconds` and `max_bytes` are the limits of one request, None where none is known.
    `detects` is the `language` that asks for detection; empty: the field is left out.
    """

    name: DialectName
    title: str = ""
    hosts: tuple[str, ...] = ()
    path: str = "/audio/transcriptions"
    key_header: str = "Authorization"
    container: Literal["flac", "wav"] = "flac"
    max_seconds: float | None = None
    max_bytes: int | None = None
    sends_model: bool = True
    whisper_only_times: bool = False  # a model that is not a Whisper gives no times
    detects: str = ""
    vocabulary_field: str = "prompt"
    word_times: bool = True  # it knows `timestamp_granularities[]`
    known_speakers: bool = False  # its diarizing model takes recordings of known speakers
    two_letters: bool = False  # `language` must be ISO 639-1


_CLOUD_BYTES: Final = 25 * MB
_LONGEST: Final[Mapping[str, float]] = {"diarize": 1400.0, "transcribe": 1500.0}

DIALECTS: Final[Mapping[str, Dialect]] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "openai",
            "OpenAI",
            ("api.openai.com",),
            max_bytes=_CLOUD_BYTES,
            whisper_only_times=True,
            known_speakers=True,
            two_letters=True,
        ),
        Dialect(
            "azure",
            "Azure OpenAI",
            (".openai.azure.com", ".cognitiveservices.azure.com"),
            key_header="api-key",
            max_bytes=_CLOUD_BYTES,
            sends_model=False,
            whisper_only_times=True,
            known_speakers=True,
            two_letters=True,
        ),
        Dialect("groq", "Groq", ("api.groq.com",), max_bytes=_CLOUD_BYTES, two_letters=True),
        Dialect("vllm", max_seconds=600.0, max_bytes=_CLOUD_BYTES),
        Dialect("speaches", vocabulary_field="hotwords"),
        Dialect(
            "whisper.cpp",
            path="/inference",
            container="wav",
            sends_model=False,
            detects="auto",
            word_times=False,
        ),
        Dialect("generic"),
    )
}


def dialect_of(base_url: str, chosen: str = "") -> Dialect:
    """The dialect that was chosen, else the one of the host, else `generic`."""
    if chosen:
        return DIALECTS[chosen]
    host = urlsplit(base_url).hostname or ""
    for dialect in DIALECTS.values():
        if any(host == known or (known.startswith(".") and host.endswith(known)) for known in dialect.hosts):
            return dialect
    return DIALECTS["generic"]


def title_of(dialect: Dialect, base_url: str) -> str:
    """How people know the service: the vendor's name, else the host's."""
    return dialect.title or urlsplit(base_url).hostname or "OpenAI-compatible server"


def url_of(dialect: Dialect, base_url: str, path: str) -> str:
    """`path` behind the base URL. A query of the base (Azure's `api-version`) stays; Azure gets one if it has none.

    A base may be the whole address of the transcription, as some servers print it.
    """
    parts = urlsplit(base_url)
    base = parts.path.rstrip("/")
    query = parts.query
    if dialect.name == "azure" and "api-version=" not in query:
        query = f"{query}&api-version={AZURE_API_VERSION}".lstrip("&")
    for whole in (dialect.path, _USUAL_PATH):
        if base.endswith(whole):
            base, path = base.removesuffix(whole), whole if path == dialect.path else path
            break
    return urlunsplit((parts.scheme, parts.netloc, base + path, query, ""))


def first_format(dialect: Dialect, model: str) -> str:
    """The richest format that the model is known to give; a server that refuses it is asked for `json`."""
    if not dialect.whisper_only_times:
        return VERBOSE
    if is_diarizing(model):
        return DIARIZED
    # A deployment's name says nothing of its model; what is refused costs nothing.
    return VERBOSE if "whisper" in model or dialect.name == "azure" else JSON


def is_diarizing(model: str) -> bool:
    """Whether the model tells speakers apart."""
    return "diarize" in model


def longest_piece(dialect: Dialect, model: str) -> float | None:
    """Seconds of audio that one request may have, None where no limit is known."""
    if not dialect.whisper_only_times:
        return dialect.max_seconds
    return next((seconds for word, seconds in _LONGEST.items() if word in model), dialect.max_seconds)
