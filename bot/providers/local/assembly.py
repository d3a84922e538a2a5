"""The stored blocks of a job as one transcript. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.transcript import Segment, Transcript
from bot.providers.local.job_files import Outcome


def assemble(
    blocks: Sequence[tuple[int, Sequence[Segment], str | None]], outcome: Outcome, provider: str, speakers: bool = True
) -> Transcript:
    """All segments in order; its language is the one that is spoken longest.

    `speakers`: numbered as they appear; otherwise nobody is named.
    """
    segments = [segment for _, block, _ in blocks for segment in block]
    spoken: Counter[str] = Counter()
    for segment in segments:
        if segment.language and segment.start is not None and segment.end is not None:
            spoken[segment.language] += max(1, round(1000 * (segment.end - segment.start)))
    language = max(spoken, key=lambda code: spoken[code]) if spoken else None
    return Transcript(
        tuple(_numbered(segments, speakers)),
        language=language,
        seconds=outcome.seconds,
        provider=provider,
        language_confidence=outcome.confidence if language else None,
    )


def _numbered(segments: Sequence[Segment], speakers: bool) -> list[Segment]:
    """Labels as "Speaker 1", "Speaker 2" in order of their first words; none where only one person speaks."""
    labels = list(dict.fromkeys(segment.speaker for segment in segments if segment.speaker and segment.text.strip()))
    if len(labels) < 2 or not speakers:
        return [replace(segment, speaker=None) for segment in segments]
    names = {label: f"Speaker {number}" for number, label in enumerate(labels, 1)}
    return [replace(segment, speaker=names.get(segment.speaker or "")) for segment in segments]
