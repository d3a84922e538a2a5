"""Who speaks when: the windows of all regions vote, every 17 ms."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.providers.local.speakers.clustering import cluster
from bot.providers.local.speakers.regions import STEP_SECONDS, Region

_CLOSED = 0.3  # seconds of pause within a turn that are closed
_LEAST = 0.1  # seconds of a turn
_AT_ONCE = 2  # people who speak at the same time
_CHUNK = 100_000  # frames that are ranked at a time


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
    votes = np.zeros((max(people) + 1, frames), np.float32)
    for region, person in zip(regions, people, strict=True):
        votes[person, int(region.start / STEP_SECONDS) : int(region.end / STEP_SECONDS)] += 1 / region.windows
    turns: list[Turn] = []
    for person, mine in enumerate(_speaking(votes)):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], mine.astype(np.int8), [0])))) * STEP_SECONDS
        joined: list[tuple[float, float]] = []
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if joined and start - joined[-1][1] < _CLOSED:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        turns += [Turn(start, end, person) for start, end in joined if end - start > _LEAST]
    turns.sort()
    order = {person: number for number, person in enumerate(dict.fromkeys(turn.speaker for turn in turns))}
    return [turn._replace(speaker=order[turn.speaker]) for turn in turns]


def _speaking(votes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """[people, frames] votes -> who speaks: in each frame as many of the first as the windows heard voices."""
    speaking = np.zeros(votes.shape, bool)
    for start in range(0, votes.shape[1], _CHUNK):
        part = votes[:, start : start + _CHUNK]
        heard = np.minimum(np.floor(part.sum(0) + 0.5), _AT_ONCE)
        rank = (-part).argsort(0, kind="stable").argsort(0, kind="stable")
        speaking[:, start : start + _CHUNK] = (rank < heard) & (part > 0)
    return speaking
