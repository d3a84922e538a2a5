"""What is refused of a request, in the vendors' own words; what a careful client never sends is a violation as well."""

import base64
import binascii
from collections.abc import Callable
from typing import Final

from simulators.openai.audio import Sound, measure
from simulators.openai.dialects import is_diarizing, longest, takes_only_json
from simulators.openai.form import FilePart, Form
from simulators.openai.settings import OpenAISettings
from simulators.provider.refusal import RefusalError

SHORTEST: Final = 0.1
_TYPES: Final = {
    "flac": ("flac", ("audio/flac", "audio/x-flac")),
    "mp3": ("mp3", ("audio/mpeg", "audio/mp3")),
    "mpga": ("mp3", ("audio/mpeg", "audio/mp3")),
    "mpeg": ("mp3", ("audio/mpeg", "audio/mp3")),
    "m4a": ("m4a", ("audio/mp4", "audio/m4a", "audio/x-m4a")),
    "mp4": ("m4a", ("audio/mp4", "video/mp4")),
    "ogg": ("ogg", ("audio/ogg", "application/ogg")),
    "wav": ("wav", ("audio/wav", "audio/x-wav", "audio/wave")),
    "webm": ("webm", ("audio/webm", "video/webm")),
}


def check_fields(settings: OpenAISettings, form: Form, breach: Callable[[str, str], None]) -> str:
    """Return the model; refuses fields that the dialect does not have, or with values it does not take."""
    facts = settings.facts
    for name in form.fields.keys() - facts.fields:
        kind = "no-brackets" if f"{name}[]" in facts.fields else "unknown-field"
        if facts.refuses_unknown:
            raise RefusalError(400, f"Unrecognized request argument supplied: {name}", violation=kind)
        breach(kind, name)
    model = form.one("model") or ""
    if not model:
        if facts.needs_model:
            raise RefusalError(400, "you must provide a model parameter", violation="no-model")
        model = settings.model
    if settings.allowed_models and model not in settings.allowed_models and facts.needs_model:
        words = f"The model `{model}` does not exist or you do not have access to it."
        raise RefusalError(404, words, name="model_not_found")
    _check_language(settings, form.one("language"))
    temperature = form.one("temperature")
    if temperature is not None and not _is_share(temperature):
        raise RefusalError(400, "temperature must be between 0 and 1", violation="bad-temperature")
    if form.one("prompt") is not None and is_diarizing(model):
        raise RefusalError(400, "Prompt is not supported for diarization models", violation="prompt-to-diarize")
    return model


def _check_language(settings: OpenAISettings, language: str | None) -> None:
    if language is None or (language == "auto" and settings.facts.assumes_english):
        return
    if not (language.isascii() and language.islower() and language.isalpha() and len(language) == 2):
        words = f"Invalid language '{language}'. Language parameter must be specified in ISO-639-1 format."
        raise RefusalError(400, words, violation="bad-language", name="invalid_language_format")


def check_size(settings: OpenAISettings, file: FilePart) -> None:
    """Refuse what is too large; done before anything is decoded."""
    facts = settings.facts
    limit = settings.max_bytes or facts.max_bytes
    if limit is None or len(file.content) <= limit:
        return
    known = "too-large" if facts.max_bytes is not None and len(file.content) > facts.max_bytes else ""
    if settings.dialect == "vllm":
        value = len(file.content) / 1_000_000
        words = f"Maximum file size exceeded (parameter=audio_filesize_mb, value={value})"
        raise RefusalError(400, words, violation=known)
    words = f"413: Maximum content size limit ({limit}) exceeded ({len(file.content)} bytes read)"
    raise RefusalError(413, words, violation=known)


def check_file(settings: OpenAISettings, file: FilePart, sound: Sound, model: str) -> None:
    """Refuse what is of another type than it says, not taken by the dialect, too short or too long."""
    facts = settings.facts
    extension = file.name.rpartition(".")[2] if "." in file.name else ""
    if extension not in facts.extensions:
        words = f"Unrecognized file format. Supported formats: {sorted(facts.extensions)}"
        raise RefusalError(400, words, violation="wrong-extension", detail=file.name)
    container, types = _TYPES[extension]
    if file.content_type not in types:
        raise RefusalError(400, "Unsupported content type", violation="wrong-type", detail=file.content_type)
    words = "Audio file might be corrupted or unsupported"
    if sound.container != container or sound.container not in facts.containers:
        raise RefusalError(400, words, violation="wrong-container", detail=f"{sound.container} as .{extension}")
    if sound.seconds <= 0:
        raise RefusalError(400, words, name="invalid_value")
    if sound.codec == "opus" and sound.container == "ogg" and not facts.opus_in_ogg:
        raise RefusalError(400, words, violation="raw-opus", name="invalid_value")
    if facts.only_rate is not None and sound.rate != facts.only_rate:
        raise RefusalError(400, "failed to read audio data", violation="wrong-rate", detail=str(sound.rate))
    if facts.mp3_answered_200 and sound.container == "mp3":
        raise RefusalError(200, "Invalid or unsupported audio file.", violation="mp3-to-vllm")
    _check_length(settings, sound, model)


