"""Lengths of time as people read them, and the clock stamps of transcripts and subtitles."""

from typing import NamedTuple


class Units(NamedTuple):
    """How days, hours, minutes and seconds are abbreviated."""

    days: str = "d"
    hours: str = "h"
    minutes: str = "min"
    seconds: str = "s"


ENGLISH_UNITS = Units()


def human(seconds: float, units: Units = ENGLISH_UNITS) -> str:
    """A length in at most two units: `0 s`, `42 s`, `3 min 5 s`, `12 min`, `1 h 5 min`, `2 d 3 h`.

    Seconds are told under ten minutes only, where they matter.
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} {units.seconds}"
    if whole < 600:
        return _two(whole // 60, units.minutes, whole % 60, units.seconds)
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} {units.minutes}"
    if minutes < 24 * 60:
        return _two(minutes // 60, units.hours, minutes % 60, units.minutes)
    hours = round(minutes / 60)
    return _two(hours // 24, units.days, hours % 24, units.hours)


def stamp(seconds: float) -> str:
    """A place in a recording: `[mm:ss]`, from the first hour on `[h:mm:ss]`; fractions are cut off."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"[{hours}:{minutes:02}:{rest:02}]" if hours else f"[{minutes:02}:{rest:02}]"


def clock(milliseconds: int, mark: str = ".") -> str:
    """A time of WebVTT (`mark` is a point) or SubRip (a comma): `hh:mm:ss.ttt`, hours as long as they need to be."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"


def _two(large: int, unit: str, small: int, part: str) -> str:
    return f"{large} {unit} {small} {part}" if small else f"{large} {unit}"
