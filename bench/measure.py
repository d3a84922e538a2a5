"""What a measure gives: rows with a named baseline and a bar, from rounds in which the contestants take turns."""

import math
import random
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

T = TypeVar("T")
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bar:
    """What has to hold: the value, or its ratio to the baseline's, is at least or at most `limit`."""

    limit: float
    least: bool
    of: Literal["value", "ratio"]

    def holds(self, value: float, ratio: float | None) -> bool:
        """Whether it does."""
        compared = value if self.of == "value" else ratio
        if compared is None:
            return False
        return compared >= self.limit if self.least else compared <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.least else "≤"
        return f"{sign} {self.limit:g}" + (" ×" if self.of == "ratio" else "")


def at_most(limit: float) -> Bar:
    """The value itself is at most `limit`."""
    return Bar(limit, least=False, of="value")


def at_least(limit: float) -> Bar:
    """The value itself is at least `limit`."""
    return Bar(limit, least=True, of="value")


def ratio_at_most(limit: float) -> Bar:
    """The value is at most `limit` times the baseline's."""
    return Bar(limit, least=False, of="ratio")


def ratio_at_least(limit: float) -> Bar:
    """The value is at least `limit` times the baseline's."""
    return Bar(limit, least=True, of="ratio")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: medians over the rounds, the spread of ours, and what was compared with what."""

    measure: str
    value: float
    unit: str
    baseline: float | None = None
    beside: str = ""
    bar: Bar | None = None
    detail: str = ""
    rounds: tuple[float, ...] = ()
    baseline_rounds: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        """Ours over the baseline's."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the bar holds; None where there is none."""
        return None if self.bar is None else self.bar.holds(self.value, self.ratio)


def row(
    measure: str,
    ours: Sequence[float],
    unit: str,
    baseline: Sequence[float] = (),
    beside: str = "",
    bar: Bar | None = None,
    detail: str = "",
    fold: Callable[[Sequence[float]], float] = statistics.median,
) -> Row:
    """A row of the rounds' medians (or another `fold`: `max` for what must never happen)."""
    other = fold(baseline) if baseline else None
    return Row(measure, fold(ours), unit, other, beside, bar, detail, tuple(ours), tuple(baseline))


def compared(
    measure: str,
    unit: str,
    of: Callable[[T], float],
    ours: Sequence[T],
    others: Sequence[T],
    beside: str,
    bar: Bar | None = None,
    detail: str = "",
    fold: Callable[[Sequence[float]], float] = statistics.median,
) -> Row:
    """A row of one figure (`of`) of each round, ours and the others'."""
    return row(measure, [of(one) for one in ours], unit, [of(one) for one in others], beside, bar, detail, fold)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(slots=True)
class Plan:
    """How to measure: how often, how large, where temporary files lie, and what is kept for the plots."""

    rounds: int
    small: bool
    place: Path
    series: dict[str, object] = field(default_factory=dict)
    told: Callable[[str], None] = print

    def size(self, full: int, small: int) -> int:
        """The size of a measure: the design's, or that of a smoke test."""
        return small if self.small else full

    def directory(self, name: str) -> Path:
        """A fresh directory."""
        number = 0
        while (found := self.place / f"{name}-{number}").exists():
            number += 1
        found.mkdir()
        return found

    async def interleaved(self, *contestants: Callable[[], Awaitable[T]]) -> list[list[T]]:
        """The results of each contestant over all rounds; who begins changes by chance, so no drift favours one."""
        found: list[list[T]] = [[] for _ in contestants]
        order = list(range(len(contestants)))
        for number in range(self.rounds):
            random.shuffle(order)
            for index in order:
                found[index].append(await contestants[index]())
            self.told(f"    round {number + 1} of {self.rounds}")
        return found
