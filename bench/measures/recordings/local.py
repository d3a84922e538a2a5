"""The local engine beside the bare engine: `bench.speech.local_engine`, run as its own program."""

import json
import sys

from bench.measure import Plan, Row, at_most, row
from bench.processes.children import environment, output, start

LONGEST_SECONDS = 3 * 3600.0


async def measure(plan: Plan) -> list[Row]:
    """Its rows, with its bars."""
    directory = plan.directory("local")
    target = directory / "local.json"
    size = ["--minutes", "1", "--rounds", "1"] if plan.small else ["--hour", "--rounds", str(plan.rounds)]
    child = await start(
        "local",
        directory,
        environment(),
        sys.executable,
        "-m",
        "bench.speech.local_engine",
        "--json",
        str(target),
        *size,
    )
    await output(child, LONGEST_SECONDS, fine=(0, 1))  # 1: a bar of its own was missed
    if not target.exists():
        raise RuntimeError(child.said())
    return [
        row(
            f"local engine: {each['measure']}",
            [float(each["value"])],
            each["unit"],
            bar=None if each["bar"] is None else at_most(float(each["bar"])),
            detail=str(each["detail"])[:120],
        )
        for each in json.loads(target.read_text())["rows"]
    ]
