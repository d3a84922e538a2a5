"""Plots as hand-written SVG: memory while a file passes, acknowledgements under load, replies of a great drop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 44
INK, LINE, DOTS, BAR = "#57606a", "#0969da", "#8250df", "#cf222e"

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture; `bar` is a horizontal line with its name."""

    title: str
    x: str
    y: str
    points: Points
    dots: bool = False
    bar: tuple[float, str] | None = None

    def svg(self) -> str:
        """The picture, on its own white ground so that it can be read on any page."""
        wide = _above(max((x for x, _ in self.points), default=1.0))
        tall = _above(max([y for _, y in self.points] + ([self.bar[0]] if self.bar else []) or [1.0]))

        def at(x: float, y: float) -> tuple[float, float]:
            across = LEFT + x / wide * (WIDTH - LEFT - RIGHT)
            return across, HEIGHT - BOTTOM - y / tall * (HEIGHT - TOP - BOTTOM)

        parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x, y = at(wide * share, tall * share)
            bottom = HEIGHT - BOTTOM
            parts += [
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#d0d7de"/>',
                _text(LEFT - 6, y + 4, f"{tall * share:g}", "end"),
                _text(x, bottom + 16, f"{wide * share:g}", "middle"),
            ]
        parts += [
            _text(LEFT, 20, self.title, "start", bold=True),
            _text(WIDTH / 2, HEIGHT - 8, self.x, "middle"),
            f'<text transform="rotate(-90)" x="{-HEIGHT / 2}" y="14" text-anchor="middle" fill="{INK}">{self.y}</text>',
        ]
        places = [at(x, y) for x, y in self.points]
        if self.dots:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{DOTS}" opacity="0.5"/>' for x, y in places]
        elif places:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(f'<path d="M{path}" fill="none" stroke="{LINE}" stroke-width="1.8"/>')
        if self.bar:
            _, y = at(0, self.bar[0])
            parts += [
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{BAR}" stroke-dasharray="5 4"/>',
                _text(WIDTH - RIGHT, y - 5, self.bar[1], "end", colour=BAR),
            ]
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        return head + 'font-size="12" role="img">\n' + "\n".join(parts) + "\n</svg>\n"


def draw(series: Mapping[str, object], directory: Path) -> None:
    """Draw what was measured in this run."""
    if memory := _points(series, "memory"):
        idle, size = _fact(series, "memory", "idle"), _fact(series, "memory", "size")
        title = f"Memory of the bot while {size:.0f} MiB pass through it"
        bar = (idle + 32, "idle + 32 MiB")
        _write(directory / "memory.svg", Plot(title, "seconds", "MiB resident", memory, bar=bar))
    if acks := _points(series, "acks"):
        title = "Acknowledgements at 200 events a second, 5,000 jobs waiting"
        _write(directory / "acks.svg", Plot(title, "seconds", "milliseconds", acks, dots=True, bar=(100, "100 ms")))
    if replies := _points(series, "replies"):
        files = _fact(series, "replies", "files")
        title = f"Replies to {files:,.0f} files dropped at once, 60 calls a minute"
        _write(directory / "replies.svg", Plot(title, "minutes", "replies", replies))


def _points(series: Mapping[str, object], name: str) -> Points:
    found = series.get(name)
    points = found["points"] if isinstance(found, dict) else []
    return [(float(x), float(y)) for x, y in points]


def _fact(series: Mapping[str, object], name: str, fact: str) -> float:
    found = series[name]
    assert isinstance(found, dict)
    return float(found[fact])


def _write(path: Path, plot: Plot) -> None:
    path.write_text(plot.svg(), encoding="utf-8")


def _above(value: float) -> float:
    """The next number of one digit and a half: the end of an axis."""
    step = 1e-9
    while True:
        for digit in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8):
            if digit * step >= value:
                return float(f"{digit * step:.6g}")
        step *= 10


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False, colour: str = INK) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{words}</text>'
