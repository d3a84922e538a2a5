"""`transcribe FILE`: one file through any provider by the same engine, with no Slack involved."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import typer

from bot.app import open_core
from bot.audio.disk import DiskFile
from bot.cli.common import fail
from bot.cli.serve import fault_of
from bot.configuration import kind_of
from bot.domain.errors import StoreError
from bot.domain.job import Job, Options, Origin, State
from bot.domain.transcript import Transcript
from bot.logs import configure
from bot.ports.audio import SourceFile
from bot.ports.store import NewJob
from bot.providers import TABLE
from bot.settings import Settings
from bot.terminal import TICK_SECONDS, JobBar, expected_seconds
from bot.text.durations import human
from bot.text.exports.formats import Format, NoTimes, export
from bot.text.printable import one_line
from bot.text.problems import sentence


class OneFile:
    """A thread of one file: its progress goes to a bar, its reply is kept."""

    def __init__(self, path: Path, bar: JobBar) -> None:
        self._path = path
        self._bar = bar
        self._shown: Job | None = None
        self.expected: Callable[[Job], float | None] = lambda job: None
        self.answer: asyncio.Future[tuple[Job, Transcript | None]] = asyncio.get_running_loop().create_future()

    async def source(self, job: Job) -> SourceFile:
        """The file on disk."""
        return DiskFile(self._path)

    def show(self, job: Job) -> None:
        """Move the bar."""
        self._shown = job
        self._bar.show(job, self.expected(job))
        if job.state is State.PARKED and not self.answer.done():
            self.answer.set_result((job, None))

    async def tick(self) -> None:
        """Let the estimate fall between two reports, until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._shown is not None:
                self._bar.show(self._shown, self.expected(self._shown))

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Keep the result."""
        if not self.answer.done():
            self.answer.set_result((job, transcript))


def run_transcribe(
    settings: Settings, file: Path, provider: str, language: str, format_: str, output: Path | None
) -> int:
    """Transcribe `file` and write it in `format_`; 1 when there is no transcript, 2 when the settings do not do."""
    name = provider or settings.provider
    if name not in settings.providers:
        if kind_of(name) is None:
            return fail(f"--provider is {name!r}: it must be one of {', '.join(TABLE)}.", 2)
        return fail(f"{name} is not set up: docs/settings.md has its variables.", 2)
    if output is not None and (fault := _cannot_write(output)):
        return fail(f"{output} cannot be written: {fault}.", 2)
    begun = time.monotonic()
    configure("error")  # what the bar and the last line say is not said twice
    try:
        with tempfile.TemporaryDirectory(prefix="threadscribe-") as directory:
            scratch = settings.model_copy(
                update={"database_url": f"sqlite:///{directory}/one.db", "provider": name, "spool_dir": ""}
            )
            job, transcript = asyncio.run(_run(scratch, file, language))
    except StoreError as error:
        return fail(str(error), 1)
    except OSError as error:
        return fail(fault_of(error, settings.port), 2)
    if transcript is None:
        return fail(sentence(job.problem) if job.problem else f"It did not work: {one_line(job.last_error)}", 1)
    try:
        data = export(transcript, Format(format_))
    except NoTimes as error:  # what was paid for is not thrown away
        fail(f"{error} Here is the text:", 1)
        sys.stdout.buffer.write(export(transcript, Format.TXT))
        return 1
    if output is None:
        sys.stdout.buffer.write(data)
        return 0
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file_:
            file_.write(data)
    except OSError as error:
        fail(f"{output} cannot be written any more ({error.strerror}); here it is:", 1)
        sys.stdout.buffer.write(data)
        return 1
    length = f" ({human(transcript.seconds)} of audio)" if transcript.seconds else ""
    typer.echo(f"Wrote {output}{length} in {human(max(1.0, time.monotonic() - begun))}.", err=True)
    return 0


def _cannot_write(path: Path) -> str:
    """Why this file cannot be written, found out before the work; "" when it can."""
    try:
        existed = path.exists()
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        if not existed:
            path.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def language_value(wanted: str, languages: Mapping[str, str]) -> str:
    """What a provider calls a language that may be given by its name: "english" is "en"."""
    folded = wanted.strip().lower()
    return next((value for value, name in languages.items() if name.lower() == folded), wanted.strip())


async def _run(settings: Settings, file: Path, language: str) -> tuple[Job, Transcript | None]:
    async with AsyncExitStack() as stack:
        bar = JobBar()
        stack.enter_context(bar.progress)
        chat = OneFile(file, bar)
        if not settings.public_url:  # nobody can reach us, so no fixed port is needed
            settings = settings.model_copy(update={"host": "127.0.0.1", "port": 0})
        core = await stack.enter_async_context(open_core(settings, chat))
        providers = core.engine.providers
        chat.expected = lambda job: expected_seconds(providers, job)
        ticking = asyncio.create_task(chat.tick())
        stack.callback(ticking.cancel)
        chosen = language_value(language, providers[settings.provider].capabilities.languages)
        origin = Origin("local", "local", "1", "1", file.name, "operator")
        await core.store.add_job(
            NewJob(origin, DiskFile(file).facts, Options(language=chosen or None)), core.clock.now()
        )
        core.wakeups.notify_all()
        return await chat.answer
