"""`audit`, `erase` and `hold`: what an auditor and a data-protection officer ask for."""

import json
from collections.abc import Sequence
from datetime import datetime

import typer

from bot.cli.common import OPERATOR, database_time, day_of, fail, moment_of, no_day, record, time_of, with_store
from bot.ports.store import (
    AuditAction,
    AuditEntry,
    AuditFilter,
    ErasedJob,
    EraseFilter,
    Hold,
    HoldKind,
    JobStore,
)
from bot.settings import Settings
from bot.text.printable import one_line

_PAGE = 500


def run_audit(settings: Settings, since: str, job_id: str, as_json: bool, verify: bool, team: str = "") -> int:
    """Print the audit log, oldest first, of one workspace if `team` is given; with `verify`, check its chain.

    1 when the chain is broken, 2 for no day.
    """
    start = moment_of(since) if since else 0.0
    if start is None:
        return fail(no_day("--since", since), 2)

    async def act(store: JobStore) -> int:
        if verify:
            broken = await store.verify_audit()
            if broken is not None:
                return fail(f"the audit log was changed: entry {broken} does not follow from the one before it.", 1)
            typer.echo("The audit log is whole: every entry follows from the one before it.")
            return 0
        after = 0
        while page := await store.audit(AuditFilter(team, since=start, job_id=job_id, after=after, limit=_PAGE)):
            for entry in page:
                typer.echo(_json(entry) if as_json else _line(entry))
            after = page[-1].number
        if not after and not as_json:
            typer.echo("No entries.")
        return 0

    return with_store(settings, act)


def run_erase(settings: Settings, which: EraseFilter, yes: bool) -> int:
    """Delete jobs with all that is stored of them, and say what others still hold. 1 when it is not confirmed."""

    async def act(store: JobStore) -> int:
        if not (which.team_id or which.job_id) and len(await store.workspaces()) > 1:
            return fail("several workspaces are in this database: say which one with --team.", 2)
        if not yes and not typer.confirm("Erase these recordings' transcripts, names and rows for good?"):
            return fail("nothing was changed.", 1)
        erased = await store.erase(which)
        await record(store, AuditAction.ERASED, which.team_id, jobs=str(len(erased)))
        typer.echo(f"Erased {len(erased)} recording{'' if len(erased) == 1 else 's'} here.")
        for line in _still_held(erased):
            typer.echo(line)
        return 0

    return with_store(settings, act)


def _still_held(erased: Sequence[ErasedJob]) -> list[str]:
    """What Slack and the providers may still have."""
    lines = []
    for job in erased:
        place = f"{job.origin.channel_id}, thread {job.origin.thread_ts}"
        lines.append(f"  Slack still has the file {job.origin.file_id} ({place}) unless its owner deleted it.")
        if job.messages:
            lines.append(f"  Slack still has {len(job.messages)} of our messages there: delete them in Slack.")
        if job.remote_ref and job.provider != "local":
            lines.append(f"  {job.provider} may still have {one_line(job.remote_ref)}.")
    return lines


def run_hold(settings: Settings, kind: str, ref: str, end: bool) -> int:
    """Place or end a hold; without anything list what is held. 2 for an unknown kind or no id, 1 for an unknown job."""
    if kind and kind not in tuple(HoldKind):
        return fail(f"{kind!r} cannot be held: it must be one of {', '.join(HoldKind)}.", 2)
    if not ref and (kind or end):
        return fail("say what the hold is on: job, user or channel, and its id.", 2)

    async def act(store: JobStore) -> int:
        if not kind:
            holds = await store.holds()
            for hold in holds:
                typer.echo(f"{hold.kind} {one_line(hold.ref)} since {day_of(hold.placed_at)}")
            if not holds:
                typer.echo("Nothing is held.")
            return 0
        if end:
            if not await store.end_hold(kind, ref):
                return fail(f"there is no hold on {kind} {ref}.", 1)
            await record(store, AuditAction.HOLD_ENDED, **{kind: ref})
            typer.echo(f"The hold on {kind} {ref} has ended.")
            return 0
        if kind == HoldKind.JOB and await store.job(ref) is None:
            return fail(f"there is no job {ref}.", 1)
        await store.place_hold(Hold(HoldKind(kind), ref, OPERATOR, await database_time(store)))
        await record(store, AuditAction.HELD, **{kind: ref})
        typer.echo(f"Content of {kind} {ref} is kept until the hold ends.")
        return 0

    return with_store(settings, act)


def _json(entry: AuditEntry) -> str:
    return json.dumps(
        {
            "number": entry.number,
            "at": datetime.fromtimestamp(entry.at).astimezone().isoformat(timespec="seconds"),
            "actor": entry.actor,
            "action": entry.action.value,
            "origin": entry.origin,
            "team": entry.team_id,
            "channel": entry.channel_id,
            "job": entry.job_id,
            "details": dict(entry.details),
            "hash": entry.hash,
        },
        ensure_ascii=False,
    )


def _line(entry: AuditEntry) -> str:
    facts = [entry.channel_id, entry.job_id, *(f"{name}={value}" for name, value in entry.details.items())]
    return one_line(f"{time_of(entry.at)}  {entry.actor}  {entry.action}  {' '.join(fact for fact in facts if fact)}")