def _check_length(settings: OpenAISettings, sound: Sound, model: str) -> None:
    facts = settings.facts
    if sound.seconds < SHORTEST:
        words = f"Audio file is too short. Minimum audio length is {SHORTEST} seconds."
        raise RefusalError(400, words, name="audio_too_short")
    most = settings.max_seconds or facts.max_seconds
    if settings.dialect in ("openai", "azure"):
        most = min(filter(None, (most, longest(model))), default=None)
    if most is None or sound.seconds <= most:
        return
    known = "too-long" if settings.max_seconds is None else ""
    if settings.dialect == "vllm":
        words = f"Maximum clip duration ({most:.0f}s) exceeded."
    else:
        words = f"audio duration {sound.seconds} seconds is longer than {most:.0f} seconds which is the maximum"
    raise RefusalError(400, words, violation=known, name="invalid_value")


def check_format(settings: OpenAISettings, form: Form, model: str, sound: Sound) -> str:
    """Return the format of the answer; refuses one that does not fit the model."""
    facts = settings.facts
    wanted = form.one("response_format") or "json"
    known = facts.formats | ({"diarized_json"} if settings.dialect in ("openai", "azure") else set())
    granularities = form.many("timestamp_granularities[]")
    if wanted not in known or not set(granularities) <= {"segment", "word"}:
        raise RefusalError(400, f"response_format '{wanted}' is not known", violation="bad-format")
    if granularities and wanted != "verbose_json":
        words = "timestamp_granularities is only supported with response_format 'verbose_json'"
        raise RefusalError(400, words, violation="granularities-without-verbose")
    if settings.dialect in ("openai", "azure"):
        _check_model_format(settings, form, model, wanted, sound)
    if wanted == "verbose_json" and settings.verbose == "refuse":
        raise RefusalError(400, f"Currently do not support verbose_json for {model}", name="BadRequestError")
    return "json" if wanted == "verbose_json" and settings.verbose == "json" else wanted


def _check_model_format(settings: OpenAISettings, form: Form, model: str, wanted: str, sound: Sound) -> None:
    allowed = settings.facts.formats
    if is_diarizing(model):
        allowed = frozenset({"json", "diarized_json"})
        if sound.seconds > 30 and form.one("chunking_strategy") is None:
            words = "chunking_strategy is required for diarization models"
            raise RefusalError(400, words, violation="no-chunking-strategy", name="missing_required_parameter")
    elif takes_only_json(model):
        allowed = frozenset({"json"})
    if wanted not in allowed:
        words = f"response_format '{wanted}' is not compatible with model '{model}'. Use 'json' or 'text' instead."
        raise RefusalError(400, words, name="unsupported_value")
    strategy = form.one("chunking_strategy")
    if strategy not in (None, "auto"):
        raise RefusalError(400, "chunking_strategy is not known", violation="bad-chunking-strategy")


def check_speakers(settings: OpenAISettings, form: Form, model: str) -> list[tuple[str, bytes]]:
    """Return the known speakers with their recordings."""
    names, urls = form.many("known_speaker_names[]"), form.many("known_speaker_references[]")
    if not names and not urls:
        return []
    if not is_diarizing(model):
        raise RefusalError(400, "known speakers need a diarization model", violation="speakers-to-other-model")
    if len(names) != len(urls) or len(names) > 4 or len(set(names)) != len(names):
        raise RefusalError(400, "up to 4 known speakers, each with a reference", violation="bad-known-speakers")
    found = [(name, _data_url(url)) for name, url in zip(names, urls, strict=True)]
    for _, content in found:
        sound = measure(content)
        if not 2.0 <= sound.seconds <= 10.0:
            words = f"a reference must be 2 to 10 seconds long, not {sound.seconds:.1f}"
            raise RefusalError(400, words, violation="bad-reference")
    return found


def _data_url(url: str) -> bytes:
    head, comma, body = url.partition(",")
    refusal = RefusalError(400, "a reference must be a data URL", violation="bad-reference")
    if not comma or not head.startswith("data:audio/") or not head.endswith(";base64"):
        raise refusal
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise refusal from None


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
