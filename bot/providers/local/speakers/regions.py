"""Where each voice speaks in a block: windows of segmentation, and an embedding for each stretch of one voice.

Windows of 10 s every 5 s go through the segmentation network, which tells apart up to three voices, two of them at
once. Each stretch that a voice speaks becomes a `Region`; one embedding per region, not per voice and window, halves
the wrong names. Regions are small plain data, so that those of a block can be stored until the last block is done.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.providers.local.runs import runs
from bot.providers.local.speakers import weights
from bot.providers.local.speakers.features import FRAMES_PER_SECOND, RATE, Floats, log_mels

WINDOW_SECONDS = 10.0  # what the segmentation was trained on
HOP_SECONDS = 5.0  # between windows; 2.5 makes 2 points fewer errors for twice the work
STEP_SECONDS = 270 / RATE  # of one frame of the segmentation
_FIRST_CENTRE = 0.031  # seconds: the middle of its first frame
_VOICES = 3
# The classes of the segmentation: nobody, one of three voices, two of them (pyannote's powerset encoding).
POWERSET = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], bool)

_LEAST_ALONE = 0.6  # seconds alone below which there is no embedding
_EMBEDDED_SECONDS = 8.0  # of a region that the embedding is made of
_PAUSE = 0.5  # seconds within a region, if nobody else speaks meanwhile
_LEAST_FRAMES = 5  # a shorter region is noise of the segmentation
_EMBEDDING = 192

_STORED = np.dtype(
    [
        ("window", "<i4"),
        ("voice", "<i1"),
        ("windows", "<i1"),
        ("start", "<f4"),
        ("end", "<f4"),
        ("alone", "<f4"),
        ("embedding", "<f2", (_EMBEDDING,)),
    ]
)

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Region:
    """One voice of one window without a longer pause; times in seconds from the start of the recording."""

    window: int  # numbered over the whole recording
    voice: int  # 0 to 2, within its window only
    start: float
    end: float
    alone: float  # seconds in which nobody else spoke
    windows: int  # how many windows cover this place
    embedding: Floats | None = None  # [192], length 1


class RegionFinder:
    """The two loaded networks; `folder` is that of `weights.prepare`. `threads` windows are heard at the same time."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a network as small as these gains nothing by more (16 took longer than 1)
        options.enable_cpu_mem_arena = False  # keeps memory flat over a long recording
        options.log_severity_level = 3

        def load(name: str) -> onnxruntime.InferenceSession:
            return onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])

        self._segmentation, self._encoder = load(weights.SEGMENTATION), load(weights.EMBEDDING)
        self._threads = ThreadPoolExecutor(threads, "windows")

    def find(self, samples: Floats, offset: float = 0.0, first_window: int = 0, embed: bool = True) -> list[Region]:
        """The regions of mono samples at 16 kHz that begin at `offset` seconds; windows count from `first_window`.

        Without `embed` only where somebody speaks: a tenth of the work.
        """
        size, hop = int(WINDOW_SECONDS * RATE), int(HOP_SECONDS * RATE)
        starts = range(0, max(1, len(samples) - size + hop), hop)

        def in_window(number: int) -> list[Region]:
            start = starts[number]
            piece = samples[start : start + size]
            origin = offset + start / RATE + _FIRST_CENTRE / 2
            regions = []
            for voice, begin, end, mine, embedding in self._voices(piece, embed):
                middle = start / RATE + (begin + end) / 2 * STEP_SECONDS
                windows = sum(s / RATE <= middle < s / RATE + WINDOW_SECONDS for s in starts)
                span = (origin + begin * STEP_SECONDS, origin + end * STEP_SECONDS)
                alone = mine.sum() * STEP_SECONDS
                regions.append(Region(first_window + number, voice, *span, alone, windows, embedding))
            return regions

        return list(chain.from_iterable(self._threads.map(in_window, range(len(starts)))))

    def _voices(self, piece: Floats, embed: bool) -> Iterator[tuple[int, int, int, Bools, Floats | None]]:
        """Of a window: voice, first and last frame of a region, the frames in which nobody else speaks, embedding."""
        active = self._activity(piece)
        if not active.any():
            return
        anybody = np.logical_or.reduce(active, 1)
        mels = log_mels(piece) if embed else np.zeros((0, 0), np.float32)
        for voice in range(_VOICES):
            for begin, end in spans(active[:, voice], anybody):
                mine = _alone(active, voice, begin, end)
                yield voice, begin, end, mine, self._embedding(mels, mine) if embed else None

    def _activity(self, piece: Floats) -> Bools:
        """[frames, 3]: which voices speak."""
        padded = np.zeros(int(WINDOW_SECONDS * RATE), np.float32)
        padded[: len(piece)] = piece
        (scores,) = self._segmentation.run(None, {"in": padded[None, None]})
        active: Bools = POWERSET[np.asarray(scores)[0].argmax(-1)]
        active[int(len(piece) / RATE / STEP_SECONDS) + 1 :] = False
        return active

    def _embedding(self, mels: Floats, mine: Bools) -> Floats | None:
        """The voice in the frames `mine` of the segmentation, None if there are too few."""
        times = np.arange(len(mels)) / FRAMES_PER_SECOND + 0.0125
        frames = np.clip(((times - _FIRST_CENTRE) / STEP_SECONDS).round().astype(int), 0, len(mine) - 1)
        chosen = mels[mine[frames]]
        if len(chosen) < _LEAST_ALONE * FRAMES_PER_SECOND:
            return None
        chosen = chosen[: int(_EMBEDDED_SECONDS * FRAMES_PER_SECOND)]
        (vectors,) = self._encoder.run(None, {"in": (chosen - chosen.mean(0))[None]})
        vector = np.asarray(vectors)[0]
        unit: Floats = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit


def spans(voice: Bools, anybody: Bools) -> list[tuple[int, int]]:
    """Frames [begin, end) in which the voice speaks; pauses below `_PAUSE` belong to it if all are silent."""
    joined: list[tuple[int, int]] = []
    for begin, end in runs(voice):
        before = joined[-1][1] if joined else -1
        if joined and (begin - before) * STEP_SECONDS < _PAUSE and not anybody[before:begin].any():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return [(begin, end) for begin, end in joined if end - begin > _LEAST_FRAMES]


def pack(regions: Sequence[Region]) -> bytes:
    """Regions as bytes, about 400 each; `unpack` reads one or more such pieces one behind the other."""
    rows = np.zeros(len(regions), _STORED)
    for index, region in enumerate(regions):
        vector = np.zeros(_EMBEDDING, np.float32) if region.embedding is None else region.embedding
        rows[index] = (
            region.window,
            region.voice,
            region.windows,
            region.start,
            region.end,
            region.alone,
            vector,
        )
    return rows.tobytes()


def unpack(data: bytes) -> list[Region]:
    """The regions of `pack`. Raises `ValueError` for bytes of another length."""
    regions = []
    for row in np.frombuffer(data, _STORED):
        vector = row["embedding"].astype(np.float32)
        length = float(np.linalg.norm(vector))
        regions.append(
            Region(
                int(row["window"]),
                int(row["voice"]),
                float(row["start"]),
                float(row["end"]),
                float(row["alone"]),
                int(row["windows"]),
                vector / length if length else None,
            )
        )
    return regions


def _alone(active: Bools, voice: int, begin: int, end: int) -> Bools:
    """The frames of a region in which its voice speaks and no other."""
    mine: Bools = np.zeros(len(active), bool)
    mine[begin:end] = (active[:, voice] & (active.sum(1) == 1))[begin:end]
    return mine
