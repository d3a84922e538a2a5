"""The cost of a job, by how many rows there are and how many jobs are in flight: nothing may grow faster than the log.

Each point takes the same number of jobs through every state (as `path` does) in a database that was filled before.
The processor's seconds are compared, which a busy machine disturbs least.
"""

import math
import shutil
from pathlib import Path

from bench.measure import Bar, Plan, Row, row
from bench.population import populate
from bench.processes.children import result

ROWS = (100, 1_000, 10_000, 100_000)
IN_FLIGHT = (1, 100, 5_000)
JOBS = 200


async def measure(plan: Plan) -> list[Row]:
    """Two series, each against its own first point."""
    rows = ROWS[: plan.size(4, 2)]
    flights = IN_FLIGHT[: plan.size(3, 2)]
    by_rows = [(count, await _filled(plan, done=count)) for count in rows]
    by_flight = [(count, await _filled(plan, waiting=count)) for count in flights]

    async def cost(database: Path) -> float:
        directory = plan.directory("growth")
        shutil.copy(database, directory / "jobs.db")
        jobs = plan.size(JOBS, 50)
        found = await result("path", directory, "bench.measures.jobs.path", str(directory / "jobs.db"), str(jobs))
        shutil.rmtree(directory)
        return found["cpu"] / jobs * 1000

    points = [*by_rows, *by_flight]
    found = await plan.interleaved(*(lambda database=database: cost(database) for _, database in points))
    made: list[Row] = []
    for series, kind, offset in ((by_rows, "rows in the database", 0), (by_flight, "in flight", len(by_rows))):
        first_count, first = series[0][0], found[offset]
        for number, (count, _) in enumerate(series):
            allowed = max(1.0, math.log(max(count, 2)) / math.log(max(first_count, 2)))
            made.append(
                row(
                    f"processor per job with {count:,} {kind}",
                    found[offset + number],
                    "ms",
                    first if number else (),
                    f"with {first_count:,}",
                    Bar(round(allowed, 2), least=False, of="ratio") if number else None,
                )
            )
    return made


async def _filled(plan: Plan, done: int = 0, waiting: int = 0) -> Path:
    database = plan.directory("filled") / "jobs.db"
    await populate(database, done=done, waiting=waiting, account="instant")
    return database
