"""The transcript as JSON for other programs; documented in `docs/export-schema.md`, checked by its JSON Schema."""

import json

from bot.domain.transcript import Segment, Transcript
from bot.text.exports.provenance import UNKNOWN, Provenance

SCHEMA = "threadscribe.transcript/1"

Json = str | float | bool | None | list["Json"] | dict[str, "Json"]


def dumps(transcript: Transcript, title: str, provenance: Provenance = UNKNOWN) -> str:
    """The whole transcript; times in seconds, null where the provider gave none."""
    document: dict[str, Json] = {
        "schema": SCHEMA,
        "title": title or None,
        "language": transcript.language,
        "language_confidence": transcript.language_confidence,
        "seconds": transcript.seconds,
        "provider": transcript.provider or None,
        "service": provenance.service or None,
        "source": provenance.source or None,
        "shared_on": provenance.shared_on or None,
        "shared_by": provenance.shared_by or None,
        "summary": transcript.summary,
        "highlights": list(transcript.highlights),
        "speakers": [{"label": label, "name": transcript.name_of(label)} for label in transcript.speakers],
        "segments": [_segment(segment) for segment in transcript.segments],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _segment(segment: Segment) -> dict[str, Json]:
    return {
        "text": segment.text,
        "start": segment.start,
        "end": segment.end,
        "speaker": segment.speaker,
        "language": segment.language,
        "unclear": segment.unclear,
        "words": [{"text": word.text, "start": word.start, "end": word.end} for word in segment.words],
    }
