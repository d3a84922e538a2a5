"""`LocalProvider`: the local engine behind the seam that every provider has."""

import asyncio
import importlib.util
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.domain.errors import (
    Ambiguous,
    InternalFault,
    Misconfigured,
    Problem,
    ProblemCode,
    Rejected,
    StepError,
    StoreError,
    ThreadscribeError,
    Transient,
)
from bot.domain.job import Options, RemoteJob
from bot.domain.transcript import Transcript
from bot.domain.vocabulary import fitting
from bot.ports.audio import InputLimits, Payload, Progress
from bot.ports.blobs import Blobs
from bot.ports.provider import (
    Capabilities,
    Failed,
    Finding,
    Pending,
    PollResult,
    Succeeded,
    TranscriptionRequest,
)
from bot.providers.findings import bucket_findings
from bot.providers.job_folders import WorksHere
from bot.providers.kind import Blocks
from bot.providers.local.assembly import assemble
from bot.providers.local.bucket import JobObjects
from bot.providers.local.job_files import JobFiles, Outcome, Request, link_or_copy
from bot.providers.local.machine import Machine
from bot.providers.local.messages import SelfTest, SelfTestPassed
from bot.providers.local.pool import ModelChoice, ModelUnusableError, Pool
from bot.providers.local.recognition.languages import LANGUAGES, whisper_code
from bot.providers.local.runner import JobRunner
from bot.providers.local.settings import MOST_WORDS, LocalSettings
from bot.providers.local.speakers.package import REMEDY as SPEAKERS_REMEDY
from bot.providers.local.speakers.package import installed as speakers_installed
from bot.providers.local.weights import (
    PACKAGED,
    REMEDY,
    WeightsError,
    cache_dir,
    model_path,
)
from bot.subprocesses.child import ChildDiedError, ChildStalledError

_NAME = "local"
_MEASURED = 0.02  # share of a recording after which its speed is known
_REMEMBERED = 100  # fetched jobs whose outcome is kept for another fetch
_SELF_TEST_SECONDS = 120.0
_MODEL_REMEDY = (
    "Set LOCAL_MODEL to base, small, tiny.en or a directory of a CTranslate2 model; the name of another model is "
    "downloaded from its hub, for which this machine needs the network. LOCAL_DEVICE=cpu works everywhere."
)
_LIBRARIES = {"faster_whisper": "faster-whisper", "av": "av", "numpy": "numpy"}


@dataclass(slots=True)
class _Run:
    task: asyncio.Task[None]
    progress: float | None = None
    begun: tuple[float, float] | None = None  # when the first share was reported (monotonic seconds), and that share

    def report(self, share: float) -> None:
        """The engine is at this share (0..1) of the recording."""
        self.progress = share
        self.begun = self.begun or (time.monotonic(), share)

    def seconds_left(self) -> float | None:
        """How long it will take at the speed that it had so far; None while that is not known."""
        if self.begun is None or self.progress is None:
            return None
        since, first = self.begun
        done = self.progress - first
        return (time.monotonic() - since) * (1 - self.progress) / done if done >= _MEASURED else None


