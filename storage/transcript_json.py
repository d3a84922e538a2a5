"""Transcripts, blocks and problem parameters as JSON bytes, and back without a difference.

Arrays rather than objects for segments and words: an hour of speech has ten thousand words. The first field is
the version of the form, so that a later program can still read what this one wrote.
"""

import json
from collections.abc import Mapping, Sequence

from bot.domain.errors import StoreError
from bot.domain.transcript import Segment, Transcript, Word

VERSION = 1

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def dump_transcript(transcript: Transcript) -> bytes:
    """The bytes of a transcript."""
    return _dump(
        {
            "v": VERSION,
            "segments": _segments_out(transcript.segments),
            "language": transcript.language,
            "seconds": transcript.seconds,
            "title": transcript.title,
            "summary": transcript.summary,
            "highlights": list(transcript.highlights),
            "provider": transcript.provider,
            "speaker_names": dict(transcript.speaker_names),
            "language_confidence": transcript.language_confidence,
        }
    )


def load_transcript(data: bytes) -> Transcript:
    """The transcript of these bytes. Raises `StoreError` for a form it does not know."""
    form = _load(data)
    return Transcript(
        segments=_segments_in(form.get("segments")),
        language=_maybe_str(form.get("language")),
        seconds=_maybe_float(form.get("seconds")),
        title=_maybe_str(form.get("title")),
        summary=_maybe_str(form.get("summary")),
        highlights=tuple(_str(line) for line in _list(form.get("highlights"))),
        provider=_str(form.get("provider")),
        speaker_names={label: _str(name) for label, name in _dict(form.get("speaker_names")).items()},
        language_confidence=_maybe_float(form.get("language_confidence")),
    )


def dump_block(segments: Sequence[Segment], language: str | None) -> bytes:
    """The bytes of one finished stretch."""
    return _dump({"v": VERSION, "segments": _segments_out(segments), "language": language})


def load_block(data: bytes) -> tuple[tuple[Segment, ...], str | None]:
    """Segments and language of a stretch. Raises `StoreError` for a form it does not know."""
    form = _load(data)
    return _segments_in(form.get("segments")), _maybe_str(form.get("language"))


def dump_params(params: Mapping[str, str]) -> bytes:
    """The bytes of a problem's parameters."""
    return _dump({"v": VERSION, "params": dict(params)})


def load_params(data: bytes) -> dict[str, str]:
    """A problem's parameters. Raises `StoreError` for a form it does not know."""
    return {name: _str(value) for name, value in _dict(_load(data).get("params")).items()}


def dump_speaker_names(names: Mapping[str, str], before: Mapping[str, str]) -> bytes:
    """The bytes of speakers' names, and of those that they had before."""
    return _dump({"v": VERSION, "names": dict(names), "before": dict(before)})


def load_speaker_names(data: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Speakers' names and those before them. Raises `StoreError` for a form it does not know."""
    form = _load(data)
    names, before = _dict(form.get("names")), _dict(form.get("before"))
    return {label: _str(name) for label, name in names.items()}, {k: _str(name) for k, name in before.items()}


def _dump(form: Mapping[str, Json]) -> bytes:
    # surrogatepass: a provider's JSON may hold half of a surrogate pair, and nothing said may be lost for it
    return json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _load(data: bytes) -> dict[str, Json]:
    try:
        form = _dict(json.loads(data.decode("utf-8", "surrogatepass")))
    except ValueError as error:
        raise StoreError("Stored content is damaged: it is not JSON.") from error
    version = form.get("v")
    if version != VERSION:
        raise StoreError(f"Stored content has form {version}, which this version of the program does not know.")
    return form


def _segments_out(segments: Sequence[Segment]) -> Json:
    return [_segment_out(segment) for segment in segments]


def _segment_out(s: Segment) -> Json:
    form: list[Json] = [s.text, s.start, s.end, s.speaker, [[w.text, w.start, w.end] for w in s.words]]
    return [*form, s.language, s.unclear] if s.language or s.unclear else form


def _segments_in(value: Json) -> tuple[Segment, ...]:
    return tuple(_segment_in(_list(item)) for item in _list(value))


def _segment_in(item: list[Json]) -> Segment:
    text, start, end, speaker, words = _fields(item[:5], 5)
    language, unclear = _fields(item[5:], 2) if len(item) > 5 else (None, False)
    return Segment(
        text=_str(text),
        start=_maybe_float(start),
        end=_maybe_float(end),
        speaker=_maybe_str(speaker),
        words=tuple(_word_in(_fields(word, 3)) for word in _list(words)),
        language=_maybe_str(language),
        unclear=unclear is True,
    )


def _word_in(item: list[Json]) -> Word:
    text, start, end = item
    return Word(_str(text), _float(start), _float(end))


def _str(value: Json) -> str:
    if isinstance(value, str):
        return value
    raise _damaged("text", value)


def _maybe_str(value: Json) -> str | None:
    return None if value is None else _str(value)


def _float(value: Json) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise _damaged("a number", value)


def _maybe_float(value: Json) -> float | None:
    return None if value is None else _float(value)


def _list(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    raise _damaged("a list", value)


def _fields(value: Json, count: int) -> list[Json]:
    fields = _list(value)
    if len(fields) == count:
        return fields
    raise StoreError(f"Stored content is damaged: {count} fields were expected, {len(fields)} were found.")


def _dict(value: Json) -> dict[str, Json]:
    if isinstance(value, dict):
        return value
    raise _damaged("an object", value)


def _damaged(wanted: str, value: Json) -> StoreError:
    return StoreError(f"Stored content is damaged: {wanted} was expected, {type(value).__name__} was found.")
