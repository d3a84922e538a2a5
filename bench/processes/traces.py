"""What a watched process wrote of itself, by stretches of time."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: time, resident bytes of the process and of its children, its processor seconds so far, its turns."""

    at: float
    rss: int
    children: int
    cpu: float
    turns: int
    wall: float
    net: float


@dataclass(frozen=True, slots=True)
class Trace:
    """Samples in order."""

    samples: tuple[Sample, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """All whole lines of the sampler's file."""
        lines = path.read_text(encoding="ascii").splitlines()
        return cls(tuple(Sample(*json.loads(line)) for line in lines if line.endswith("]")))

    def between(self, begin: float, end: float) -> "Trace":
        """The samples from `begin` to the first one at or after `end` (Unix seconds)."""
        found = [sample for sample in self.samples if sample.at >= begin]
        last = next((number for number, sample in enumerate(found) if sample.at >= end), len(found) - 1)
        return Trace(tuple(found[: last + 1]))

    @property
    def peak(self) -> int:
        """Most resident bytes of the process."""
        return max((sample.rss for sample in self.samples), default=0)

    @property
    def peak_children(self) -> int:
        """Most resident bytes of its children together."""
        return max((sample.children for sample in self.samples), default=0)

    @property
    def level(self) -> int:
        """Resident bytes at the end."""
        return self.samples[-1].rss if self.samples else 0

    @property
    def stall(self) -> float:
        """Longest turn of the loop in seconds, without the time in which other programs had the processor."""
        return max((sample.net for sample in self.samples), default=0.0)

    @property
    def stall_wall(self) -> float:
        """Longest turn of the loop in seconds by the wall."""
        return max((sample.wall for sample in self.samples), default=0.0)

    @property
    def cpu(self) -> float:
        """Processor seconds that were used."""
        return self.samples[-1].cpu - self.samples[0].cpu if self.samples else 0.0