class LocalProvider(WorksHere):
    """Whisper on this machine. `directory` is its own private place for the audio of jobs that wait.

    `on_ready` is awaited with the job id when a job is through (or broken), so that the engine looks at once.
    """

    def __init__(
        self,
        settings: LocalSettings,
        store: Blocks,
        directory: Path,
        on_ready: Callable[[str], Awaitable[None]],
        machine: Machine | None = None,  # where several machines share the jobs
        blobs: Blobs | None = None,  # and the audio
    ) -> None:
        self._settings = settings
        self._machine = machine
        if machine is not None:
            machine.on_lost, store = self._stop, machine
        self._store = store
        self._on_ready = on_ready
        self._folders = self._job_files = JobFiles(directory)
        self._pool = Pool(directory, settings.workers)
        self._objects = JobObjects(blobs, self._job_files) if blobs is not None and machine is not None else None
        keep_block = self._objects.keep_block if self._objects is not None else None
        self._longest = settings.max_minutes * 60 or None
        self._runner = JobRunner(self._pool, store, self._job_files, keep_block, self._longest)
        self._runs: dict[str, _Run] = {}
        self._failures: dict[str, ThreadscribeError] = {}  # job -> why its last run ended without an outcome
        self._fetched: deque[str] = deque()
        known = PACKAGED.get(settings.model)
        english = settings.model.endswith(".en") or (known is not None and known.english_only)
        self._languages = {"en": LANGUAGES["en"]} if english else dict(LANGUAGES)

    @property
    def name(self) -> str:
        """Key in settings and rows."""
        return _NAME

    @property
    def account(self) -> str:
        """Its lane."""
        return _NAME

    @property
    def capabilities(self) -> Capabilities:
        """Times, speakers, every language of the model, anything that FFmpeg reads; video too."""
        return Capabilities(
            title="Local engine",
            accepts=InputLimits(frozenset(), max_seconds=self._longest, video=True, on_disk=True),
            gives_times=True,
            gives_speakers=speakers_installed(),
            takes_speakers=speakers_installed(),
            most_words=MOST_WORDS,
            reports_progress=True,
            languages=self._languages,
            default_options=Options(language=self._settings.language or None, speakers=self._settings.speakers),
            concurrency=2,
            poll_seconds=(5.0, 12.0),
            latency=(4.0, 0.25),
        )

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        """Nothing is made yet: the reference is the job's id. Raises `Rejected` for an unknown language."""
        self._language(order)
        await self._model()
        return RemoteJob(ref=order.job_id)

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        """Keep the audio safe under the job's id and start to listen. Repeating it changes nothing."""
        vocabulary = list(fitting(order.vocabulary, MOST_WORDS, self._settings.vocabulary_words))
        speakers = order.options.speakers or self._settings.speakers
        asked = Request(payload.size, self._language(order), payload.seconds, vocabulary, speakers)
        job_id = remote.ref
        if not await self._take(job_id):
            raise Transient("another machine works on this recording")
        try:
            if not await asyncio.to_thread(self._has, job_id, asked):
                await self._stop(job_id)
                await self._store.drop_blocks(job_id)  # of other audio, or another language
                staged = await asyncio.to_thread(self._job_files.staging, job_id)
                if payload.path is not None:
                    await asyncio.to_thread(link_or_copy, payload.path, staged)
                else:
                    await _write(payload, staged, progress)
                await asyncio.to_thread(self._job_files.put, job_id, asked)
            if self._objects is not None:
                await self._objects.keep(job_id, asked, progress)
        except OSError as error:
            raise Transient(f"the audio cannot be kept: {error.strerror or type(error).__name__}") from error
        await progress(1.0)
        self._start(job_id)

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        """How the job stands; starts the work again where a restart has interrupted it."""
        job_id = remote.ref
        ended = await self._ended(job_id)
        if ended is not None and ended.problem is not None:
            # Told once: if somebody asks for another try, it begins with the audio.
            await asyncio.to_thread(self._job_files.forget, job_id)
            return Failed(ended.problem, ended.detail)
        if ended is not None:
            if len(await self._store.blocks(job_id)) >= ended.blocks:
                return Succeeded()
            await asyncio.to_thread(self._job_files.reopen, job_id)
        if not await self._take(job_id):
            return Pending(uploaded=True)
        if self._objects is not None and job_id not in self._runs:
            try:
                await self._objects.bring(job_id)
            except OSError as error:
                raise Transient(f"the audio cannot be kept: {error.strerror or type(error).__name__}") from error
        if not await asyncio.to_thread(self._job_files.holds, job_id):
            await self._give_back(job_id)
            return Pending(uploaded=False)
        if failure := self._failures.pop(job_id, None):
            raise failure
        run = self._start(job_id)
        return Pending(run.progress, uploaded=True, seconds_left=run.seconds_left())

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        """The stored blocks as one transcript; the audio goes. Raises `Ambiguous` when they are not all there."""
        job_id = remote.ref
        ended = await self._ended(job_id)
        blocks = await self._store.blocks(job_id)
        if ended is None or ended.problem is not None or len(blocks) < ended.blocks:
            raise Ambiguous("the engine's blocks are not all there")
        asked = await asyncio.to_thread(self._job_files.asked, job_id)
        if self._objects is not None:
            asked = asked or await self._objects.asked(job_id)
            await self._objects.forget(job_id)
        asked = asked or Request(0, None, None)
        await asyncio.to_thread(self._job_files.drop_audio, job_id)
        await self._give_back(job_id)
        self._fetched.append(job_id)
        while len(self._fetched) > _REMEMBERED:
            await asyncio.to_thread(self._job_files.forget, self._fetched.popleft())
        transcript = assemble(blocks, ended, _NAME, asked.speakers != "none")
        return replace(transcript, vocabulary=tuple(asked.vocabulary))

    async def enrich(self, transcript: Transcript) -> Transcript:
        """Nothing to add."""
        return transcript

    async def cancel(self, remote: RemoteJob) -> None:
        """End the work at once and delete what there is of it."""
        await self._stop(remote.ref)
        await asyncio.to_thread(self._job_files.forget, remote.ref)
        await self._store.drop_blocks(remote.ref)
        await self._give_back(remote.ref)
        if self._objects is not None:
            await self._objects.forget(remote.ref)

    async def shared(self) -> Sequence[str]:
        """The jobs (ids) that something is kept for in the common bucket, if this process looks after it."""
        if self._objects is None or self._machine is None or not await self._machine.watch():
            return ()
        return await self._objects.jobs()

    async def check(self) -> Sequence[Finding]:
        """Loads the model and has it hear half a second: whether the libraries, the weights and the device work."""
        if missing := await asyncio.to_thread(_missing_libraries):
            return [Finding(False, "local engine", f"{', '.join(missing)} missing", REMEDY)]
        findings = [Finding(True, "local engine", "faster-whisper is installed")]
        try:
            passed = await self._self_test()
        except Misconfigured as error:
            weights = error.__cause__ if isinstance(error.__cause__, WeightsError) else None
            detail, remedy = (str(weights), weights.remedy) if weights else (error.detail, _MODEL_REMEDY)
            return [*findings, Finding(False, "speech model", detail, remedy)]
        except ModelUnusableError as error:
            detail = f"{self._settings.model!r} cannot be loaded: {error}"
            return [*findings, Finding(False, "speech model", detail, _MODEL_REMEDY)]
        except (ChildDiedError, ChildStalledError) as error:
            detail = f"{self._settings.model!r} is loaded and fails on half a second of sound: {error}"
            return [*findings, Finding(False, "speech model", detail, _MODEL_REMEDY)]
        if self._objects is not None:
            findings += await bucket_findings(self._objects.check)
        heard = f"Whisper {self._settings.model} heard half a second on {passed.device}"
        findings.append(Finding(True, "speech model", heard))
        if self._settings.speakers != "none":
            why = passed.speakers
            detail = f"speakers are not told apart: {why}" if why else "speakers can be told apart"
            findings.append(Finding(True, "speakers", detail, SPEAKERS_REMEDY if why else ""))
        return findings

    async def _self_test(self) -> SelfTestPassed:
        async with self._pool.child(await self._model()) as child:
            await child.send(SelfTest())
            answer = await child.receive(_SELF_TEST_SECONDS)
        if not isinstance(answer, SelfTestPassed):
            raise ChildDiedError(f"it answered {type(answer).__name__}", crashed=False, output="")
        return answer

    async def close(self) -> None:
        """End the work (it goes on where it was after a restart) and every child."""
        for job_id in list(self._runs):
            await self._stop(job_id)
        await self._pool.close()
        if self._machine is not None:
            await self._machine.close()

    async def _take(self, job_id: str) -> bool:
        return self._machine is None or await self._machine.take(job_id)

    async def _give_back(self, job_id: str) -> None:
        if self._machine is not None:
            await self._machine.give_back(job_id)

    async def _ended(self, job_id: str) -> Outcome | None:
        """How the job ended, here or on another machine; None while it has not."""
        ended = await asyncio.to_thread(self._job_files.ended, job_id)
        return ended if ended is not None or self._machine is None else await self._machine.outcome(job_id)

    def _language(self, order: TranscriptionRequest) -> str | None:
        wanted = order.options.language or self._settings.language
        if not wanted:
            return None
        code = whisper_code(wanted)
        if code not in self._languages:
            params = {"language": wanted, "provider": self.capabilities.title}
            raise Rejected(Problem(ProblemCode.LANGUAGE_UNSUPPORTED, params))
        return code

    async def _model(self) -> ModelChoice:
        missing = await asyncio.to_thread(_missing_libraries)
        if missing:
            raise Misconfigured(_NAME, f"{', '.join(missing)} is not installed: {REMEDY}")
        try:
            model = await asyncio.to_thread(model_path, self._settings)
        except WeightsError as error:
            raise Misconfigured(_NAME, f"{error}. {error.remedy}") from error
        settings = self._settings
        return ModelChoice(model, settings.device, settings.compute_type, str(cache_dir(settings)))

    def _unusable(self, error: ModelUnusableError) -> str:
        return f"the speech model {self._settings.model!r} cannot be loaded ({error}). {_MODEL_REMEDY}"

    def _has(self, job_id: str, asked: Request) -> bool:
        return self._job_files.holds(job_id) and self._job_files.asked(job_id) == asked

    def _start(self, job_id: str) -> _Run:
        run = self._runs.get(job_id)
        if run is None:
            run = self._runs[job_id] = _Run(asyncio.create_task(self._work(job_id), name=f"local {job_id}"))
        return run

    async def _stop(self, job_id: str) -> None:
        if run := self._runs.pop(job_id, None):
            run.task.cancel()
            await asyncio.wait([run.task])

    async def _work(self, job_id: str) -> None:
        def report(share: float) -> None:
            if run := self._runs.get(job_id):
                run.report(share)

        try:
            ended = await self._runner.transcribe(job_id, await self._model(), report)
            await asyncio.to_thread(self._job_files.end, job_id, ended)
            if self._machine is not None:
                await self._machine.end(job_id, ended)
            await self._on_ready(job_id)
        except ModelUnusableError as error:
            self._failures[job_id] = Misconfigured(_NAME, self._unusable(error))
        except (StoreError, StepError) as error:
            # The next poll says so, and the one after it starts again behind the last stored block.
            self._failures[job_id] = error
        except OSError as error:
            self._failures[job_id] = Transient(f"local engine: {error.strerror or type(error).__name__}")
        except Exception as error:  # a bug ends the job after some tries; else each poll would begin it from the start
            fault = InternalFault(f"unexpected {type(error).__name__} in the local engine")
            fault.__cause__ = error
            self._failures[job_id] = fault
        finally:
            run = self._runs.get(job_id)
            if run is not None and run.task is asyncio.current_task():
                del self._runs[job_id]


def _missing_libraries() -> list[str]:
    return [package for module, package in _LIBRARIES.items() if importlib.util.find_spec(module) is None]


async def _write(payload: Payload, target: Path, progress: Progress) -> None:
    written = 0
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        async with payload.stream() as chunks:
            async for chunk in chunks:
                written += await asyncio.to_thread(file.write, chunk)
                await progress(written / max(1, payload.size))
