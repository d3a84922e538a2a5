"""Conversations built from single voices, with the truth of who speaks when, and how wrong an answer is.

The voices are folders of clips, one a speaker. `tests/engine_local/voices` has four; LibriSpeech (CC BY 4.0) has
thousands in the same layout, so that larger sets need no other code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from faster_whisper import decode_audio
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

RATE = 16_000
FRAME = 160  # samples: errors are counted by hundredths of a second
Floats = NDArray[np.float32]
Span = tuple[float, float, int]  # start, end, speaker


@dataclass(frozen=True)
class Conversation:
    """Mono sound at `RATE`, one channel for each speaker, and the spans in which each speaks."""

    sound: Floats
    channels: Floats
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        return len(self.sound) / RATE


def voices(folder: Path) -> dict[str, list[Floats]]:
    """Speaker -> clips. A clip belongs to the speaker in front of the first hyphen of its name, as in LibriSpeech."""
    found: dict[str, list[Floats]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".ogg", ".flac", ".wav"}):
        found.setdefault(path.name.partition("-")[0], []).append(_trimmed(decode_audio(str(path), RATE)))
    return found


def conversation(
    clips: Mapping[str, Sequence[Floats]],
    seed: int,
    seconds: float,
    *,
    longest_turn: float = 7.0,
    overlap: float = 0.7,
    pause: float = 1.5,
) -> Conversation:
    """Everybody speaks in turns of 1 s to `longest_turn`, begun from `overlap` before the last ended to `pause` after.

    Each clip is used from its beginning and goes on where it was interrupted; then the next of that speaker.
    """
    chance = np.random.default_rng(seed)
    streams = [np.concatenate(list(clips[speaker])) for speaker in sorted(clips)]
    used = [0] * len(streams)
    placed: list[tuple[int, Floats, int]] = []
    at, last = 0, -1
    while at < seconds * RATE:
        speaker = int(chance.choice([s for s in range(len(streams)) if s != last or len(streams) == 1]))
        size = int(chance.uniform(1.0, longest_turn) * RATE)
        if used[speaker] + RATE // 2 > len(streams[speaker]):
            used[speaker] = 0
        piece = streams[speaker][used[speaker] : used[speaker] + size]
        used[speaker] += len(piece)
        placed.append((at, piece * np.float32(chance.uniform(0.6, 1.0)), speaker))
        at = max(0, at + len(piece) + int(chance.uniform(-overlap, pause) * RATE))
        last = speaker
    length = max(start + len(piece) for start, piece, _ in placed)
    channels = np.zeros((len(streams), length), np.float32)
    spans: list[Span] = []
    for start, piece, speaker in placed:
        channels[speaker, start : start + len(piece)] += piece
        spans += [(start / RATE + b, start / RATE + e, speaker) for b, e in _spoken(piece)]
    return Conversation(channels.sum(0), channels, tuple(sorted(spans)))


def by_telephone(sound: Floats) -> Floats:
    """The band of 300 to 3,400 Hz at 8 kHz, coded with mu-law, back at 16 kHz."""
    narrow = _band(sound, 300, 3400)
    narrow /= max(1e-9, float(np.abs(narrow).max())) * 1.25
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    decoded = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    return _band(decoded, 0, 4000).astype(np.float32)  # at 8 kHz there is nothing above, noise of the coding neither


def _band(sound: NDArray[np.floating], low: float, high: float) -> NDArray[np.floating]:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(hertz < low) | (hertz > high)] = 0
    return np.fft.irfft(spectrum, len(sound))


def in_room(sound: Floats, seed: int, noise_db: float = 18.0) -> Floats:
    """With the reverberation of a small room (0.4 s) and steady noise `noise_db` below the speech."""
    chance = np.random.default_rng(seed)
    decay = chance.normal(0, 1, int(0.4 * RATE)) * np.exp(-np.arange(int(0.4 * RATE)) / RATE * 6.9 / 0.4)
    decay[0] = 4.0
    size = len(sound) + len(decay)
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(decay / np.linalg.norm(decay), size), size)[: len(sound)]
    level = float(np.sqrt((wet**2).mean()))
    noisy: Floats = (wet + chance.normal(0, level * 10 ** (-noise_db / 20), len(wet))).astype(np.float32)
    return noisy


@dataclass(frozen=True)
class Errors:
    """Seconds: of true speech, missed, invented, with the wrong name."""

    speech: float
    missed: float
    invented: float
    confused: float

    @property
    def rate(self) -> float:
        """The diarization error rate, without a collar, overlaps included."""
        return (self.missed + self.invented + self.confused) / max(1e-9, self.speech)

    @property
    def wrong_names(self) -> float:
        """The share of speech with the wrong name."""
        return self.confused / max(1e-9, self.speech)


def errors(truth: Sequence[Span], answer: Sequence[Span]) -> Errors:
    """How far an answer is from the truth, its speakers matched as is best for it (at most seven)."""
    length = int(max(end for _, end, _ in [*truth, *answer, (0.0, 0.01, 0)]) * RATE / FRAME) + 1
    real, said = _frames(truth, length), _frames(answer, length)
    size = max(len(real), len(said))
    real, said = (np.pad(grid, ((0, size - len(grid)), (0, 0))) for grid in (real, said))
    together = real.astype(int) @ said.astype(int).T
    matched = max(sum(int(together[a, b]) for a, b in enumerate(order)) for order in permutations(range(size)))
    true_count, said_count = real.sum(0), said.sum(0)
    step = FRAME / RATE
    return Errors(
        speech=float(true_count.sum()) * step,
        missed=float(np.maximum(0, true_count - said_count).sum()) * step,
        invented=float(np.maximum(0, said_count - true_count).sum()) * step,
        confused=float(np.minimum(true_count, said_count).sum() - matched) * step,
    )


def _frames(spans: Sequence[Span], length: int) -> NDArray[np.bool_]:
    grid = np.zeros((max((speaker for _, _, speaker in spans), default=0) + 1, length), bool)
    for start, end, speaker in spans:
        grid[speaker, int(start * RATE / FRAME) : int(end * RATE / FRAME)] = True
    return grid


def _spoken(piece: Floats) -> list[tuple[float, float]]:
    """Seconds of a clip of one voice in which there is speech, as Silero hears it: clips have breath and clicks too."""
    options = VadOptions(min_silence_duration_ms=300, speech_pad_ms=30)
    return [(each["start"] / RATE, each["end"] / RATE) for each in get_speech_timestamps(piece, options)]


def _trimmed(clip: Floats) -> Floats:
    """Without the silence at its ends, at one level for all."""
    spans = _spoken(clip)
    inner = clip[int(spans[0][0] * RATE) : int(spans[-1][1] * RATE)]
    return inner * np.float32(0.08 / max(1e-6, float(np.sqrt((inner**2).mean()))))
