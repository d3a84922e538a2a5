"""Types of audio: which container and codec is called what, and into which of them we convert. Pure."""

from dataclasses import dataclass
from pathlib import PurePath

# Canonical type of a container that holds one of its usual codecs; any other codec in it fits no provider.
_USUAL: dict[str, tuple[str, str, frozenset[str]]] = {
    "mp3": ("audio/mpeg", "", frozenset({"mp3"})),
    "wav": ("audio/wav", "", frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_u8", "pcm_f32le"})),
    "mov": ("audio/mp4", "video/mp4", frozenset({"aac", "alac", "mp3", "opus", "flac"})),
    "ogg": ("audio/ogg", "video/ogg", frozenset({"opus", "vorbis"})),
    "matroska": ("audio/webm", "video/webm", frozenset({"opus", "vorbis"})),
    "flac": ("audio/flac", "", frozenset({"flac"})),
    "aac": ("audio/aac", "", frozenset({"aac"})),
    "amr": ("audio/amr", "", frozenset({"amr_nb", "amr_wb"})),
    "aiff": ("audio/aiff", "", frozenset({"pcm_s16be", "pcm_s24be", "pcm_s16le"})),
    "caf": ("audio/x-caf", "", frozenset({"aac", "alac", "opus", "pcm_s16le", "pcm_s16be"})),
    "asf": ("audio/x-ms-wma", "video/x-ms-wmv", frozenset({"wmav1", "wmav2", "wmapro"})),
}

# FFmpeg's other demuxers that carry real audio or video; what is not listed (pictures, subtitles, text) is not audio.
_RARE = frozenset({"w64", "au", "flv", "avi", "mpegts", "mpeg", "ac3", "eac3", "dts", "wv", "ape", "tta"})
_RARER = frozenset(
    {"dss", "gsm", "voc", "mpc", "mpc8", "rm", "mxf", "nut", "oma", "qcp", "nistsphere", "loas", "ircam", "tak"}
)

DEMUXERS = frozenset({*_USUAL, *_RARE, *_RARER})
"""FFmpeg's names of all that is opened at all."""

_EXTENSIONS = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "video/webm": "webm",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/aiff": "aiff",
    "audio/x-caf": "caf",
    "audio/x-ms-wma": "wma",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What we convert into: always mono, at a rate and size that speech needs."""

    name: str
    mime: str
    extension: str
    bytes_per_second: int


MP3 = Form("mp3", "audio/mpeg", "mp3", 8000)
WAV = Form("wav", "audio/wav", "wav", 32000)
FORMS = (MP3, WAV)  # the first that the provider takes


def canonical_mime(
    container: str, codec: str, has_video: bool, brand: str = "", tracks: int = 1, opposite: bool = False
) -> str:
    """The type of such a file. `brand` is the major brand of an MP4.

    A file that a provider could hear differently gets a type that no provider accepts, so that it is converted: an
    unusual codec, several sound tracks (others use the first one), channels of opposite phase (others mix them to
    silence).
    """
    plain = _plain_mime(container, codec, has_video, brand)
    return plain + (f";tracks={tracks}" if tracks > 1 else "") + (";phase=opposite" if opposite else "")


def _plain_mime(container: str, codec: str, has_video: bool, brand: str) -> str:
    names = container.split(",")
    for name in names:
        if name in _USUAL:
            audio, video, codecs = _USUAL[name]
            if name == "mov" and has_video and brand.strip() == "qt":
                return "video/quicktime"
            mime = video if has_video and video else audio
            return mime if codec in codecs else f"{mime};codecs={codec}"
    return f"{'video' if has_video else 'audio'}/x-{names[0]}"


def file_name(original: str, mime: str) -> str:
    """The original name with the extension of `mime` (left as it is when the type has none of its own)."""
    extension = _EXTENSIONS.get(mime.partition(";")[0])
    name = PurePath(original.replace("\\", "/")).name or "audio"
    if not extension or name.lower().endswith(f".{extension}"):
        return name
    return f"{PurePath(name).stem or 'audio'}.{extension}"
