"""Who speaks when: the windows of all regions vote, every 17 ms."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.providers.local.runs import runs
from bot.providers.local.speakers.clustering import cluster
from bot.providers.local.speakers.regions import STEP_SECONDS, Region

_CLOSED = 0.3  # seconds of pause within a turn that are closed
_LEAST = 0.1  # seconds of a turn
_AT_ONCE = 2  # people who speak at the same time
_CHUNK = 50_000  # frames that vote at a time, a quarter of an hour: all at once, eight hours took 600 MB


class Turn(NamedTuple):
    """Somebody speaks; times in seconds, `speaker` 0, 1, ... in order of appearance."""

    start: float
    end: float
    speaker: int


def speaker_turns(regions: Sequence[Region], count: int | None = None) -> list[Turn]:
    """The turns in order of their start; two may overlap. `count`: how many people speak, None to detect it."""
    if not regions:
        return []
    people = cluster(regions, count)
    frames = int(max(region.end for region in regions) / STEP_SECONDS) + 1
    spoken: list[list[tuple[float, float]]] = [[] for _ in range(max(people) + 1)]
    for first in range(0, frames, _CHUNK):
        votes = np.zeros((len(spoken), min(_CHUNK, frames - first)), np.float32)
        for region, person in zip(regions, people, strict=True):
            begin, end = int(region.start / STEP_SECONDS) - first, int(region.end / STEP_SECONDS) - first
            if end > 0:
                votes[person, max(0, begin) : end] += 1 / region.windows
        for joined, mine in zip(spoken, _speaking(votes), strict=True):
            for begin, end in runs(mine):
                start, stop = (first + begin) * STEP_SECONDS, (first + end) * STEP_SECONDS
                if joined and start - joined[-1][1] < _CLOSED:
                    joined[-1] = (joined[-1][0], stop)
                else:
                    joined.append((start, stop))
    turns = sorted(
        Turn(start, end, person) for person, each in enumerate(spoken) for start, end in each if end - start > _LEAST
    )
    order = {person: number for number, person in enumerate(dict.fromkeys(turn.speaker for turn in turns))}
    return [turn._replace(speaker=order[turn.speaker]) for turn in turns]


def _speaking(votes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """[people, frames] votes -> who speaks: in each frame as many of the first as the windows heard voices."""
    heard = np.minimum(np.floor(votes.sum(0) + 0.5), _AT_ONCE)
    rank = (-votes).argsort(0, kind="stable").argsort(0, kind="stable")
    speaking: NDArray[np.bool_] = (rank < heard) & (votes > 0)
    return speaking
