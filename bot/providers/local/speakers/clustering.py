"""Which regions are the same person: average linkage over cosine similarity (Day and Edelsbrunner, 1984).

Only regions with enough speech form groups; the others join the nearest. Thresholds were set on conversations made of
read speech, wide band and telephone (docs/performance.md).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.providers.local.speakers.features import Floats
from bot.providers.local.speakers.regions import Region

SAME_PERSON = 0.50  # least mean cosine similarity of two groups of one person
RELIABLE_SECONDS = 1.5  # alone, for a region that forms groups
PERSON_SECONDS = 3.0  # that a group needs to be a person of its own
_CENTRE_SECONDS = 5.0  # a longer region counts no more than this in the centre of its group
_MOST = 2_500  # regions that form groups: a matrix of 25 MB, two hours of talk; of more, the longest are taken

Ints = NDArray[np.int64]


class Merge(NamedTuple):
    """Two groups that became one: 0 to n - 1 are the single vectors, n the result of the first merge, and so on."""

    first: int
    second: int
    similarity: float


def cluster(regions: Sequence[Region], count: int | None = None) -> list[int]:
    """The person (0, 1, ...) of each region; exactly `count` people where that is given and possible."""
    heard = [region.embedding is not None for region in regions]
    regions = _with_embeddings(regions)
    known = [index for index, region in enumerate(regions) if region.embedding is not None]
    if not known:
        return [0] * len(regions)
    vectors = np.stack([vector for region in regions if (vector := region.embedding) is not None])
    alone = np.array([regions[index].alone for index in known])
    reliable = np.flatnonzero(alone >= RELIABLE_SECONDS)
    if len(reliable) > _MOST:
        reliable = np.sort(reliable[np.argsort(-alone[reliable], kind="stable")[:_MOST]])
    if not len(reliable) or (count and len(reliable) < count):
        longest = [i for i in np.argsort(-alone, kind="stable").tolist() if heard[known[i]]]
        reliable = np.sort(longest[: max(1, count or 1)])
    groups = cut(average_linkage(vectors[reliable]), len(reliable), count)
    seconds = np.bincount(groups, [regions[known[i]].alone / regions[known[i]].windows for i in reliable])
    people = np.argsort(-seconds, kind="stable")[:count] if count else np.flatnonzero(seconds >= PERSON_SECONDS)
    if not len(people):
        people = np.array([seconds.argmax()])
    weights = np.minimum(alone[reliable], _CENTRE_SECONDS)[:, None]
    centres = [_unit((vectors[reliable] * weights)[groups == person].sum(0)) for person in people]
    nearest = dict(zip(known, (vectors @ np.stack(centres).T).argmax(1).tolist(), strict=True))
    starts = np.array([regions[index].start for index in known])
    # A region without an embedding, in a window where its voice has none either: as its neighbour in time.
    return [
        nearest[index] if index in nearest else nearest[known[int(np.abs(starts - region.start).argmin())]]
        for index, region in enumerate(regions)
    ]


def average_linkage(vectors: Floats) -> list[Merge]:
    """All n - 1 merges of n unit vectors, by chains of nearest neighbours: n squared in time and memory."""
    n = len(vectors)
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -9)
    size, names, live = np.ones(n, np.float32), list(range(n)), np.ones(n, bool)
    merges: list[Merge] = []
    chain: list[int] = []
    while len(merges) < n - 1:
        if not chain:
            chain = [int(live.argmax())]
        while True:
            a = chain[-1]
            b = int(np.where(live, similarity[a], -9).argmax())
            if len(chain) > 1 and similarity[a, chain[-2]] >= similarity[a, b]:
                b = chain[-2]
                break
            chain.append(b)
        del chain[-2:]
        merges.append(Merge(names[a], names[b], float(similarity[a, b])))
        row = (similarity[a] * size[a] + similarity[b] * size[b]) / (size[a] + size[b])
        similarity[a], similarity[:, a] = row, row
        similarity[a, a] = -9
        size[a] += size[b]
        live[b], names[a] = False, n + len(merges) - 1
    return merges


def cut(merges: Sequence[Merge], n: int, count: int | None = None) -> Ints:
    """The group (0, 1, ...) of each of n vectors after the merges of `SAME_PERSON`, or down to `count` groups."""
    parent = list(range(n + len(merges)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    order = sorted(range(len(merges)), key=lambda number: (-merges[number].similarity, number))
    taken = set(order[: max(0, n - count)]) if count else {i for i in order if merges[i].similarity >= SAME_PERSON}
    for number, merge in enumerate(merges):
        if number in taken:
            parent[root(merge.first)] = parent[root(merge.second)] = n + number
    groups: Ints = np.unique([root(i) for i in range(n)], return_inverse=True)[1]
    return groups


def _with_embeddings(regions: Sequence[Region]) -> list[Region]:
    """Regions too short for an embedding take that of the same voice in their window, if it has one."""
    sums: dict[tuple[int, int], Floats] = {}
    for region in regions:
        if region.embedding is not None:
            weighted = region.embedding * region.alone
            key = (region.window, region.voice)
            sums[key] = sums[key] + weighted if key in sums else weighted
    return [
        replace(region, embedding=_unit(sums[region.window, region.voice]))
        if region.embedding is None and (region.window, region.voice) in sums
        else region
        for region in regions
    ]


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / np.linalg.norm(vector)
    return unit
