"""Transcripts, blocks, names, vocabularies and problem parameters as JSON bytes, and back without a difference.

Arrays rather than objects for segments and words: an hour of speech has ten thousand words. `v` is the version of the
form, so that a later program can still read what this one wrote.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Strict, ValidationError

from bot.domain.errors import ContentDamaged, StoreError
from bot.domain.transcript import Segment, Transcript, Word
from bot.domain.vocabulary import Replacement, Vocabulary

VERSION: Literal[1] = 1

_Listed = Strict(False)  # JSON has lists only; what is in them is checked strictly
_Word = Annotated[tuple[str, float, float], _Listed]
_Short = Annotated[tuple[str, float | None, float | None, str | None, list[_Word]], _Listed]
_Long = Annotated[tuple[str, float | None, float | None, str | None, list[_Word], str | None, bool], _Listed]
_Segment = _Short | _Long  # the long one has the segment's own language, and whether it is unclear
_Pair = Annotated[tuple[str, str], _Listed]  # a replacement: heard, written
F = TypeVar("F", bound="_Form")


class _Form(BaseModel):
    model_config = ConfigDict(strict=True)
    v: Literal[1]


class _Block(_Form):
    segments: list[_Segment]
    language: str | None


class _Transcript(_Block):
    language_confidence: float | None = None
    seconds: float | None
    title: str | None
    summary: str | None
    highlights: list[str]
    provider: str
    speaker_names: dict[str, str]
    vocabulary: list[str] = []
    replacements: list[_Pair] = []


class _Names(_Form):
    names: dict[str, str]
    before: dict[str, str]


class _Vocabulary(_Form):
    words: list[str]
    replacements: list[_Pair]


class _Params(_Form):
    params: dict[str, str]


def dump_transcript(transcript: Transcript) -> bytes:
    """The bytes of a transcript."""
    form = {field.name: getattr(transcript, field.name) for field in fields(transcript)}
    return _dump(form | {"segments": _segments_out(transcript.segments)})


def load_transcript(data: bytes) -> Transcript:
    """The transcript of these bytes. Raises `StoreError` for a form it does not know."""
    form = _load(data, _Transcript)
    return Transcript(
        segments=_segments_in(form.segments),
        language=form.language,
        language_confidence=form.language_confidence,
        seconds=form.seconds,
        title=form.title,
        summary=form.summary,
        highlights=tuple(form.highlights),
        provider=form.provider,
        speaker_names=form.speaker_names,
        vocabulary=tuple(form.vocabulary),
        replacements=tuple(form.replacements),
    )


def dump_block(segments: Sequence[Segment], language: str | None) -> bytes:
    """The bytes of one finished stretch."""
    return _dump({"segments": _segments_out(segments), "language": language})


def load_block(data: bytes) -> tuple[tuple[Segment, ...], str | None]:
    """Segments and language of a stretch. Raises `StoreError` for a form it does not know."""
    form = _load(data, _Block)
    return _segments_in(form.segments), form.language


def dump_params(params: Mapping[str, str]) -> bytes:
    """The bytes of a problem's parameters."""
    return _dump({"params": dict(params)})


def load_params(data: bytes) -> dict[str, str]:
    """A problem's parameters. Raises `StoreError` for a form it does not know."""
    return _load(data, _Params).params


def dump_speaker_names(names: Mapping[str, str], before: Mapping[str, str]) -> bytes:
    """The bytes of speakers' names, and of those that they had before."""
    return _dump({"names": dict(names), "before": dict(before)})


def load_speaker_names(data: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Speakers' names and those before them. Raises `StoreError` for a form it does not know."""
    form = _load(data, _Names)
    return form.names, form.before


def dump_vocabulary(vocabulary: Vocabulary) -> bytes:
    """The bytes of a vocabulary."""
    pairs = [(one.heard, one.written) for one in vocabulary.replacements]
    return _dump({"words": vocabulary.words, "replacements": pairs})


def load_vocabulary(data: bytes) -> Vocabulary:
    """A vocabulary. Raises `StoreError` for a form it does not know."""
    form = _load(data, _Vocabulary)
    return Vocabulary(tuple(form.words), tuple(Replacement(*pair) for pair in form.replacements))


def _dump(form: Mapping[str, object]) -> bytes:
    # surrogatepass: a provider's JSON may hold half of a surrogate pair, and nothing said may be lost for it
    return json.dumps({"v": VERSION, **form}, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _load(data: bytes, form: type[F]) -> F:
    try:
        found = json.loads(data.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise ContentDamaged("Stored content is damaged: it is not JSON.") from error
    version = found.get("v") if isinstance(found, dict) else None
    if version != VERSION:
        raise StoreError(f"Stored content has form {version}, which this version of the program does not know.")
    try:
        return form.model_validate(found)
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise ContentDamaged(f"Stored content is damaged: {where} is missing or not what it should be.") from None


def _segments_out(segments: Sequence[Segment]) -> list[_Segment]:
    return [_segment_out(segment) for segment in segments]


def _segment_out(s: Segment) -> _Segment:
    words = [(word.text, word.start, word.end) for word in s.words]
    if s.language or s.unclear:
        return (s.text, s.start, s.end, s.speaker, words, s.language, s.unclear)
    return (s.text, s.start, s.end, s.speaker, words)


def _segments_in(segments: Sequence[_Segment]) -> tuple[Segment, ...]:
    return tuple(_segment_in(segment) for segment in segments)


def _segment_in(segment: _Segment) -> Segment:
    text, start, end, speaker, words = segment[:5]
    language, unclear = segment[5:] if len(segment) == 7 else (None, False)
    return Segment(text, start, end, speaker, tuple(Word(*word) for word in words), language=language, unclear=unclear)
