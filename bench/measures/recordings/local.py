"""The local engine beside the bare engine: `bench.speech.local_engine`, run as its own program."""

import json
import sys
from dataclasses import replace

from bench.measure import Bar, Plan, Row, row
from bench.processes.children import environment, running, start


async def measure(plan: Plan) -> list[Row]:
    """Its rows, with its bars."""
    directory = plan.directory("local")
    target = directory / "local.json"
    size = ["--minutes", "1", "--rounds", "1"] if plan.small else ["--hour", "--rounds", str(plan.rounds)]
    command = [sys.executable, "-m", "bench.speech.local_engine", "--json", str(target), *size]
    child = await start("local", directory, environment(), *command)
    async with running(child):
        assert child.process.stdout is not None
        await child.process.stdout.read()
        await child.process.wait()
    if not target.exists():
        raise RuntimeError(child.said())
    made = []
    for each in json.loads(target.read_text())["rows"]:
        value, limit = float(each["value"]), each["bar"]
        # It judges what is not rounded yet.
        bar = None if limit is None else Bar(max(float(limit), value) if each["kept"] else limit, False, "value")
        made.append(row(f"local engine: {each['measure']}", [value], each["unit"], bar=bar))
        made[-1] = replace(made[-1], detail=str(each["detail"])[:120])
    return made
