"""`backup`, `restore` and `export`: taking everything, bringing it back, and handing transcripts out."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import typer

from bot.cli.common import day_of, fail, moment_of, no_day, record_command, with_store
from bot.domain.errors import StoreError
from bot.domain.job import Job, State
from bot.ports.store import JobFilter, JobStore
from bot.settings import Settings
from bot.text.exports.formats import Format, export, file_name
from bot.text.speaker_names import named
from storage.engines.address import sqlite_file
from storage.engines.sqlite import check_place, lock_of
from storage.engines.sqlite_session import uri_of

_PAGE = 200
_PRIVATE = 0o600


def run_backup(settings: Settings, target: Path) -> int:
    """Copy the database into `target` while the bot runs; the copy can be read by its owner only.

    2 where it cannot be done this way (PostgreSQL has its own program, or the file exists), 1 when it fails.
    """
    try:
        file = sqlite_file(settings.database_url)
        if file is None:
            return fail("a PostgreSQL database is backed up by its own program: pg_dump --format=custom.", 2)
        check_place(file, file=True)
        _make(target)
    except StoreError as error:
        return fail(str(error), 1)
    except FileExistsError:
        return fail(f"{target} exists already: name a new file.", 2)
    except OSError as error:
        return fail(f"{target} cannot be made: {error.strerror}.", 2)
    try:
        with closing(_opened(file, "mode=ro")) as source:
            verdict = _copy(source, target)
    except (OSError, sqlite3.Error) as error:
        target.unlink(missing_ok=True)
        return fail(f"the backup failed: {error}.", 1)
    if verdict != "ok":
        target.unlink(missing_ok=True)
        return fail(f"the copy is damaged ({verdict}): is the database?", 1)
    typer.echo(f"Copied {file} to {target} ({target.stat().st_size // 1024 + 1} KB) and checked it.")
    if settings.sealing_key:
        typer.echo("Its content is sealed: keep STORAGE_KEY too, somewhere else.")
    return 0


def run_restore(settings: Settings, source: Path) -> int:
    """Put a backup in the place of the database; what is there is kept beside it. Stop the bot first.

    2 where it cannot be done this way, 1 when the backup cannot be used or a bot is running.
    """
    try:
        file = sqlite_file(settings.database_url)
        if file is None:
            return fail("a PostgreSQL database is restored by its own program: pg_restore.", 2)
        lock = lock_of(file)
    except StoreError as error:
        return fail(str(error), 1)
    file = file.resolve()  # a link to the database stays one
    partial = file.with_name(f"{file.name}.restoring")
    try:
        with closing(_opened(source, _way_to_read(source))) as backup:
            if fault := _unusable(backup):
                return fail(f"{source} {fault}; nothing was changed.", 1)
            partial.unlink(missing_ok=True)
            _make(partial)
            _copy(backup, partial)
        kept = _set_aside(file)
        partial.replace(file)
    except (OSError, sqlite3.Error) as error:
        return fail(f"{source} cannot be restored: {error}; the database is as it was.", 1)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        lock.release()
    typer.echo(f"Restored {file} from {source}." + (f" What was there is in {kept}." if kept else ""))
    typer.echo("Start the bot; it finds what was dropped since the backup, as far as Slack still lists it.")
    return 0


def _opened(file: Path, way: str) -> sqlite3.Connection:
    return sqlite3.connect(uri_of(file, way), uri=True)


def _way_to_read(backup: Path) -> str:
    """With the log beside it if that holds something; as an unchanging file otherwise, so that no log is made."""
    log = backup.with_name(f"{backup.name}-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"


def _make(target: Path) -> None:
    """Make a new file that its owner only can read."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))


def _copy(source: sqlite3.Connection, target: Path) -> str:
    """Copy a database into an empty file; what SQLite says of the copy ("ok")."""
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)  # in one go: between two steps the bot's next commit would make it begin again
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    return str(verdict)


def _unusable(backup: sqlite3.Connection) -> str:
    """Why a file is no backup that can be restored, or "". Raises `sqlite3.Error` for what is no database."""
    (verdict,) = backup.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        return f"is damaged ({verdict})"
    tables = backup.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('job', 'migration')")
    return "" if tables.fetchone() == (2,) else "is no database of Threadscribe"


def _set_aside(file: Path) -> Path | None:
    """Move the database away, its log files with it; None when there was none."""
    for extra in ("-wal", "-shm"):
        if (log := file.with_name(file.name + extra)).exists() and not file.exists():
            log.unlink()
    if not file.exists():
        return None
    kept = file.with_name(f"{file.stem}-before-restore-{datetime.now().astimezone():%Y%m%d-%H%M%S}{file.suffix}")
    for extra in ("", "-wal", "-shm"):
        if (one := file.with_name(file.name + extra)).exists():
            one.replace(kept.with_name(kept.name + extra))
    return kept


def run_export(settings: Settings, since: str, target: Path, formats: tuple[Format, ...], team: str = "") -> int:
    """Write the transcripts of all answered jobs since a day (YYYY-MM-DD; "" for all), of one workspace if `team` is
    given, into a directory.

    2 for a date or a directory that cannot be used, 1 when the database cannot be read or a file not be written.
    """
    start = moment_of(since) if since else 0.0
    if start is None:
        return fail(no_day("--since", since), 2)
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        return fail(f"{target} cannot be made: {error.strerror}.", 2)

    async def act(store: JobStore) -> int:
        written = 0
        async for job in _answered(store, start, team):
            transcript = await store.transcript(job.id)
            if transcript is None:
                continue
            for wanted in formats:  # the id comes before the name, which may be cut
                name = file_name(f"{day_of(job.created_at)} {job.id} {job.file.name or 'recording'}", wanted)
                try:
                    _write(target / name, export(named(transcript), wanted, title=job.file.name))
                except OSError as error:
                    return fail(f"{target / name} cannot be written: {error.strerror}. {written} were written.", 1)
            written += 1
            _progress(written)
        await record_command(store, "export", transcripts=str(written))
        typer.echo(f"Wrote {written} transcript{'' if written == 1 else 's'} to {target}.")
        return 0

    return with_store(settings, act)


async def _answered(store: JobStore, start: float, team: str) -> AsyncIterator[Job]:
    """Answered jobs that were created since `start`, newest first."""
    before: float | None = None
    while True:
        page = await store.jobs(JobFilter(team, states=(State.DONE,), limit=_PAGE, before=before))
        for job in page:
            if job.created_at < start:
                return
            yield job
        if len(page) < _PAGE:
            return
        before = page[-1].created_at


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE), "wb") as file:
        file.write(content)


def _progress(written: int) -> None:
    if written % 100 == 0:
        typer.echo(f"{written} written …", err=True)
