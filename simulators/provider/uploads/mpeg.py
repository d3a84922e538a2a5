"""MPEG audio layer III frames (ISO/IEC 11172-3, 13818-3), just enough to know an MP3 and its length."""

from typing import Final

_BITRATES_V1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_BITRATES_V2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_SAMPLE_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_TOLERATED_JUNK: Final = 0.05


def mpeg_seconds(data: bytes) -> float:
    """Return the length of an MP3 in seconds, 0.0 when the bytes are none.

    Bytes that belong to no frame or tag may make up one twentieth at most: a renamed file of another format has
    chance frames, but never in an unbroken row.
    """
    position = _after_id3(data)
    end = len(data)
    if data[max(position, end - 128) : end][:3] == b"TAG":
        end -= 128
    seconds, used = 0.0, 0
    start = position
    first = True
    while position + 4 <= end:
        frame = _frame(data, position)
        if frame is None:
            position += 1
            if position - start - used > max(4096, (end - start) * _TOLERATED_JUNK):
                return 0.0
            continue
        length, frame_seconds = frame
        is_info = first and (b"Xing" in data[position : position + 64] or b"Info" in data[position : position + 64])
        if not is_info:
            seconds += frame_seconds
        first = False
        position += length
        used += length
    if used < (end - start) * (1 - _TOLERATED_JUNK):
        return 0.0
    return seconds


def _after_id3(data: bytes) -> int:
    position = 0
    while data[position : position + 3] == b"ID3" and len(data) >= position + 10:
        size = 0
        for byte in data[position + 6 : position + 10]:
            size = size << 7 | byte & 0x7F
        position += 10 + size
    return position


def _frame(data: bytes, position: int) -> tuple[int, float] | None:
    """Return bytes and seconds of the layer III frame at `position`, or None when there is none."""
    if data[position] != 0xFF or data[position + 1] & 0xE6 != 0xE2:
        return None
    version = data[position + 1] >> 3 & 3
    rates = _SAMPLE_RATES.get(version)
    rate_index = data[position + 2] >> 2 & 3
    bitrate = (_BITRATES_V1 if version == 3 else _BITRATES_V2)[data[position + 2] >> 4]
    if rates is None or rate_index == 3 or bitrate == 0:
        return None
    rate = rates[rate_index]
    samples = 1152 if version == 3 else 576
    padding = data[position + 2] >> 1 & 1
    return samples // 8 * bitrate * 1000 // rate + padding, samples / rate
