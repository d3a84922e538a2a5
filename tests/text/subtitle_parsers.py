"""Strict readers of SubRip and WebVTT: anything that a player might stumble over is an error."""

import html
import re
from dataclasses import dataclass

_SRT_TIMES = re.compile(r"(\d{2,}):([0-5]\d):([0-5]\d),(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d),(\d{3})")
_VTT_TIMES = re.compile(r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})")
_VOICE = re.compile(r"<v ([^<>\n&]|&(amp|lt|gt);)+>")


@dataclass(frozen=True)
class Shown:
    start: int
    end: int
    lines: tuple[str, ...]
    voice: str | None = None


def read_srt(data: bytes) -> list[Shown]:
    text = data.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert text == "" or text.endswith("\n\n")
    found = []
    for number, block in enumerate(text.split("\n\n")[:-1], 1):
        index, times, *lines = block.split("\n")
        assert index == str(number)
        assert lines
        assert all(line.strip() == line and line for line in lines)
        assert not any("-->" in line for line in lines)
        found.append(Shown(*_times(_SRT_TIMES, times), tuple(lines)))
    return found


def read_vtt(data: bytes) -> list[Shown]:
    text = data.decode("utf-8")
    assert "\r" not in text
    assert "\0" not in text
    assert text.endswith("\n")
    head, *blocks = text[:-1].split("\n\n")
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        identifier, times, *lines = block.split("\n")
        assert "-->" not in identifier
        assert lines
        payload = "\n".join(lines)
        voice = None
        if match := _VOICE.match(payload):
            voice, payload = html.unescape(match[0][3:-1]), payload[match.end() :]
        assert "<" not in payload
        assert ">" not in payload
        assert not re.search(r"&(?!(amp|lt|gt);)", payload)
        plain = tuple(html.unescape(line) for line in payload.split("\n"))
        assert all(line.strip() == line and line for line in plain)
        found.append(Shown(*_times(_VTT_TIMES, times), plain, voice))
    return found


def _times(pattern: re.Pattern[str], line: str) -> tuple[int, int]:
    match = pattern.fullmatch(line)
    assert match, line
    numbers = [int(part) for part in match.groups()]
    first, second = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (numbers[:4], numbers[4:]))
    return first, second
