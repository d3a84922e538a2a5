"""The table: for a terminal, as JSON, and as the Markdown that stands in docs/performance.md."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.machine import Machine
from bench.measure import Row

BEGIN, END = "<!-- measures: begin -->", "<!-- measures: end -->"
PLOTTED = 300  # points of a series that a plot can show


@dataclass(slots=True)
class Report:
    """What one run found; `failed` says which measures broke off, and why."""

    machine: Machine
    rounds: int
    small: bool
    rows: list[Row] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    load_after: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def met(self) -> bool:
        """Whether every bar holds and nothing broke off."""
        return not self.failed and all(row.met is not False for row in self.rows)

    def document(self, series: Mapping[str, object]) -> dict[str, object]:
        """Everything, for JSON."""
        rows = [{**asdict(row), "ratio": row.ratio, "bar": str(row.bar or ""), "met": row.met} for row in self.rows]
        return {
            "machine": asdict(self.machine),
            "rounds": self.rounds,
            "small": self.small,
            "load_after": self.load_after,
            "rows": rows,
            "failed": self.failed,
            "series": dict(series),
        }

    def write(self, path: Path, series: Mapping[str, object]) -> None:
        """Write it as JSON: every figure, and of each series as many points as a plot can show, one line for each."""
        lines = []
        for key, value in self.document({name: _thinned(points) for name, points in series.items()}).items():
            shown = _compact(value)
            if key == "rows" and isinstance(value, list):
                shown = "[\n" + ",\n".join(map(_compact, value)) + "\n]"
            elif key == "series" and isinstance(value, dict):
                each = [f"{_compact(name)}: {_compact(points)}" for name, points in value.items()]
                shown = "{\n" + ",\n".join(each) + "\n}"
            lines.append(f"{_compact(key)}: {shown}")
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")

    def show(self, console: Console) -> None:
        """Print the table."""
        machine = self.machine
        title = f"{machine.processor}, {machine.cores} cores, load {machine.load[0]:.1f}, {self.rounds} rounds"
        table = Table(title=title + (", SMALL SIZES" if self.small else ""))
        for name in ("measure", "value", "baseline", "ratio", "bar", "met", "detail"):
            table.add_column(name, justify="right" if name in ("value", "baseline", "ratio") else "left")
        for row in self.rows:
            table.add_row(*_cells(row.measure, row))
        console.print(table)
        for name, why in self.failed.items():
            console.print(f"{name} broke off: {why}", markup=False)

    def markdown(self) -> str:
        """The table for the page."""
        lines = ["| Measure | Value | Baseline | Ratio | Bar | Met | Detail |", "|---|---|---|---|---|---|---|"]
        lines += ["| " + " | ".join(_cells(row.measure, row)) + " |" for row in self.rows]
        lines += [f"| {name} | broke off | | | | no | {why} |" for name, why in self.failed.items()]
        return "\n".join(line.replace("curl | curl", "`curl \\| curl`") for line in lines)


def _thinned(series: object) -> object:
    """A series with at most `PLOTTED` points, three digits behind the point."""
    if not isinstance(series, dict) or not isinstance(series.get("points"), list | tuple):
        return series
    points = list(series["points"])
    step = max(1, -(-len(points) // PLOTTED))
    return {**series, "points": [[round(value, 3) for value in point] for point in points[::step]]}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def put_into(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page."""
    whole = page.read_text(encoding="utf-8")
    head, tail = whole.split(BEGIN)[0], whole.split(END)[1]
    page.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


def _cells(name: str, row: Row) -> Sequence[str]:
    beside = "" if row.baseline is None else f"{_figure(row.baseline)} {row.unit} ({row.beside})"
    return (
        name,
        f"{_figure(row.value)} {row.unit}",
        beside,
        "" if row.ratio is None else f"{row.ratio:.2f}",
        str(row.bar or ""),
        {None: "", True: "yes", False: "NO"}[row.met],
        row.detail,
    )


def _figure(value: float) -> str:
    """Three digits that count."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"
