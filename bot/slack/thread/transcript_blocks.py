"""A transcript as a user reads it: paragraphs with speaker and time, as blocks for Slack and as a text file. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.transcript import Transcript
from bot.slack.blockkit.blocks import Block, Run, container, context, literals, units, words
from bot.slack.blockkit.limits import CONTAINER_BLOCKS, SECTION
from bot.slack.blockkit.text import clip, escape_label, split
from bot.text.durations import stamp
from bot.text.paragraphs import Paragraph, paragraphs
from bot.text.phrases import ENGLISH, Phrases
from bot.text.printable import printable

MOST_LEADS = 18  # grey lines in a message, which has room for 50 blocks; a longer talk has them in the text
TIME_EVERY_SECONDS = 20.0  # paragraphs of one speaker that follow closely need no time each
NAME = 120


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """What a channel wants to see beside the words, and whether these are folded below what they are about."""

    speakers: bool = True
    times: bool = True
    fold: bool = False


def as_blocks(transcript: Transcript, display: DisplayOptions, phrases: Phrases = ENGLISH) -> list[Block]:
    """The paragraphs: speaker and time in a small grey line, the words literal below it.

    Where there would be too many lines, one rich text has the speaker in bold and the time beside it.
    """
    parts = list(_led(transcript, display, phrases))
    if sum(bool(name or time) for name, time, _ in parts) > MOST_LEADS:
        return literals(_runs(parts))
    blocks: list[Block] = []
    for lead, said in _grouped(parts):
        if lead:
            blocks.append(context(lead))
        blocks += literals([Run(said)])
    return blocks


def folded(transcript: Transcript, display: DisplayOptions, phrases: Phrases = ENGLISH) -> Block | None:
    """The same words folded below the title *Transcript*; None where they need more blocks than a container holds.

    Few paragraphs have their grey lines; otherwise speaker and time stand in the text above the words.
    """
    parts = list(_led(transcript, display, phrases))
    children: list[Block] = []
    for lead, said in _grouped(parts):
        if lead:
            children.append(context(lead))
        children += _sections(said)
    if len(children) > CONTAINER_BLOCKS:
        heads = ("  ".join(part for part in (printable(name), time) if part) for name, time, _ in parts)
        children = _sections(
            "\n\n".join(f"{head}\n{said}" if head else said for head, (_, _, said) in zip(heads, parts, strict=True))
        )
    return container(phrases.transcript, children) if 1 <= len(children) <= CONTAINER_BLOCKS else None


def _sections(said: str) -> list[Block]:
    return [words(piece) for piece in split(said, SECTION, measure=units) if piece.strip()]


def _grouped(parts: list[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """The paragraphs, those joined that have no line of their own: the line's mrkdwn ("" for none), and the words."""
    lead, held = "", list[str]()
    for name, time, said in parts:
        if (name or time) and held:
            yield lead, "\n\n".join(held)
            held = []
        if name or time:
            shown = f"*{escape_label(clip(name, NAME))}*" if name else ""
            lead = "  ".join(part for part in (shown, _quiet(time)) if part)
        held.append(said)
    if held:
        yield lead, "\n\n".join(held)


def _quiet(time: str) -> str:
    """A time that no emoji can be in (`:00:`)."""
    return escape_label(time) if time.count(":") > 1 else time


def _runs(parts: list[tuple[str, str, str]]) -> list[Run]:
    runs: list[Run] = []
    gap = ""
    for name, time, said in parts:
        if name:
            runs.append(Run(f"{gap}{printable(name)}", bold=True))
            gap = ""
        lead = "  ".join(part for part in ("" if name else None, time) if part is not None)
        runs.append(Run(f"{gap}{lead}\n{said}" if lead or name else f"{gap}{said}"))
        gap = "\n\n"
    return runs


def _led(transcript: Transcript, display: DisplayOptions, phrases: Phrases) -> Iterator[tuple[str, str, str]]:
    """Speaker, time and words of each paragraph; what was shown just before is left out."""
    before, shown_at = "", -TIME_EVERY_SECONDS
    alone = len(transcript.speakers) < 2
    for part in paragraphs(transcript, phrases.unclear_part):
        name, time = _lead(part, display)
        if name == before or alone:
            name = ""
            if part.start is None or part.start - shown_at < TIME_EVERY_SECONDS:
                time = ""
        else:
            before = name
        if time and part.start is not None:
            shown_at = part.start
        yield name, time.strip("[] "), printable(part.text)


def as_text(
    transcript: Transcript, title: str, display: DisplayOptions, phrases: Phrases = ENGLISH, facts: str = ""
) -> str:
    """The whole as a text file: title, facts, summary or highlights, transcript. Nothing is left out."""
    parts = [title, facts]
    if summary := (transcript.summary or "").strip():
        parts.append(f"{phrases.summary}\n{summary}")
    elif transcript.highlights:
        parts.append("\n".join([phrases.highlights, *(f"- {item}" for item in transcript.highlights)]))
    for part in paragraphs(transcript, phrases.unclear_part):
        name, time = _lead(part, display)
        parts.append(f"{time}{name}: {part.text}" if name else f"{time}{part.text}")
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _lead(part: Paragraph, display: DisplayOptions) -> tuple[str, str]:
    name = " ".join((part.speaker or "").split()) if display.speakers else ""
    time = f"{stamp(part.start)} " if display.times and part.start is not None else ""
    return name, time
