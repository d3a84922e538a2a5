"""What Invox Medical's poll and callback say, under any of the names that its pages use."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from bot.domain.transcript import Segment, Transcript
from bot.providers.json_fields import Fields, mapping, objects, seconds, storable, text, timed_transcript

DONE = frozenset({"COMPLETED", "SUCCESS"})
FAILED = frozenset({"ERROR", "FAILED"})


def read_status(found: Fields) -> str:
    """`COMPLETED`, `ERROR`, or something else for pending; text without a status means completed."""
    status = text(found, "transcriptionStatus", "processingStatus", "status").upper()
    if status in DONE:
        return "COMPLETED"
    if status in FAILED:
        return "ERROR"
    if not status and objects(found, "transcription"):
        return "COMPLETED"
    return status or "PENDING"


def read_transcript(found: Fields) -> Transcript:
    """The segments in time order; none at all means that nothing was said."""
    return timed_transcript(map(_segment, objects(found, "transcription") or ()))


def _segment(item: Fields) -> Segment:
    return Segment(text(item, "text"), seconds(item, "start"), seconds(item, "end"), _speaker(item))


def _speaker(item: Fields) -> str | None:
    for name in ("speakerName", "speakerId", "speaker"):
        found = item.get(name)
        label = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
        if isinstance(label, str) and (label := storable(label).strip()):
            return f"Speaker {label}" if label.isdigit() else label
    return None


def with_speakers(fetched: Transcript, pushed: Transcript) -> Transcript:
    """The fetched text, with the callback's speaker wherever a segment of it covers at least half of the same time.

    Where times are missing, a segment must stand at the same place with the same words. Linear in the segments.
    """
    if fetched.speakers or not pushed.speakers:
        return fetched
    labelled: list[Segment] = []
    first = 0
    for place, segment in enumerate(fetched.segments):
        while first + 1 < len(pushed.segments) and _ends_before(pushed.segments[first], segment):
            first += 1
        speaker = _same_words(segment, pushed.segments, place)
        best = 0.5
        for candidate in islice(pushed.segments, first, None):
            if candidate.start is None or segment.end is None or candidate.start >= segment.end:
                break
            if (share := _share(segment, candidate)) >= best:
                best, speaker = share, candidate.speaker
        labelled.append(replace(segment, speaker=speaker))
    return replace(fetched, segments=tuple(labelled))


def _ends_before(candidate: Segment, segment: Segment) -> bool:
    return candidate.end is not None and segment.start is not None and candidate.end <= segment.start


def _same_words(segment: Segment, candidates: Sequence[Segment], place: int) -> str | None:
    if place < len(candidates) and candidates[place].text.split() == segment.text.split():
        return candidates[place].speaker
    return None


def _share(segment: Segment, other: Segment) -> float:
    """Which part of the segment's time the other one covers, from 0 to 1."""
    if segment.start is None or segment.end is None or other.start is None or other.end is None:
        return 0.0
    length = segment.end - segment.start
    return max(0.0, min(segment.end, other.end) - max(segment.start, other.start)) / length if length > 0 else 0.0


def read_note(found: Fields) -> str:
    """The summary: a text, or the filled fields of a SOAP note one below the other; "" where there is none."""
    plain = text(found, "clinicalNote")
    note = mapping(found.get("clinicalNote"))
    if plain or note is None:
        return plain
    parts = [(text(item, "name"), text(item, "value")) for item in objects(note, "fields") or ()]
    return "\n\n".join(f"{name}: {value}" if name else value for name, value in parts if value)
