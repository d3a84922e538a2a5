"""What Invox Medical's poll and callback say, under any of the names that its pages use."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.transcript import Segment, Transcript
from bot.providers.fields import Fields, mapping, number, objects, storable, text

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
    segments = [segment for item in objects(found, "transcription") or () if (segment := _segment(item)).text]
    if all(segment.start is not None for segment in segments):
        segments.sort(key=lambda segment: segment.start or 0.0)
    ends = [segment.end for segment in segments if segment.end is not None]
    return Transcript(segments=tuple(segments), seconds=max(ends, default=None), provider="invox")


def _segment(item: Fields) -> Segment:
    return Segment(text(item, "text"), number(item, "start"), number(item, "end"), _speaker(item))


def _speaker(item: Fields) -> str | None:
    for name in ("speakerName", "speakerId", "speaker"):
        found = item.get(name)
        label = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
        if isinstance(label, str) and (label := storable(label).strip()):
            return f"Speaker {label}" if label.isdigit() else label
    return None


def with_speakers(fetched: Transcript, pushed: Transcript) -> Transcript:
    """The fetched text, with the speakers of the callback's wherever a segment of it is clearly the same one."""
    if fetched.speakers or not pushed.speakers:
        return fetched
    return replace(fetched, segments=tuple(_labelled(segment, pushed.segments) for segment in fetched.segments))


def _labelled(segment: Segment, candidates: Sequence[Segment]) -> Segment:
    best = max(candidates, key=lambda candidate: _likeness(segment, candidate))
    return replace(segment, speaker=best.speaker) if _likeness(segment, best) >= 0.5 else segment


def _likeness(one: Segment, other: Segment) -> float:
    """From 0 to 1: the share of `one`'s time that `other` covers; where times are missing, whether the words agree."""
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return 1.0 if one.text.split() == other.text.split() else 0.0
    if one.end <= one.start:
        return 1.0 if other.start <= one.start <= other.end else 0.0
    return max(0.0, min(one.end, other.end) - max(one.start, other.start)) / (one.end - one.start)


def read_note(found: Fields) -> str:
    """The summary: a text, or the filled fields of a SOAP note one below the other; "" where there is none."""
    plain = text(found, "clinicalNote")
    note = mapping(found.get("clinicalNote"))
    if plain or note is None:
        return plain
    parts = [(text(item, "name"), text(item, "value")) for item in objects(note, "fields") or ()]
    return "\n\n".join(f"{name}: {value}" if name else value for name, value in parts if value)
