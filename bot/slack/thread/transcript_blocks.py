"""A transcript as a person reads it: paragraphs with speaker and time, as runs for Slack and as a text file. Pure."""

from dataclasses import dataclass

from bot.domain.transcript import Transcript
from bot.slack.blockkit.blocks import Run
from bot.text.durations import stamp
from bot.text.paragraphs import Paragraph, paragraphs
from bot.text.phrases import ENGLISH, Phrases
from bot.text.printable import printable


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """What a channel wants to see beside the words."""

    speakers: bool = True
    times: bool = True


def as_runs(transcript: Transcript, look: DisplayOptions) -> list[Run]:
    """The paragraphs as literal runs: bold speaker, `[mm:ss]`, text; voices are set apart by an empty line."""
    runs: list[Run] = []
    gap = ""
    spaced = "\n\n" if look.speakers and transcript.speakers else "\n"
    for part in paragraphs(transcript):
        name, time = _lead(part, look)
        if name:
            runs.append(Run(f"{gap}{printable(name)}: ", bold=True))
            gap = ""
        runs.append(Run(f"{gap}{time}{printable(part.text)}"))
        gap = spaced
    return runs


def as_text(transcript: Transcript, title: str, look: DisplayOptions, phrases: Phrases = ENGLISH) -> str:
    """The whole as a text file: title, summary or highlights, transcript. Nothing is left out."""
    parts = [title]
    if summary := (transcript.summary or "").strip():
        parts.append(f"{phrases.summary}\n{summary}")
    elif transcript.highlights:
        parts.append("\n".join([phrases.highlights, *(f"- {item}" for item in transcript.highlights)]))
    for part in paragraphs(transcript, phrases.unclear_part):
        name, time = _lead(part, look)
        parts.append(f"{time}{name}: {part.text}" if name else f"{time}{part.text}")
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _lead(part: Paragraph, look: DisplayOptions) -> tuple[str, str]:
    name = " ".join((part.speaker or "").split()) if look.speakers else ""
    time = f"{stamp(part.start)} " if look.times and part.start is not None else ""
    return name, time
