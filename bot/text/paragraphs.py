"""A transcript in paragraphs to read: one speaker each, short enough for the eye, every word kept."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.transcript import Transcript

LONG = 600  # characters after which the next end of a sentence ends the paragraph
PAUSE = 3.0  # seconds of silence that begin a new one
_ENDS = tuple(".?!…։:。？！۔؟।")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What one speaker said in one go. `start` in seconds, None where there are no times; `speaker` as shown."""

    text: str
    start: float | None = None
    speaker: str | None = None


def paragraphs(transcript: Transcript) -> Iterator[Paragraph]:
    """All paragraphs in order; joined, their words are the transcript's. Line breaks of the provider are kept."""
    parts: list[str] = []
    start = end = speaker = None
    for segment in transcript.segments:
        lines = [" ".join(line.split()) for line in segment.text.splitlines()]
        for number, line in enumerate(line for line in lines if line):
            rested = end is not None and segment.start is not None and segment.start - end > PAUSE
            full = sum(map(len, parts)) > LONG and parts[-1].endswith(_ENDS)
            if parts and (segment.speaker != speaker or rested or full or number):
                yield _paragraph(transcript, parts, start, speaker)
                parts = []
            if not parts:
                start = segment.start if number == 0 else None
                speaker = segment.speaker
            parts.append(line)
            end = segment.end
    if parts:
        yield _paragraph(transcript, parts, start, speaker)


def _paragraph(transcript: Transcript, parts: list[str], start: float | None, speaker: str | None) -> Paragraph:
    return Paragraph(" ".join(parts), start, transcript.name_of(speaker) if speaker else None)
