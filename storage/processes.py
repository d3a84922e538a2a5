"""The processes of one installation, and the pace towards Slack that they share."""

import json
from collections.abc import Collection, Mapping, Sequence

from bot.ports.store.processes import BudgetState, LaneBacklog, ProcessFacts
from storage.engines.transaction import Database, Transaction, execute, integer, number, reads_once, text, writes_once


class StoredProcesses:
    """Who works on this database."""

    _db: Database

    @writes_once
    def report_process(self, process: ProcessFacts) -> Transaction[None]:
        """Say that it lives."""
        yield from execute(
            "report_process",
            id=process.id,
            host=process.host,
            role=process.role,
            version=process.version,
            spool=process.spool,
            started_at=process.started_at,
            seen_at=process.seen_at,
            facts=process.facts,
        )

    @writes_once
    def forget_process(self, process_id: str) -> Transaction[None]:
        """It has ended."""
        yield from execute("forget_process", id=process_id)

    @reads_once
    def processes(self, since: float) -> Transaction[Sequence[ProcessFacts]]:
        """Those that were seen since then, oldest first."""
        rows = yield from execute("processes", since=since)
        return [
            ProcessFacts(
                id=text(row, "id"),
                host=text(row, "host"),
                role=text(row, "role"),
                version=text(row, "version"),
                spool=text(row, "spool"),
                started_at=number(row, "started_at"),
                seen_at=number(row, "seen_at"),
                facts=text(row, "facts"),
            )
            for row in rows
        ]

    @writes_once
    def reserve_pace(self, wanted: Mapping[str, float], now: float) -> Transaction[Mapping[str, float]]:
        """Take as many seconds of each key as are wanted; when (Unix seconds) those of each key begin."""
        entries = json.dumps([{"key": key, "seconds": wanted[key]} for key in sorted(wanted)])
        rows = yield from execute("reserve_pace", wanted=entries, now=now)
        return {text(row, "key"): number(row, "free_at") - wanted[text(row, "key")] for row in rows}

    @writes_once
    def hold_pace(self, key: str, until: float) -> Transaction[None]:
        """No further call of this key before `until`."""
        yield from execute("hold_pace", key=key, until=until)

    @reads_once
    def backlog(self, now: float) -> Transaction[Sequence[LaneBacklog]]:
        """What each lane has to do."""
        rows = yield from execute("backlog", now=now)
        return [
            LaneBacklog(text(row, "lane"), integer(row, "jobs"), integer(row, "due"), number(row, "oldest_at"))
            for row in rows
        ]

    @reads_once
    def budgets(self) -> Transaction[Sequence[BudgetState]]:
        """The rate budgets of all accounts."""
        rows = yield from execute("budgets")
        return [BudgetState(text(row, "account"), number(row, "arrival_at"), number(row, "held_until")) for row in rows]

    @reads_once
    def unfinished(self, job_ids: Collection[str]) -> Transaction[Collection[str]]:
        """Which of these jobs still need their audio: neither answered, nor deleted, nor unknown."""
        rows = yield from execute("unfinished", ids=json.dumps(list(job_ids)))
        return {text(row, "id") for row in rows}
