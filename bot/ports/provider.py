"""The seam to a speech-to-text service: one Protocol and the values that pass through it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from bot.domain.errors import Problem
from bot.domain.job import Options, RemoteJob
from bot.domain.transcript import Transcript
from bot.ports.audio import InputLimits, Payload, Progress


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate budget: `per_minute` calls evenly spaced, after a burst of `burst`."""

    per_minute: float
    burst: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do, for choosing, checking and wording."""

    title: str  # how people know it: "Xosum"
    accepts: InputLimits
    gives_speakers: bool = False
    gives_times: bool = False
    languages: Mapping[str, str] = field(default_factory=dict)  # value -> name; empty: detected, not chosen
    recording_types: Mapping[str, str] = field(default_factory=dict)
    takes_speakers: bool = False  # it can be told to detect speakers, not to, or how many there are
    most_words: int = 0  # words of names and jargon that it can be given; 0: it takes none
    default_options: Options = Options()  # what is used where nobody chose; empty: detected
    needs_public_url: bool = False
    fetches_audio: bool = False  # the provider downloads from our /audio/{token}
    pushes: bool = False  # results will arrive by webhook (it is configured, and we can be reached)
    works_when_polled: bool = False  # each poll does a part of the work, so the next one is due at once
    reports_progress: bool = False  # a poll is cheap and tells how far it is: ask from the start, not at the end
    pace: Pace | None = None
    concurrency: int = 8  # recordings that are handed over at once; with `works_when_polled` also polls
    poll_seconds: tuple[float, float] = (5.0, 60.0)  # shortest and longest gap between polls
    latency: tuple[float, float] = (5.0, 0.3)  # first guess of the finish: a + b * seconds of audio


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """What a provider is asked to do for one job."""

    job_id: str
    client_ref: str
    name: str
    mime: str
    size: int
    seconds: float | None
    options: Options
    vocabulary: tuple[str, ...] = ()  # names and jargon, those that matter most last
    hook_url: str | None = None  # where this job's result may be pushed
    audio_url: str | None = None  # where the provider may download the audio


@dataclass(frozen=True, slots=True)
class Pending:
    """Not ready. `uploaded` False: the provider still waits for the bytes; None: it cannot tell.

    `progress` 0..1 and `seconds_left`, where the provider knows them.
    """

    progress: float | None = None
    uploaded: bool | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Ready; `transcript` when the answer carried it, else ask `fetch`."""

    transcript: Transcript | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider gave up, or does not know the job."""

    problem: Problem
    detail: str = ""


PollResult = Pending | Succeeded | Failed


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A provider's webhook as it came in. `token` is the last part of the path, header names are lower case."""

    body: bytes
    headers: Mapping[str, str]
    token: str = ""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A believed webhook: which job to look at, and the result if it came along.

    At least one of `ref` (the provider's reference), `hook_token` and `client_ref` is set; all that are set must agree.
    `client_ref` is our `TranscriptionRequest.client_ref`, echoed: the `RemoteJob.ref` of a job whose create was
    answered without a reference.
    `key` tells repeats apart.
    `result` is kept sealed and handed to `Provider.parse_pushed`. `ignored` says why there is nothing to do.
    """

    ref: str = ""
    hook_token: str = ""
    client_ref: str = ""
    key: str = ""
    result: bytes = b""
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `doctor`: what was checked, whether it is well, and what to change if not.

    `hint`: nothing is wrong, and somebody should read it all the same.
    """

    ok: bool
    subject: str
    detail: str
    remedy: str = ""
    hint: bool = False


class Provider(Protocol):
    """A speech-to-text service. Raises `StepError`s, classified once in `bot.http`."""

    @property
    def name(self) -> str:
        """Key in settings and rows: xosum, invox, nabla, local."""
        ...

    @property
    def account(self) -> str:
        """The lane and budget that its jobs share."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def create(self, order: TranscriptionRequest) -> RemoteJob:
        """Make the remote job. `Ambiguous` if the request may have been received without an answer."""
        ...

    async def upload(
        self, order: TranscriptionRequest, remote: RemoteJob, payload: Payload, progress: Progress
    ) -> None:
        """Hand the audio over; repeating it to the same `remote` must not bill twice. No-op if `fetches_audio`.

        Raises `Ambiguous` when the bytes may have arrived whole: `poll` tells.
        """
        ...

    async def poll(self, remote: RemoteJob, client_ref: str) -> PollResult:
        """How the remote job stands."""
        ...

    async def fetch(self, remote: RemoteJob, client_ref: str) -> Transcript:
        """The result of a job that `poll` called `Succeeded` without a transcript."""
        ...

    async def enrich(self, transcript: Transcript) -> Transcript:
        """Add the provider's own title or summary where a switch asks for it; else the same transcript."""
        ...

    async def cancel(self, remote: RemoteJob) -> None:
        """Stop the remote job where the service can; else nothing."""
        ...

    def verify_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """Verify and read a push. Raises `WebhookRefused`."""
        ...

    def parse_pushed(self, result: bytes) -> Transcript | None:
        """A transcript from a push that was kept; None when it must be fetched instead."""
        ...

    async def check(self) -> Sequence[Finding]:
        """Credentials and reachability, for `doctor`; sends no audio, bills nothing."""
        ...

    async def close(self) -> None:
        """Close connections and end child processes."""
        ...


@runtime_checkable
class MergesWebhook(Protocol):
    """A provider whose push knows more than its answer to a poll: Invox Medical names speakers only there."""

    def merge_pushed(self, fetched: Transcript, pushed: bytes) -> Transcript:
        """What was fetched, made whole with what only `WebhookEvent.result` had."""
        ...


@runtime_checkable
class HasWebhookAddress(Protocol):
    """A provider whose webhooks all come to one address of ours, which somebody enters in its console."""

    def webhook_token(self) -> str:
        """The unguessable last part of that address."""
        ...


@runtime_checkable
class KeepsAudio(Protocol):
    """A provider that keeps audio and work of its own on this machine: the local engine."""

    async def kept(self) -> Sequence[str]:
        """Ids of the jobs that something is kept for."""
        ...

    async def shared(self) -> Sequence[str]:
        """Ids of the jobs that something is kept for where all machines reach it; empty while another process asks.

        Raises `StepError` when that place cannot be reached.
        """
        ...

    async def cancel(self, remote: RemoteJob) -> None:
        """As `Provider.cancel`: end the work at once and delete what there is of it."""
        ...

    async def sweep(self, unfinished: Collection[str]) -> int:
        """Delete what is kept for every other job; returns of how many. Called at start."""
        ...
