"""The transcript as a Word document (DOCX), with styles that a reader can restyle."""

import io
import re
from datetime import UTC, datetime

from bot.domain.transcript import Transcript
from bot.text.durations import stamp
from bot.text.exports.provenance import UNKNOWN, Provenance, facts_of
from bot.text.paragraphs import paragraphs

# XML 1.0 has no place for these at all; they carry no words.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def docx(
    transcript: Transcript,
    title: str,
    speakers: bool = True,
    timestamps: bool = True,
    provenance: Provenance = UNKNOWN,
) -> bytes:
    """Heading, facts, summary or highlights, transcript; character styles `Speaker` and `Timestamp`."""
    import docx as word  # reads its template and lxml on import, so only where it is used
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import RGBColor

    document = word.Document()
    speaker_style = document.styles.add_style("Speaker", WD_STYLE_TYPE.CHARACTER)
    speaker_style.font.bold = True
    time_style = document.styles.add_style("Timestamp", WD_STYLE_TYPE.CHARACTER)
    time_style.font.color.rgb = RGBColor(0x6B, 0x6B, 0x6B)
    properties = document.core_properties
    properties.author = "Threadscribe"
    properties.title = _xml(title)[:255]
    properties.language = transcript.language or ""
    properties.comments = ""
    properties.created = properties.modified = datetime.now(UTC).replace(tzinfo=None)

    document.add_heading(_xml(title) or "Transcript", level=0)
    if facts := " · ".join(facts_of(transcript, provenance)):
        document.add_paragraph(_xml(facts), style="Subtitle")
    if transcript.summary:
        document.add_heading("Summary", level=1)
        for line in filter(str.strip, transcript.summary.splitlines()):
            document.add_paragraph(_xml(line))
    elif transcript.highlights:
        document.add_heading("Highlights", level=1)
        for sentence in transcript.highlights:
            document.add_paragraph(_xml(sentence), style="List Bullet")
    document.add_heading("Transcript", level=1)
    for paragraph in paragraphs(transcript):
        block = document.add_paragraph()
        if timestamps and paragraph.start is not None:
            block.add_run(f"{stamp(paragraph.start)} ", style="Timestamp")
        if speakers and paragraph.speaker:
            block.add_run(f"{_xml(paragraph.speaker)}: ", style="Speaker")
        block.add_run(_xml(paragraph.text))
    if transcript.is_empty and not transcript.unclear_seconds:
        document.add_paragraph("(No speech was found in this recording.)")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
