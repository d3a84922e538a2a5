"""The files that a person takes away: TXT, SRT, VTT, DOCX and JSON."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from bot.domain.transcript import Transcript
from bot.text.exports.cues import NoTimes, cues, has_times
from bot.text.exports.document import docx
from bot.text.exports.interchange import dumps
from bot.text.exports.plain import txt
from bot.text.exports.provenance import UNKNOWN, Provenance
from bot.text.exports.subtitles import srt, vtt

__all__ = ["MIME", "Format", "NoTimes", "available", "export", "file_name"]


class Format(StrEnum):
    """What a transcript can be downloaded as; the value is the file's extension."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    DOCX = "docx"
    JSON = "json"


MIME: Mapping[Format, str] = {
    Format.TXT: "text/plain; charset=utf-8",
    Format.SRT: "application/x-subrip",
    Format.VTT: "text/vtt; charset=utf-8",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.JSON: "application/json",
}

_NAME_LETTERS = 60
_NAME_BYTES = 120  # well under the 255 of file systems, with room for an extension and " (1)"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # device names on Windows


def available(transcript: Transcript) -> tuple[Format, ...]:
    """The formats that `export` will not refuse."""
    subtitles = {Format.SRT, Format.VTT}
    timed = transcript.is_empty or has_times(transcript)
    return tuple(each for each in Format if timed or each not in subtitles)


def export(
    transcript: Transcript,
    wanted: Format,
    *,
    title: str = "",
    speakers: bool = True,
    timestamps: bool = True,
    provenance: Provenance = UNKNOWN,
) -> bytes:
    """The file's bytes (text is UTF-8 without a byte order mark).

    `title` stands in where the transcript has none. `speakers` and `timestamps` can be left out of TXT and DOCX;
    subtitles leave speakers out too, JSON is always whole. `provenance` heads TXT, DOCX and JSON.
    Raises `NoTimes` for subtitles of what has no times.
    """
    heading = " ".join((transcript.title or title).split())
    match wanted:
        case Format.TXT:
            return _utf8(txt(transcript, heading, speakers, timestamps, provenance))
        case Format.DOCX:
            return docx(transcript, heading, speakers, timestamps, provenance)
        case Format.JSON:
            return _utf8(dumps(transcript, heading, provenance))
        case Format.SRT:
            return _utf8(srt(cues(transcript, names_in_text=speakers)))
        case Format.VTT:
            return _utf8(vtt(cues(transcript), voices=speakers))


def file_name(title: str, wanted: Format | str) -> str:
    """A name that every file system takes: letters and digits of any script, joined by hyphens, with the extension."""
    stem = "".join(
        c if unicodedata.category(c)[0] in "LNM" or c in "._" else "-" for c in unicodedata.normalize("NFC", title)
    )
    stem = re.sub(r"[-.]*-[-.]*", "-", stem)[:_NAME_LETTERS]
    stem = stem.encode()[:_NAME_BYTES].decode(errors="ignore").strip("-._")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"transcript-{stem}".strip("-")
    return f"{stem}.{wanted}"


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")  # a lone surrogate is no character
