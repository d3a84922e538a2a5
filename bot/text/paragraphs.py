"""A transcript in paragraphs to read: one speaker each, short enough for the eye, every word kept."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.transcript import Transcript
from bot.text.durations import stamp

LONG = 600  # characters after which the next end of a sentence ends the paragraph
UNCLEAR = "[{start}-{end}: speech I could not make out]"  # stands where somebody spoke and no words are known
PAUSE = 3.0  # seconds of silence that begin a new one
BREATH = 1.0  # seconds of silence that begin a new one once there is enough to read
ENOUGH = 120  # characters
_QUESTIONS = tuple("?？؟")
_ENDS = tuple(".?!…։:。？！۔؟।")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What one speaker said in one go. `start` in seconds, None where there are no times; `speaker` as shown."""

    text: str
    start: float | None = None
    speaker: str | None = None


def paragraphs(transcript: Transcript, unclear: str = UNCLEAR) -> Iterator[Paragraph]:
    """All paragraphs in order; joined, their words are the transcript's. Line breaks of the provider are kept.

    `unclear` is written, as a paragraph of its own, for a segment whose words could not be made out.
    """
    parts: list[str] = []
    start = end = speaker = None
    for segment in transcript.segments:
        if segment.unclear and segment.start is not None and segment.end is not None:
            if parts:
                yield _paragraph(transcript, parts, start, speaker)
                parts = []
            times = {"start": stamp(segment.start).strip("[]"), "end": stamp(segment.end).strip("[]")}
            yield Paragraph(unclear.format(**times))
            continue
        lines = [" ".join(line.split()) for line in segment.text.splitlines()]
        for number, line in enumerate(line for line in lines if line):
            silence = segment.start - end if end is not None and segment.start is not None else 0.0
            size = sum(map(len, parts))
            breathes = size > ENOUGH and (silence > BREATH or parts[-1].endswith(_QUESTIONS))
            full = size > LONG and parts[-1].endswith(_ENDS)
            if parts and (segment.speaker != speaker or silence > PAUSE or breathes or full or number):
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
