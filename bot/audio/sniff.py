"""What the first bytes of a file say by themselves: its family, and whether it is locked. Pure."""

import re

# Families by FFmpeg's demuxer names; the magic numbers are those of the formats' specifications.
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "mp4"),
    (4, b"moov", "mp4"),
    (4, b"mdat", "mp4"),
    (4, b"wide", "mp4"),
    (0, b"OggS", "ogg"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"fLaC", "flac"),
    (0, b"ID3", "mp3"),
    (0, b"#!AMR", "amr"),
    (0, b"caff", "caf"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b".snd", "au"),
    (0, b"wvpk", "wv"),
    (0, b"RF64", "wav"),
    (0, b"riff\x2e\x91\xcf\x11", "w64"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (1, b"dss", "dss"),
    (0, b"Creative Voice File", "voc"),
    (0, b".RMF", "rm"),
    (0, b".ra\xfd", "rm"),
    (0, b"\x06\x0e\x2b\x34", "mxf"),
    (0, b"nut/multimedia container", "nut"),
    (0, b"MP+", "mpc"),
    (0, b"MPCK", "mpc8"),
    (0, b"MAC ", "ape"),
    (0, b"TTA1", "tta"),
    (0, b"tBaK", "tak"),
    (0, b"NIST_1A", "nistsphere"),
    (0, b"ea3\x03", "oma"),
    (0, b"EA3\x01", "oma"),
    (0, b"\x64\xa3", "ircam"),
    (2, b"\xa3\x64", "ircam"),
    (0, b"\x0b\x77", "ac3"),
    (0, b"\x7f\xfe\x80\x01", "dts"),
    (0, b"\x56\xe0", "loas"),
)
_RIFF = {b"WAVE": "wav", b"AVI ": "avi", b"QLCM": "qcp"}
# Sound formats that our decoder does not know, by their first bytes.
_UNREADABLE = ((1, b"ds2", "DS2"),)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head)\b", re.IGNORECASE | re.DOTALL
)
# A sample description whose entry is encrypted: ISO 14496-12 (enca), FairPlay (drms), Audible (aavd).
_LOCKED_MP4 = re.compile(rb"stsd.{4}\0\0\0.{5}(?:enca|drms|aavd)", re.DOTALL)
# Content Encryption and Extended Content Encryption objects of ASF.
_LOCKED_ASF = (
    bytes.fromhex("fbb31122 23bdd211 b4b700a0 c955fc6e"),
    bytes.fromhex("14e68a29 2226174c b935dae0 7ee9289c"),
)
_MATROSKA_CLUSTER = b"\x1f\x43\xb6\x75"
_LOCKED_MATROSKA = re.compile(rb"\x62\x40.{1,40}\x50\x35", re.DOTALL)  # ContentEncoding … ContentEncryption


def family(head: bytes) -> str:
    """The media family that the head claims ("mp4", "ogg", "mp3", …), or "" for none that we know."""
    if head[:4] in (b"RIFF", b"RIFX"):
        return _RIFF.get(head[8:12], "")
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    for offset, magic, name in _MAGIC:
        if head.startswith(magic, offset):
            return name
    if len(head) > 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer = head[1] >> 1 & 3
        if layer == 0 and head[1] & 0xF6 == 0xF0:
            return "aac"
        if layer and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3:
            return "mp3"
    if len(head) > 188 and head[0] == 0x47 and head[188] == 0x47:
        return "mpegts"
    return ""


def unreadable_format(head: bytes) -> str:
    """The name of a format of sound that cannot be decoded here, or ""."""
    return next((name for offset, magic, name in _UNREADABLE if head.startswith(magic, offset)), "")


def is_html(head: bytes) -> bool:
    """Whether this is a web page (a login form in place of the file)."""
    return _HTML.match(head) is not None


def is_locked(part: bytes) -> bool:
    """Whether this part of a file (its head, or an MP4 index) declares encrypted audio."""
    if part.startswith(b"\x30\x26\xb2\x75"):
        return any(guid in part for guid in _LOCKED_ASF)
    if part.startswith(b"\x1a\x45\xdf\xa3"):
        return _LOCKED_MATROSKA.search(part.partition(_MATROSKA_CLUSTER)[0]) is not None
    return _LOCKED_MP4.search(part) is not None
