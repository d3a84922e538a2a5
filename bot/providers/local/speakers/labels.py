"""Gives each word its speaker by its times, and cuts segments where the speaker changes. Pure."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from bot.domain.transcript import Segment
from bot.providers.local.speakers.turns import Turn

_NEAR = 1.0  # seconds from a word to the nearest turn, beyond which nobody is named
_STRAY_WORDS = 2  # so short a run between two runs of another speaker is a wrong time, unless something bounds it
_PAUSE = 0.6  # seconds that bound a run
_ENDS_SENTENCE = (".", "?", "!", "…", "。", "？", "！", "։", "՞")


class TimedWord(NamedTuple):
    """A word as the model wrote it; times in seconds."""

    text: str
    start: float
    end: float


def speakers_of(words: Sequence[TimedWord], turns: Sequence[Turn]) -> list[int | None]:
    """The speaker of each word, 0, 1, ... in the order in which they say something; None where nobody is near.

    `words` and `turns` are in order of their start.
    """
    starts = [turn.start for turn in turns]
    longest = max((turn.end - turn.start for turn in turns), default=0.0)
    found: list[int | None] = []
    for word in words:
        first = bisect_left(starts, word.start - longest - _NEAR)
        last = bisect_right(starts, word.end + _NEAR)
        found.append(_speaker(word, turns[first:last]))
    smooth = _without_strays(words, found)
    order: dict[int, int] = {}
    for speaker in smooth:
        if speaker is not None:
            order.setdefault(speaker, len(order))
    return [None if speaker is None else order[speaker] for speaker in smooth]


def label_segments(segments: Sequence[Segment], turns: Sequence[Turn]) -> list[tuple[int, Segment]]:
    """The segments with their speakers, cut where they change, each with the index of the one that it comes from.

    Nobody is named where only one person speaks. Segments without words keep their place and have no speaker.
    """
    words = [TimedWord(word.text, word.start, word.end) for segment in segments for word in segment.words]
    speakers = speakers_of(words, turns)
    if len({speaker for speaker in speakers if speaker is not None}) < 2:
        return [(index, replace(segment, speaker=None)) for index, segment in enumerate(segments)]
    result: list[tuple[int, Segment]] = []
    used = 0
    for index, segment in enumerate(segments):
        mine = speakers[used : used + len(segment.words)]
        used += len(segment.words)
        result += [(index, part) for part in _parts(segment, mine)]
    return result


def _parts(segment: Segment, speakers: Sequence[int | None]) -> list[Segment]:
    """A segment's runs of words of one speaker. A word of nobody goes with the one before it.

    Where most words are nobody's, the others are near somebody by chance: nobody is named.
    """
    if sum(speaker is not None for speaker in speakers) * 2 <= len(segment.words):
        return [replace(segment, speaker=None)]
    names: list[int | None] = []
    for speaker in speakers:
        names.append(names[-1] if speaker is None and names else speaker)
    starts = [0, *(n for n in range(1, len(names)) if names[n] != names[n - 1])]
    places = _places(segment)
    parts: list[Segment] = []
    for begin, end in zip(starts, [*starts[1:], len(names)], strict=True):
        words = segment.words[begin:end]
        text = segment.text[0 if begin == 0 else places[begin] : places[end] if end < len(places) else None]
        name = None if (number := names[begin]) is None else f"Speaker {number + 1}"
        first = segment.start if begin == 0 else words[0].start
        last = segment.end if end == len(names) else words[-1].end
        parts.append(replace(segment, text=text.strip(), start=first, end=last, speaker=name, words=words))
    return parts


def _places(segment: Segment) -> list[int]:
    """Where each word begins in the segment's text."""
    places: list[int] = []
    at = 0
    for word in segment.words:
        found = segment.text.find(word.text, at)
        places.append(found if found >= 0 else at)
        at = places[-1] + (len(word.text) if found >= 0 else 0)
    return places


def _speaker(word: TimedWord, turns: Sequence[Turn]) -> int | None:
    """The speaker whose turns cover most of the word, else the nearest."""
    covered: dict[int, float] = defaultdict(float)
    for turn in turns:
        covered[turn.speaker] += max(0.0, min(word.end, turn.end) - max(word.start, turn.start))
    best = max(covered, key=lambda speaker: covered[speaker], default=None)
    if best is None or covered[best] > 0:
        return best
    gap, nearest = min((max(turn.start - word.end, word.start - turn.end), turn.speaker) for turn in turns)
    return nearest if gap <= _NEAR else None


def _without_strays(words: Sequence[TimedWord], speakers: Sequence[int | None]) -> list[int | None]:
    """Word times are rough: one or two words amid another's speech are that other's, unless a pause bounds them."""
    result = list(speakers)
    runs: list[tuple[int, int]] = []
    for _, group in groupby(range(len(speakers)), key=lambda index: speakers[index]):
        run = list(group)
        runs.append((run[0], run[-1] + 1))
    for (begin, _), (start, end), (after, _) in zip(runs, runs[1:], runs[2:], strict=False):
        around = result[begin]
        if end - start <= _STRAY_WORDS and around is not None and around == speakers[after]:
            bounded = _bounded(words[start - 1], words[start]) or _bounded(words[end - 1], words[end])
            if not bounded:
                result[start:end] = [around] * (end - start)
    return result


def _bounded(before: TimedWord, after: TimedWord) -> bool:
    return after.start - before.end >= _PAUSE or before.text.rstrip().endswith(_ENDS_SENTENCE)
