"""Is this file meant as audio? Decided by what Slack and its name say, before a byte is read."""

from enum import Enum

from bot.domain.job import FileFacts

_NAMES = """
    3g2 3ga 3gp 3gpp aac ac3 aif aifc aiff alac amr ape asf au avi awb bwf caf ds2 dss dts eac3 f4a f4v flac flv gsm
    latm loas m2ts m4a m4b m4p m4r m4v mka mkv mov mp2 mp3 mp4 mpa mpc mpe mpeg mpg mpga mts mxf nist nut oga ogg ogm
    ogv oma opus qcp qt qta ra ram rm sf snd sph spx tak tta vob voc w64 wav wave weba webm wma wmv wv
"""
EXTENSIONS = frozenset(_NAMES.split())
"""File name extensions that say audio or video; also the values of Slack's `filetype`."""

_TEXT_AND_LISTS = frozenset({"audio/x-mpegurl", "audio/mpegurl", "audio/x-scpls", "audio/midi", "audio/x-midi"})
_AUDIO_IN_OTHER_WORDS = frozenset({"application/ogg", "application/mp4", "application/x-matroska", "application/mxf"})
_SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-binary", "binary"})
# Names that say clearly enough what is in them, of the files that people share most. Any other name ("call 11.25",
# "visit.dat") is no reason not to look inside when Slack knows nothing either.
_ELSEWHERE = """
    7z a apk bak bz2 c cer class cpp crt css csv db dll dmg doc docx dwg elf eml eps exe gif gpg gz h heic heif html
    ico ics ipynb iso jar java jpeg jpg js json key keynote log lock md mid midi mobi msg msi numbers o obj odp ods odt
    otf p12 pages parquet pdf pem pickle pkl png ppt pptx ps1 psd py pyc rar rtf sh so sqlite sql srt stl svg tar tex
    tgz tif tiff toml torrent ts ttf txt vcf vtt wasm webp woff woff2 xls xlsx xml xz yaml yml zip zst
"""
_SOMETHING_ELSE = frozenset(_ELSEWHERE.split())
_VOICE = frozenset({"slack_audio", "slack_video"})


class AudioGuess(Enum):
    """YES: say aloud when it fails. MAYBE: look inside, and stay silent when it is not audio. NO: leave it alone."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


def guess_audio(file: FileFacts) -> AudioGuess:
    """The decision, by subtype, announced type, Slack's file type and extension; any one of them is enough."""
    extension = _extension(file.name)
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
    if kind in _SAYS_NOTHING and filetype in _SAYS_NOTHING and extension not in _SOMETHING_ELSE:
        return AudioGuess.MAYBE
    return AudioGuess.NO


def _extension(name: str) -> str:
    """`mp3` of `C:\\old\\call.MP3`; "" where there is none, or where the name is nothing else (`.mp3`)."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, dot, extension = last.rpartition(".")
    return extension.lower() if dot and stem.strip(".") else ""
