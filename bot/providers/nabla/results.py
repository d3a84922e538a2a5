"""What Nabla's async object and note say, in both eras of names and cases."""

import json
from collections.abc import Sequence

from bot.domain.errors import Transient
from bot.domain.transcript import Segment, Transcript
from bot.ports.provider import Failed, Pending, PollResult, Succeeded
from bot.providers.json_fields import (
    Fields,
    gave_up,
    has_words,
    mapping,
    number,
    objects,
    one_line,
    seconds,
    text,
    timed_transcript,
)
from bot.providers.nabla.locales import tag_of

TITLE = "Nabla"
SPEAKERS = frozenset({"DOCTOR", "PATIENT"})
TOO_SHORT_CODE = 83005
TOO_SHORT_NAME = "NOTE_GENERATION_TRANSCRIPT_TOO_SHORT"


def read_standing(found: Fields, locale: str, source: str, title: str = TITLE) -> PollResult:
    """How a job stands by its async object; `title` is how people know the account.

    A status nobody knows is work in progress.
    """
    match text(found, "status").upper():
        case "":
            raise Transient(f"{source}: answer without a status")
        case "SUCCEEDED":
            payload = mapping(found.get("payload"))
            items = objects(payload, "transcript") if payload is not None else None
            if items is None:
                return gave_up(title, "It gave no transcript.", "succeeded without a transcript")
            if payload is None or not has_words(payload.get("transcript")):
                raise Transient(f"{source}: a transcript that cannot be read")
            return Succeeded(read_transcript(items, locale))
        case "FAILED":
            return _failed(mapping(found.get("payload")) or {}, title)
        case _:
            return Pending()


def _failed(payload: Fields, title: str) -> Failed:
    words = text(payload, "message") or (json.dumps(dict(payload), ensure_ascii=False) if payload else "")
    status = number(payload, "http_status", "status", "code")
    return gave_up(title, one_line(words), "failed" if status is None else f"failed with status {status:.0f}")


def read_transcript(items: Sequence[Fields], locale: str) -> Transcript:
    """The items by start; an empty list means that nothing was said."""
    return timed_transcript(map(_segment, items), tag_of(locale))


def _segment(item: Fields) -> Segment:
    speaker = text(item, "speaker_type", "speaker").upper()
    return Segment(
        text(item, "text"),
        seconds(item, "start_offset_ms", "start_time_ms", per_second=1000),
        seconds(item, "end_offset_ms", "end_time_ms", per_second=1000),
        None if speaker in ("", "UNSPECIFIED") else speaker,
    )


def note_items(transcript: Transcript) -> Sequence[Fields]:
    """The transcript as generate-note takes it."""
    return [
        {"text": segment.text, "speaker_type": segment.speaker if segment.speaker in SPEAKERS else "UNSPECIFIED"}
        for segment in transcript.segments
    ]


def read_note(found: Fields) -> tuple[str, str]:
    """(title, summary) of a note, nested or not: the sections one below the other."""
    note = mapping(found.get("note")) or found
    sections = [(text(section, "title"), text(section, "text")) for section in objects(note, "sections") or ()]
    summary = "\n\n".join(f"{title}: {words}" if title else words for title, words in sections if words)
    return text(note, "title"), summary


def is_too_short(found: Fields) -> bool:
    """Whether a note was refused because too little was said."""
    return number(found, "code") == TOO_SHORT_CODE or text(found, "name") == TOO_SHORT_NAME
