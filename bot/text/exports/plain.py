"""The transcript as a text file: title, summary or highlights, then paragraphs with speakers and times."""

from bot.domain.transcript import Transcript
from bot.text.durations import stamp
from bot.text.exports.provenance import UNKNOWN, Provenance, facts_of
from bot.text.paragraphs import Paragraph, paragraphs


def txt(
    transcript: Transcript,
    title: str,
    speakers: bool = True,
    timestamps: bool = True,
    provenance: Provenance = UNKNOWN,
) -> str:
    """UTF-8 text with a blank line between paragraphs; nothing of the transcript is left out."""
    blocks = [f"{title}\n{'=' * min(len(title), 80)}"] if title else []
    if facts := " · ".join(facts_of(transcript, provenance)):
        blocks.append(facts)
    if transcript.summary:
        blocks.append(f"Summary\n-------\n{transcript.summary.strip()}")
    elif transcript.highlights:
        lines = "\n".join(f"- {sentence}" for sentence in transcript.highlights)
        blocks.append(f"Highlights\n----------\n{lines}")
    if len(blocks) > (1 if title else 0) + bool(facts):
        blocks.append("Transcript\n----------")
    blocks.extend(_line(paragraph, speakers, timestamps) for paragraph in paragraphs(transcript))
    if transcript.is_empty and not transcript.unclear_seconds:
        blocks.append("(No speech was found in this recording.)")
    return "\n\n".join(blocks) + "\n"


def _line(paragraph: Paragraph, speakers: bool, timestamps: bool) -> str:
    head = [stamp(paragraph.start)] if timestamps and paragraph.start is not None else []
    if speakers and paragraph.speaker:
        head.append(f"{paragraph.speaker}:")
    return " ".join([*head, paragraph.text])
