"""Is this file meant as audio? Decided by what Slack and its name say, before a byte is read. Pure."""

from enum import Enum
from pathlib import PurePosixPath

from bot.domain.job import FileFacts

_NAMES = """
    3g2 3ga 3gp aac ac3 aif aifc aiff alac amr ape asf au avi caf dss dts eac3 f4a f4v flac flv gsm m2ts m4a m4b m4p
    m4r m4v mka mkv mov mp2 mp3 mp4 mpa mpc mpe mpeg mpg mpga mts mxf oga ogg ogm ogv opus qt ra ram spx tta vob voc
    w64 wav wave weba webm wma wmv wv
"""
EXTENSIONS = frozenset(_NAMES.split())
"""File name extensions that say audio or video; also the values of Slack's `filetype`."""

_TEXT_AND_LISTS = frozenset({"audio/x-mpegurl", "audio/mpegurl", "audio/x-scpls", "audio/midi", "audio/x-midi"})
_AUDIO_IN_OTHER_WORDS = frozenset({"application/ogg", "application/mp4", "application/x-matroska", "application/mxf"})
_SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-binary", "binary"})
_VOICE = frozenset({"slack_audio", "slack_video"})


class AudioGuess(Enum):
    """YES: say aloud when it fails. MAYBE: look inside, and stay silent when it is not audio. NO: leave it alone."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


def guess_audio(file: FileFacts) -> AudioGuess:
    """The decision, by subtype, announced type, Slack's file type and extension; any one of them is enough."""
    extension = PurePosixPath(file.name.replace("\\", "/")).suffix.lower().lstrip(".")
    kind = file.mimetype.split(";")[0].strip().lower()
    filetype = file.filetype.lower()
    if file.subtype in _VOICE:
        return AudioGuess.YES
    if kind in _TEXT_AND_LISTS:
        return AudioGuess.NO
    if kind == "video/mp2t" and filetype in ("typescript", "text"):  # browsers announce TypeScript so
        return AudioGuess.NO
    if kind.startswith(("audio/", "video/")) or kind in _AUDIO_IN_OTHER_WORDS:
        return AudioGuess.YES
    if extension in EXTENSIONS or filetype in EXTENSIONS:
        return AudioGuess.YES
    if kind in _SAYS_NOTHING and filetype in _SAYS_NOTHING and extension in ("", "bin", "dat", "tmp"):
        return AudioGuess.MAYBE
    return AudioGuess.NO
