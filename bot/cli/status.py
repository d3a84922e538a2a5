"""`status`: the whole installation at one look, from its database: processes, lanes, budgets, backlog. No content."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import typer
from rich.console import Console
from rich.table import Table

from bot.cli.common import database_time, time_of, with_store
from bot.engine.upkeep.presence import LIVING_SECONDS
from bot.ports.store import BudgetState, JobStore, LaneBacklog, ProcessFacts
from bot.settings import Settings
from bot.text.durations import human


@dataclass(frozen=True, slots=True)
class _Installation:
    now: float
    processes: Sequence[ProcessFacts]
    lanes: Sequence[LaneBacklog]
    budgets: Sequence[BudgetState]
    jobs: Mapping[str, int]

    @property
    def works(self) -> bool:
        """Whether a process that works on recordings was seen lately."""
        return any(process.role != "web" for process in self.processes)

    def sums(self, what: str, names: tuple[str, str]) -> dict[str, tuple[int, int]]:
        """Two numbers that each process reports of its lanes or budgets, over all processes."""
        sums: dict[str, tuple[int, int]] = {}
        for process in self.processes:
            for name, numbers in json.loads(process.facts).get(what, {}).items():
                first, second = sums.get(name, (0, 0))
                sums[name] = first + int(numbers[names[0]]), second + int(numbers[names[1]])
        return sums


def run_status(settings: Settings, as_json: bool) -> int:
    """Print it; 1 when no process that works was seen lately."""

    async def act(store: JobStore) -> int:
        now = await database_time(store)
        found = _Installation(
            now=now,
            processes=await store.processes(now - LIVING_SECONDS),
            lanes=await store.backlog(now),
            budgets=await store.budgets(),
            jobs={state.value: count for state, count in (await store.count_by_state()).items() if count},
        )
        if as_json:
            typer.echo(_as_json(found))
        else:
            _show(found)
        return 0 if found.works else 1

    return with_store(settings, act)


def _as_json(found: _Installation) -> str:
    return json.dumps(
        {
            "processes": [{**asdict(each), "facts": json.loads(each.facts)} for each in found.processes],
            "lanes": [asdict(each) for each in found.lanes],
            "budgets": [asdict(each) for each in found.budgets],
            "jobs": dict(found.jobs),
        },
        ensure_ascii=False,
    )


def _show(found: _Installation) -> None:
    console = Console()
    if found.processes:
        console.print(_processes(found), markup=False)
    if not found.works:
        console.print("No process that works on recordings was seen lately: start `threadscribe serve`.", markup=False)
    for process in found.processes:
        for fault in json.loads(process.facts).get("faults", ()):
            console.print(f"{process.host} ({process.id}): {fault}", markup=False)
    if found.lanes:
        console.print()
        console.print(_lanes(found), markup=False)
    if found.budgets:
        console.print()
        console.print(_budgets(found), markup=False)
    counts = ", ".join(f"{name} {count}" for name, count in found.jobs.items())
    console.print(f"\nRecordings: {counts or 'none yet'}", markup=False)


def _processes(found: _Installation) -> Table:
    table = Table("process", "host", "role", "version", "since", "seen", box=None, pad_edge=False)
    for each in found.processes:
        since, seen = time_of(each.started_at)[:-3], f"{found.now - each.seen_at:.0f} s ago"
        table.add_row(each.id, each.host, each.role, each.version, since, seen)
    return table


def _lanes(found: _Installation) -> Table:
    running = found.sums("lanes", ("running", "places"))
    table = Table("lane", "unfinished", "due", "running", "places", "oldest", box=None, pad_edge=False)
    for lane in found.lanes:
        busy, places = running.get(lane.lane, (0, 0))
        oldest = human(max(0.0, found.now - lane.oldest_at))
        table.add_row(lane.lane, str(lane.jobs), str(lane.due), str(busy), str(places), oldest)
    return table


def _budgets(found: _Installation) -> Table:
    spent = found.sums("budgets", ("spent", "waited"))
    table = Table("budget", "paused for", "calls", "found it spent", box=None, pad_edge=False)
    for budget in found.budgets:
        calls, waited = spent.get(budget.account, (0, 0))
        pause = max(0.0, budget.held_until - found.now)
        table.add_row(budget.account, f"{pause:.0f} s" if pause else "-", str(calls), str(waited))
    return table
