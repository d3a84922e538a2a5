"""`serve` and `try`: start, say so, run until asked to stop, end cleanly."""

import asyncio
import errno
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from bot.app import open_bot
from bot.cli.checks.slack import start_faults
from bot.cli.common import fail
from bot.configuration import no_env_file, serve_faults
from bot.domain.errors import StoreError
from bot.failpoints import VARIABLE, Failpoints
from bot.logs import configure, report_loop_errors
from bot.settings import Settings, SettingsError
from bot.subprocesses.confinement import protect_this_process
from bot.web.server import ListenError

START_CHECK_SECONDS = 2.0
END_SECONDS = 23.0  # after a signal; hosts kill after 30, and what is durable needs no tidy end
_PORT_ERRORS = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)

_log = structlog.get_logger(__name__)


async def _until_asked(run: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    """Run with an event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked, number)
    return await run(stop)


def run_serve(settings: Settings, points: Failpoints | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C: 2 for settings that cannot work, 1 for a database that cannot be used.

    `points` come from the crash suite's own entry point; otherwise their variable is a mistake of the operator's.
    """
    faults = serve_faults(settings)
    if points is None and os.environ.get(VARIABLE):
        faults.insert(0, f"{VARIABLE} is for tests that kill the bot: unset it, or run python -m bot.failpoints.")
    if faults:
        for fault in [*faults, *(f"({hint})" for hint in no_env_file(settings))]:
            fail(fault, 2)
        return 2
    configure(settings.log_level)
    protect_this_process()

    async def run(stop: asyncio.Event) -> int:
        report_loop_errors(asyncio.get_running_loop())
        if refused := await _refused_at_start(settings):
            for fault in refused:
                fail(fault, 2)
            return 2
        async with open_bot(settings, points) as core:
            await stop.wait()
            _end_in(END_SECONDS + settings.drain_seconds)
            await core.drain(settings.drain_seconds)
        return 0

    return _guarded(run, settings.port)


def _end_in(seconds: float) -> None:
    """End the process by then, whatever is under way: leases that were not given back end by themselves."""

    def end() -> None:
        _log.warning("ended_hard", seconds=seconds)
        os._exit(1)

    timer = threading.Timer(seconds, end)  # a thread: it also ends a process whose event loop stands still
    timer.daemon = True
    timer.start()


async def _refused_at_start(settings: Settings) -> list[str]:
    """What Slack refuses; nothing when it takes longer than the start may: the running bot then finds out itself."""
    try:
        async with asyncio.timeout(START_CHECK_SECONDS):
            return await start_faults(settings)
    except TimeoutError:
        return []


def run_try(file: Path | None, provider: str, port: int, model: str, browser: bool) -> int:
    """Run the local workspace; with `file`, post it, print the thread and end."""
    from bot.demo import open_trial, post_file, show_page

    configure("warning")  # what happens is on the page, or printed
    protect_this_process()

    async def run(stop: asyncio.Event) -> int:
        async with open_trial(provider, 0 if file else port, model) as trial:
            if file is not None:
                return await post_file(trial, file, stop)
            await show_page(trial, browser, stop)
        return 0

    return _guarded(run, port)


def _guarded(run: Callable[[asyncio.Event], Awaitable[int]], port: int) -> int:
    try:
        return asyncio.run(_until_asked(run))
    except StoreError as error:
        return fail(str(error), 1)
    except SettingsError as error:
        for fault in error.faults:
            fail(fault, 2)
        return 2
    except OSError as error:
        return fail(fault_of(error, port), 2)


def fault_of(error: OSError, port: int) -> str:
    """What the system refused, as a sentence: the address of `port`, a file, or something else."""
    if error.filename:
        return f"{error.filename} cannot be used: {why(error)}."
    if isinstance(error, ListenError) or error.errno in _PORT_ERRORS:
        return f"cannot listen on port {error.port if isinstance(error, ListenError) else port}: {why(error)}."
    if isinstance(error, TimeoutError) and not why(error):
        return "something took too long on this machine: try again when it is less busy."
    return f"this machine refused something: {why(error)}."


def why(error: OSError) -> str:
    """The system's own words: those of asyncio repeat the address. A name that is not found has a negative number."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
