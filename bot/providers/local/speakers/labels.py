"""Gives each word its speaker by its times, and cuts segments where the speaker changes."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

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
