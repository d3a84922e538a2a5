"""Dialect, addresses, format and length of a piece, from the base URL and the model."""

import pytest

from bot.providers.openai.dialects import (
    DIALECTS,
    DIARIZED,
    JSON,
    VERBOSE,
    dialect_of,
    first_format,
    longest_piece,
    title_of,
    url_of,
)


@pytest.mark.parametrize(
    ("base", "name", "title"),
    [
        ("https://api.openai.com/v1", "openai", "OpenAI"),
        ("https://clinic.openai.azure.com/openai/deployments/w", "azure", "Azure OpenAI"),
        ("https://api.groq.com/openai/v1", "groq", "Groq"),
        ("http://gpu-box:8000/v1", "generic", "gpu-box"),
        ("https://api.openai.com.evil.example/v1", "generic", "api.openai.com.evil.example"),
        ("https://openai.azure.com.evil.example/v1", "generic", "openai.azure.com.evil.example"),
    ],
)
def test_the_dialect_follows_the_host(base: str, name: str, title: str) -> None:
    dialect = dialect_of(base)
    assert (dialect.name, title_of(dialect, base)) == (name, title)
    assert dialect_of(base, "vllm").name == "vllm"


@pytest.mark.parametrize(
    ("name", "base", "url", "models"),
    [
        ("openai", "https://h/v1", "https://h/v1/audio/transcriptions", "https://h/v1/models"),
        ("generic", "http://h/v1/audio/transcriptions", "http://h/v1/audio/transcriptions", "http://h/v1/models"),
        ("whisper.cpp", "http://h:8080", "http://h:8080/inference", "http://h:8080/models"),
        ("whisper.cpp", "http://h:8080/inference", "http://h:8080/inference", "http://h:8080/models"),
        ("whisper.cpp", "http://h/v1/audio/transcriptions", "http://h/v1/audio/transcriptions", "http://h/v1/models"),
        (
            "azure",
            "https://h/openai/deployments/w?api-version=2025-01-01",
            "https://h/openai/deployments/w/audio/transcriptions?api-version=2025-01-01",
            "https://h/openai/deployments/w/models?api-version=2025-01-01",
        ),
        (
            "azure",
            "https://h/openai/deployments/w",
            "https://h/openai/deployments/w/audio/transcriptions?api-version=2024-10-21",
            "https://h/openai/deployments/w/models?api-version=2024-10-21",
        ),
    ],
)
def test_addresses_follow_the_base_url(name: str, base: str, url: str, models: str) -> None:
    dialect = DIALECTS[name]
    assert url_of(dialect, base, dialect.path) == url
    assert url_of(dialect, base, "/models") == models


@pytest.mark.parametrize(
    ("name", "model", "wanted", "longest"),
    [
        ("openai", "whisper-1", VERBOSE, None),
        ("openai", "gpt-4o-transcribe", JSON, 1500.0),
        ("openai", "gpt-transcribe", JSON, 1500.0),
        ("openai", "gpt-4o-transcribe-diarize", DIARIZED, 1400.0),
        ("azure", "my-deployment", VERBOSE, None),
        ("vllm", "openai/whisper-large-v3", VERBOSE, 600.0),
        ("speaches", "Systran/faster-whisper-small", VERBOSE, None),
        ("generic", "gpt-4o-transcribe", VERBOSE, None),
    ],
)
def test_format_and_longest_piece_follow_the_model(name: str, model: str, wanted: str, longest: float | None) -> None:
    assert first_format(DIALECTS[name], model) == wanted
    assert longest_piece(DIALECTS[name], model) == longest
