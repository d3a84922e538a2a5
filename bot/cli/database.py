"""`rekey` and `migrate-store`: changing the storage key, and moving to another database, while no bot runs."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn

from bot.cli.common import fail
from bot.domain.errors import StoreError
from bot.failpoints import Failpoints
from bot.settings import Settings
from storage.engines.address import sqlite_file, without_password
from storage.maintenance.copy import duplicate
from storage.maintenance.database import MaintenanceDatabase, open_exclusively
from storage.maintenance.rekey import Rekeyed, rekey
from storage.seal import Seal

INTERRUPTED = 130  # as a shell says it
_NAMED = 5  # values that do not open, in a message


class Meter:
    """How far it is: a bar on a terminal, else a line for every tenth."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._doing = ""
        self._tenths = -1

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tell(self, doing: str, done: int, total: int) -> None:
        """Show how far it is."""
        if doing != self._doing:
            self._doing, self._tenths = doing, -1
            for task in self._bar.task_ids:
                self._bar.remove_task(task)
            self._bar.add_task(doing, total=total)
        if not self._bar.disable:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total)
        elif total and (tenths := done * 10 // total) > self._tenths:
            self._tenths = tenths
            typer.echo(f"{doing} {done} of {total} ({done * 100 // total} %)", err=True)


def run_rekey(settings: Settings, plain: bool, points: Failpoints | None = None) -> int:
    """Seal everything with STORAGE_KEY, or nothing if `plain`; 1 when that cannot be done, or not for every value."""
    key = settings.sealing_key
    known = [*([key] if key else []), *settings.old_keys]
    seal = Seal(known, plain=plain)

    async def work() -> int:
        async with open_exclusively(settings.database_url) as database:
            with Meter() as meter:
                doing = "unsealed" if plain else "sealed"
                outcome = await rekey(
                    _pointed(database, points), seal, lambda done, total: meter.tell(doing, done, total)
                )
        return _report(outcome, seal, bool(settings.old_keys))

    return _guarded(work(), "Stopped: what was done stays. Run it again to go on.")


def _report(outcome: Rekeyed, seal: Seal, had_old: bool) -> int:
    values = f"{outcome.changed} value{'' if outcome.changed == 1 else 's'}"
    if seal.newest:
        said = f"Sealed {values} with STORAGE_KEY (id {seal.newest}); {outcome.already} had that seal already"
        free = "; STORAGE_KEY_OLD can be removed now" if had_old else ""
    else:
        said = f"Stored {values} unencrypted; {outcome.already} were unencrypted already"
        free = "; remove STORAGE_KEY and STORAGE_KEY_OLD from the settings before the next start"
    if not outcome.damaged:
        typer.echo(f"{said}{free}.")
        return 0
    typer.echo(f"{said}.")
    shown = ", ".join(outcome.damaged[:_NAMED]) + (", …" if len(outcome.damaged) > _NAMED else "")
    return fail(
        f"{len(outcome.damaged)} did not open and stayed as they were ({shown}): they are damaged. "
        "Restore them from a backup, or keep the old key in STORAGE_KEY_OLD until they are purged.",
        1,
    )


def run_migrate_store(settings: Settings, to: str, again: bool, points: Failpoints | None = None) -> int:
    """Copy the database into the one at `to`; 2 for an address that does not do, 1 when it cannot be copied."""
    try:
        file = sqlite_file(to)
    except StoreError as error:
        return fail(_of_target(error), 2)

    async def work() -> int:
        source_file = sqlite_file(settings.database_url)
        if file is not None and source_file is not None and file.absolute() == source_file.absolute():
            raise StoreError("DATABASE_URL and --to are the same database: give a new one.")
        async with AsyncExitStack() as stack:
            source = await stack.enter_async_context(open_exclusively(settings.database_url))
            try:
                target = await stack.enter_async_context(open_exclusively(to, new=True))
            except StoreError as error:
                raise StoreError(_of_target(error)) from error
            meter = stack.enter_context(Meter())
            rows = await duplicate(source, _pointed(target, points), again, meter.tell)
        address = without_password(to)
        typer.echo(f"Copied {rows} rows to {address} and compared them: every one is there.")
        hidden = " (with the password in place of ***)" if "***" in address else ""
        typer.echo(f"Set this next{hidden}, and leave STORAGE_KEY as it is: DATABASE_URL={address}")
        return 0

    return _guarded(work(), "Stopped: the copy is unfinished. Run it again with --again to start again.")


def _of_target(error: StoreError) -> str:
    return str(error).replace("DATABASE_URL", "--to")


def _pointed(database: MaintenanceDatabase, points: Failpoints | None) -> MaintenanceDatabase:
    return database if points is None else points.wrap("database", database)


def _guarded(work: Coroutine[Any, Any, int], stopped: str) -> int:
    try:
        return asyncio.run(work)
    except StoreError as error:
        return fail(str(error), 1)
    except KeyboardInterrupt:
        return fail(stopped, INTERRUPTED)
