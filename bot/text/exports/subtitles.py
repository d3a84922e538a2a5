"""SubRip (SRT) and WebVTT files from cues."""

import html
from collections.abc import Sequence

from bot.text.durations import clock
from bot.text.exports.cues import Cue


def srt(cues: Sequence[Cue]) -> str:
    """SubRip: numbered blocks. It knows no escapes, so the arrow that would read as a time line becomes `→`."""
    blocks = (
        f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n"
        + "\n".join(line.replace("-->", "→") for line in cue.lines)
        for number, cue in enumerate(cues, 1)
    )
    return "".join(f"{block}\n\n" for block in blocks)


def vtt(cues: Sequence[Cue], voices: bool = True) -> str:
    """WebVTT (W3C): the speaker as a voice tag if `voices`, text escaped."""
    blocks = (
        f"{number}\n{clock(cue.start)} --> {clock(cue.end)}\n{_voice(cue) if voices else ''}"
        + "\n".join(map(_escaped, cue.lines))
        for number, cue in enumerate(cues, 1)
    )
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def _voice(cue: Cue) -> str:
    return f"<v {_escaped(' '.join(cue.speaker.split()))}>" if cue.speaker and cue.speaker.strip() else ""


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
