"""3,000 files dropped at once on one account of 60 calls a minute, in virtual time (see `bench.rush`)."""

from bench.measure import Plan, Row, at_most, row
from bench.rush import rush, sample

FILES = 3_000


async def measure(plan: Plan) -> list[Row]:
    """The row of design section 7. It is deterministic but for jitter, so one round is enough."""
    files = plan.size(FILES, 60)
    found = await rush(files, sample(), colleague_after=plan.size(600, 30))
    plan.series["replies"] = {"points": [[at / 60, n] for n, at in enumerate(found.replies, 1)], "files": files}
    name = f"{files:,} files at once"
    wrong = found.doubled + len(found.violations) + len(found.failures) + abs(found.billed - files - 1)
    return [
        row(
            f"{name}: refused (429)",
            [float(found.refused)],
            "",
            bar=at_most(0),
            detail=f"{found.busiest_minute} calls in the busiest minute",
        ),
        row(f"{name}: first reply", [found.first], "s", bar=at_most(120)),
        row(f"{name}: a colleague's clip in the middle of it", [found.colleague], "s", bar=at_most(180)),
        row(f"{name}: last reply", [found.last / 60], "min", [files * 2 / 60], "2 calls each at 60 a minute"),
        row(f"{name}: doubled, empty, failed or unbilled", [float(wrong)], "", bar=at_most(0)),
    ]
