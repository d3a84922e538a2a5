"""`python -m bench [NAMES] [--rounds 3] [--small] [--json FILE] [--page]`: run measures and print the table.

Load goes to loopback only; every measure ends by count and by time. `--small` runs everything in a few minutes with
sizes that prove the bench, not the bot. `--page` writes table and plots into docs.
"""

import argparse
import asyncio
import importlib
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from bench.machine import describe
from bench.measure import Plan
from bench.report import Report, put_into

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = DOCS / "performance"

# Each module of `bench.measures`, in the order of the table; people call it by the last part of its name.
MEASURES = {
    "recordings.streaming": "1 GiB through the bot beside curl | curl",
    "recordings.clips": "40 clips of 2 MB beside a bare httpx script",
    "slack.acks": "200 events a second with 5,000 jobs waiting",
    "slack.door": "strangers: 1,000 connections and 50 bodies of 16 MiB",
    "slack.presses": "buttons and modals, 30,000 members and 0.5 s a call",
    "slack.replies": "three hours of speech rendered and posted: turns of the loop",
    "jobs.waiting": "10,000 waiting jobs: memory, idle load, restart",
    "jobs.path": "1,000 jobs through every state beside bare aiosqlite",
    "jobs.drop": "3,000 files in virtual time",
    "slack.finished": "100,000 finished jobs: commands and lists",
    "slack.lookups": "100,000 transcripts: lists and searches at the store",
    "recordings.local": "the local engine beside the bare engine",
    "recordings.conversion": "an hour of m4a to MP3 beside the ffmpeg program",
    "recordings.straightforward": "the same work by a straightforward bot",
    "jobs.growth": "cost of a job by rows and by jobs in flight",
    "jobs.startup": "start to ready, and --help",
}


async def run(names: list[str], report: Report, plan: Plan, console: Console) -> None:
    """Each measure in turn; one that breaks off is reported and the others go on."""
    for name in names:
        begun = time.perf_counter()
        short = name.rpartition(".")[2]
        console.print(f"{short}: {MEASURES[name]}", markup=False)
        try:
            report.rows += await importlib.import_module(f"bench.measures.{name}").measure(plan)
        except Exception as error:  # one measure must not cost the others; it is in the report, which fails
            report.failed[short] = f"{type(error).__name__}: {error}"
            if os.environ.get("BENCH_RAISE"):
                raise
        console.print(f"    {time.perf_counter() - begun:.0f} s", markup=False)
    report.load_after = os.getloadavg()


def main() -> int:
    """0 when every bar holds."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    measures = {name.rpartition(".")[2]: name for name in MEASURES}
    parser.add_argument("names", nargs="*", choices=[*measures, []], metavar="NAME", help=", ".join(measures))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="small sizes, to try the bench itself")
    parser.add_argument("--json", type=Path, help="write everything here")
    parser.add_argument("--page", action="store_true", help="write table, plots and JSON into docs")
    asked = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 200)
    report = Report(describe(), asked.rounds, asked.small)
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        plan = Plan(asked.rounds, asked.small, Path(place), told=lambda line: console.print(line, markup=False))
        asyncio.run(run([measures[name] for name in asked.names or measures], report, plan, console))
    report.show(console)
    if asked.json:
        report.write(asked.json, plan.series)
    if asked.page:
        from bench.plots import draw

        RESULTS.mkdir(exist_ok=True)
        report.write(RESULTS / "results.json", plan.series)
        draw(plan.series, RESULTS)
        put_into(DOCS / "performance.md", report.markdown())
    return 0 if report.met else 1


if __name__ == "__main__":
    sys.exit(main())
