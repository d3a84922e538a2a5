"""100,000 different transcripts: lists and searches at the store (`bench.search`, run as its own program)."""

import re
import sys

from bench.measure import Plan, Row, at_most, row
from bench.processes.children import environment, output, start

JOBS = 100_000
_LINE = re.compile(r"^(?P<name>.+?)\s+first\s+(?P<first>[\d.]+) ms\s+median\s+(?P<median>[\d.]+) ms")


async def measure(plan: Plan) -> list[Row]:
    """A row for each question, by its median; the first one, nothing cached, is told beside it."""
    directory = plan.directory("lookups")
    command = [sys.executable, "-m", "bench.search", str(plan.size(JOBS, 500))]
    child = await start("lookups", directory, environment(TMPDIR=str(directory)), *command)
    said = await output(child, 3600, fine=(0, 1))  # 1: a bar of its own was missed
    found = [match for line in said.splitlines() if (match := _LINE.match(line))]
    if not found:
        raise RuntimeError(f"no figures: {said[-500:]}")
    return [
        row(
            f"{plan.size(JOBS, 500):,} transcripts: {match['name'].strip()}",
            [float(match["median"])],
            "ms",
            bar=at_most(50),
            detail=f"the first one {match['first']} ms",
        )
        for match in found
    ]
