"""The steps: what is done for a job in each state. Each returns the one `Change` that its lane commits.

A step may be killed at any instant and run again from the row alone. What it must not repeat it stores first
(`Jobs.apply` with the lease kept); what it cannot store it looks up (`Provider.poll`) before it repeats.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from bot.domain.audio_guess import AudioGuess, guess_audio
from bot.domain.errors import Ambiguous, LostLease, Problem, ProblemCode, Rejected, StepError, Transient
from bot.domain.job import FileFacts, Job, Options, Outcome, RemoteJob
from bot.domain.machine import Change, Finishing, Parked, Received, Replying, Submitting, Waiting, stage_of, waited
from bot.domain.transcript import Transcript
from bot.domain.vocabulary import Replacement
from bot.engine.events import SummaryFailed, Watch
from bot.engine.hosted_audio import HostedAudio
from bot.engine.polling import Polling
from bot.engine.release import HOOK_INBOX, Release, webhook_refs
from bot.engine.retry import ENRICH_ATTEMPTS, ENRICH_PAUSE_SECONDS
from bot.ports.audio import AudioFacts, Payload, Preparer, SourceFile
from bot.ports.chat import Chat, FileRefused
from bot.ports.clock import Clock
from bot.ports.provider import Failed, MergesWebhook, Pending, Provider, Succeeded, TranscriptionRequest
from bot.ports.store import InboxItem, JobStore
from bot.settings import Settings
from bot.text.replacing import Replacer

Suggest = Callable[[Transcript], Transcript]  # a title and highlights where the provider gave none
SettingsOf = Callable[[str], Awaitable[Settings]]  # of a workspace, by its team's id; raises `StoreError`

SHOWN_SHARE = 0.01  # progress is shown in steps of this size
FRESH_SECONDS = 60.0  # what was learnt of a file is used again for this long
MOST_REMEMBERED = 256
MOST_IN_HAND = 8  # results stored by one step that the next one under the same lease need not read
AGAIN_SHARE = 0.5  # of what was waited for in vain, before an audio that was handed over again is asked for


@dataclass(slots=True)
class Steps:
    """Moves one job by one step. Raises `StepError`s; the lane decides what they mean for the row."""

    settings: Settings
    store: JobStore
    chat: Chat
    preparer: Preparer
    providers: Mapping[str, Provider]
    hosted_audio: HostedAudio
    release: Release
    polling: Polling
    clock: Clock
    watch: Watch
    suggest: Suggest
    offload: Callable[[Callable[[], Transcript]], Awaitable[Transcript]]
    settings_of: SettingsOf | None = None
    _looked_at: dict[str, tuple[float, SourceFile, AudioFacts]] = field(default_factory=dict)
    _in_hand: dict[str, tuple[str, Transcript]] = field(default_factory=dict)  # by job: its lease, what was stored

    async def run(self, job: Job) -> Change | None:
        """Do what the job's state asks for; None when there is nothing to do (it is over, or parked)."""
        stage = stage_of(job)
        if job.deleted_at is not None and job.outcome is not Outcome.DELETED:
            if isinstance(stage, Received | Submitting | Waiting | Finishing | Replying | Parked):
                return stage.delete(self.clock.now())
        elif job.cancel_by and isinstance(stage, Received | Submitting | Waiting | Finishing | Parked):
            return stage.cancel(self.clock.now())
        match stage:
            case Received():
                return await self._receive(stage)
            case Submitting():
                return await self._submit(stage)
            case Waiting():
                return await self._poll(stage)
            case Finishing():
                return await self._finish(stage)
            case Replying():
                return await self._reply(stage)
            case _:
                return None

    # received

    async def _receive(self, stage: Received) -> Change:
        job = stage.job
        self.chat.show(job)
        try:
            source = await self.chat.source(job)
        except FileRefused as refusal:
            return self._answered_if_expected(stage, refusal, refusal.facts)
        file = source.facts
        if not job.expected_audio and guess_audio(file) is AudioGuess.NO:  # not a byte of it is read
            return stage.ignore(self.clock.now())
        wanted, words = await self.store.conversation(job.origin.team_id, job.origin.channel_id)
        settings = self.settings if self.settings_of is None else await self.settings_of(job.origin.team_id)
        name = job.provider or wanted.provider or settings.provider
        options = job.options
        if job.origin.version == 1:  # a later version is made in just the way that a person chose
            options = Options(
                language=options.language or wanted.language or None,
                recording_type=options.recording_type or wanted.recording_type or None,
                speakers=options.speakers or wanted.speaker_detection or None,
            )
        if not settings.allows(name, job.origin.channel_id):
            forbidden = Rejected(Problem(ProblemCode.PROVIDER_NOT_ALLOWED, {"provider": name}))
            return self._answered_if_expected(stage, forbidden, file)
        known_provider = self.providers.get(name)
        takes_words = known_provider is not None and known_provider.capabilities.most_words > 0
        options = replace(options, vocabulary=words.mark(takes_words))
        if known_provider is None or not known_provider.capabilities.takes_speakers:
            options = replace(options, speakers=None)
        before = await self.store.find_reusable(job.origin.team_id, job.origin.file_id, name, options)
        if known_provider is not None and before is not None and before != job.id:
            return stage.reuse(self.clock.now(), file, name, known_provider.account, before)
        try:
            _refuse_above(file.size, settings.max_file_mb * 1024 * 1024)
            audio = await self.preparer.inspect(source)
        except Rejected as refusal:
            return self._answered_if_expected(stage, refusal, file)
        provider = self._provider(name)
        limit = provider.capabilities.accepts.max_seconds
        if limit is not None and audio.seconds is not None and audio.seconds > limit:
            raise Rejected(_too_long(audio.seconds, limit))
        if provider.capabilities.needs_public_url and not self.settings.public_url:
            raise Rejected(Problem(ProblemCode.NEEDS_PUBLIC_URL, {"provider": provider.capabilities.title}))
        known = file if audio.seconds is None else replace(file, seconds=audio.seconds)
        self._remember(job, source, audio)
        return stage.submit(self.clock.now(), known, provider.name, provider.account, options)

    def _answered_if_expected(self, stage: Received, refusal: Rejected, file: FileFacts | None) -> Change:
        """Raises the refusal of what somebody meant as a recording; the rest ends without a word.

        Decided again here: of some files an event gives only the id.
        """
        if stage.job.expected_audio or (file is not None and guess_audio(file) is AudioGuess.YES):
            raise refusal
        return stage.ignore(self.clock.now())

    def _provider(self, name: str) -> Provider:
        provider = self.providers.get(name)
        if provider is None:
            raise Rejected(Problem(ProblemCode.NO_SUCH_PROVIDER, {"provider": name}))
        return provider

    # submitting

    async def _submit(self, stage: Submitting) -> Change:
        job = stage.job
        provider = self._provider(job.provider)
        if job.remote is not None:
            if provider.capabilities.fetches_audio:  # it has all it needs, and comes for the audio itself
                return await self._submitted(job, provider, job.file.seconds)
            change = await self._reconcile(stage, provider, job.remote)
            if change is not None:
                return change
        self.chat.show(job)
        source, audio = await self._look_at(job)

        shown = 0.0

        async def progress(share: float) -> None:
            nonlocal shown
            if share - shown >= SHOWN_SHARE or share >= 1.0:  # called for each chunk; a large file has thousands
                shown = share
                self.chat.show(_at(job, share))

        async with AsyncExitStack() as stack:
            payload: Payload
            if provider.capabilities.fetches_audio:
                payload = await self.hosted_audio.hold(job, source, audio, provider.capabilities.accepts)
            else:
                payload = await stack.enter_async_context(
                    self.preparer.prepare(job.id, source, audio, provider.capabilities.accepts, progress)
                )
            order = self._order(job, provider, payload, await self._words(job, provider))
            remote = job.remote
            if remote is None:
                remote = await provider.create(order)
                job = await self.store.apply(Submitting(job).created(self.clock.now(), remote), keep_lease=True)
            await provider.upload(order, remote, payload, progress)
            seconds = payload.seconds if payload.seconds is not None else job.file.seconds
        return await self._submitted(job, provider, seconds)

    async def _submitted(self, job: Job, provider: Provider, seconds: float | None) -> Change:
        # A push may have come before the reference was stored, or before a crash: nobody will wake this job again.
        wait = 0.0
        if not await self._pushed_items(job):
            wait = await self.polling.first(provider, seconds)
            if not provider.capabilities.works_when_polled:  # audio that was not seen has longer now
                wait = max(wait, job.waited_seconds * AGAIN_SHARE)
        now = self.clock.now()
        return Submitting(job).submitted(now, now + wait)

    async def _look_at(self, job: Job) -> tuple[SourceFile, AudioFacts]:
        """The job's file and what it is; mostly the step before has just looked."""
        known = self._looked_at.pop(job.id, None)
        if known is not None and self._is_fresh(known):
            return known[1:]
        source = await self.chat.source(job)
        return source, await self.preparer.inspect(source)

    def _remember(self, job: Job, source: SourceFile, audio: AudioFacts) -> None:
        if len(self._looked_at) >= MOST_REMEMBERED:
            self._looked_at = {each: seen for each, seen in self._looked_at.items() if self._is_fresh(seen)}
        if len(self._looked_at) < MOST_REMEMBERED:
            self._looked_at[job.id] = (self.clock.now(), source, audio)

    def _is_fresh(self, seen: tuple[float, SourceFile, AudioFacts]) -> bool:
        return 0 <= self.clock.now() - seen[0] < FRESH_SECONDS

    async def _reconcile(self, stage: Submitting, provider: Provider, remote: RemoteJob) -> Change | None:
        """A remote job exists from an earlier try: did the audio arrive? None means: hand it over (again)."""
        standing = await provider.poll(remote, stage.job.client_ref)
        now = self.clock.now()
        if isinstance(standing, Failed):
            raise Rejected(standing.problem, standing.detail)
        if isinstance(standing, Succeeded) or standing.uploaded:
            return stage.submitted(now, now)
        stale = remote.expires_at is not None and now >= remote.expires_at
        if standing.uploaded is False and stale:
            return stage.recreate(now, "its upload URL is no longer good")
        if standing.uploaded is None and stale:
            # It may have everything: sending again could bill twice, so wait for it up to the deadline.
            return stage.submitted(now, now + provider.capabilities.poll_seconds[0])
        return None

    async def _words(self, job: Job, provider: Provider) -> tuple[str, ...]:
        """Names and jargon for a provider that takes them."""
        if not provider.capabilities.most_words:
            return ()
        return (await self.store.vocabulary(job.origin.team_id, job.origin.channel_id)).merged.words

    def _order(
        self, job: Job, provider: Provider, payload: Payload, vocabulary: tuple[str, ...]
    ) -> TranscriptionRequest:
        base = self.settings.public_url
        return TranscriptionRequest(
            job_id=job.id,
            client_ref=job.client_ref,
            name=payload.name,
            mime=payload.mime,
            size=payload.size,
            seconds=payload.seconds,
            options=job.options,
            vocabulary=vocabulary,
            hook_url=f"{base}/hooks/{provider.name}/{job.hook_token}" if base else None,
            audio_url=f"{base}/audio/{job.hook_token}" if base else None,
        )

    # waiting

    async def _poll(self, stage: Waiting) -> Change:
        job = stage.job
        provider = self._provider(job.provider)
        remote = job.remote
        if remote is None:
            return stage.resubmit(self.clock.now(), "no reference is stored")
        items = await self._pushed_items(job)
        pushed = _result_of(items, provider)  # read before the poll: it may be all that has the provider's own id
        result = await provider.poll(remote, job.client_ref)
        if not isinstance(result, Succeeded) and pushed is not None:
            result = Succeeded(pushed)
        now = self.clock.now()
        match result:
            case Succeeded(transcript):
                if not items and provider.capabilities.pushes:
                    if isinstance(provider, MergesWebhook) and (wait := self.polling.awaits_webhook(job, provider)):
                        return stage.still_pending(now, now + wait, 1.0)
                    await self.polling.webhook_missed(job, provider)
                elif items:
                    await self.polling.webhook_came(job, provider, min(item.due_at for item in items))
                self.polling.forget(job)
                if transcript is not None:
                    if isinstance(provider, MergesWebhook):
                        for item in items:
                            transcript = provider.merge_pushed(transcript, item.payload)
                    await self._put_transcript(job, transcript)
                return stage.ready(now)
            case Failed(problem, detail):
                raise Rejected(problem, detail)
            case Pending(progress, uploaded):
                if waited(job, now) > self.settings.job_deadline_minutes * 60:
                    raise Rejected(_deadline(provider, self.settings.job_deadline_minutes))
                if uploaded is False and not provider.capabilities.fetches_audio:
                    return stage.resubmit(now, "the provider has no audio")
                progress = job.progress if progress is None else progress  # another machine may know it
                self.chat.show(_at(job, progress))
                return stage.still_pending(now, now + await self.polling.next(job, provider), progress)

    async def _pushed_items(self, job: Job) -> Sequence[InboxItem]:
        provider = self.providers.get(job.provider)
        if provider is None or not provider.capabilities.pushes:  # none is taken for it
            return ()
        refs = webhook_refs(job)
        return await self.store.inbox_for(HOOK_INBOX, *refs) if refs else ()

    # finishing

    async def _finish(self, stage: Finishing) -> Change:
        job = stage.job
        provider = self.providers.get(job.provider)
        under, transcript = self._in_hand.pop(job.id, ("", None))
        if transcript is None or under != job.lease_token:
            transcript = await self.store.transcript(job.id)
        if transcript is None:
            if provider is None or job.remote is None:
                raise Rejected(Problem(ProblemCode.NO_SUCH_PROVIDER, {"provider": job.provider}))
            try:
                transcript = await provider.fetch(job.remote, job.client_ref)
            except Ambiguous as unknown:
                return stage.result_missing(self.clock.now(), unknown.detail)
            await self._put_transcript(job, transcript)
        stored = transcript
        if not job.reuses:
            if provider is not None:
                transcript = await self._enrich(job, provider, transcript)
            whole = transcript
            replacements = await self._replacements(job)
            replaces = replacements and not whole.replacements  # else that is done already
            transcript = await self.offload(
                lambda: self.suggest(Replacer(replacements).transcript(whole) if replaces else whole)
            )
            if transcript != stored:
                await self._put_transcript(job, transcript)
            await self._learn(job, transcript)
        self._in_hand.pop(job.id, None)
        await self.store.discard_inputs(job.id, HOOK_INBOX, *webhook_refs(job))
        return stage.stored(self.clock.now())

    async def _put_transcript(self, job: Job, transcript: Transcript) -> None:
        """Store a result. Raises `LostLease` if the job was deleted or taken over meanwhile: nothing is stored."""
        transcript = replace(
            transcript, provider=job.provider
        )  # the account: a provider knows the name of its kind only
        if not await self.store.put_transcript(job.id, transcript, self.clock.now(), job.lease_token):
            raise LostLease(f"job {job.id} does not want this result any more")
        while len(self._in_hand) >= MOST_IN_HAND:
            self._in_hand.pop(next(iter(self._in_hand)))
        self._in_hand[job.id] = job.lease_token, transcript

    async def _replacements(self, job: Job) -> Sequence[Replacement]:
        if job.options.vocabulary is None:  # the conversation had neither words nor replacements
            return ()
        return (await self.store.vocabulary(job.origin.team_id, job.origin.channel_id)).merged.replacements

    async def _enrich(self, job: Job, provider: Provider, transcript: Transcript) -> Transcript:
        if transcript.is_empty or transcript.summary:  # stored with it before this step was killed: it is paid for
            return transcript
        try:
            return await provider.enrich(transcript)
        except StepError as error:
            again = job.attempts + 1 < ENRICH_ATTEMPTS
            if isinstance(error, Transient) and again and (error.after or 0.0) <= ENRICH_PAUSE_SECONDS:
                raise
            self.watch(SummaryFailed(job, error.detail))  # the transcript is what was asked for
            return transcript

    async def _learn(self, job: Job, transcript: Transcript) -> None:
        seconds = job.file.seconds or transcript.seconds  # predictions are made from the first
        if seconds and job.submitted_at:
            took = max(0.0, self.clock.now() - job.submitted_at)
            await self.store.record_latency(job.account, seconds, took)

    # replying

    async def _reply(self, stage: Replying) -> Change:
        job = stage.job
        await self.release(job)
        transcript = await self.store.transcript(job.id)
        try:
            await self.chat.reply(job, transcript)
        except Rejected as refusal:
            return stage.undeliverable(self.clock.now(), refusal.detail)
        return stage.replied(self.clock.now())


def _result_of(items: Sequence[InboxItem], provider: Provider) -> Transcript | None:
    """The result that a webhook brought along, where it can be taken at its word."""
    found = (provider.parse_pushed(item.payload) for item in items)
    return next((transcript for transcript in found if transcript is not None), None)


def _at(job: Job, progress: float | None) -> Job:
    return replace(job, progress=progress)


def _refuse_above(size: int, limit: int) -> None:
    if size > limit:
        params = {"limit_mb": str(limit // 2**20), "size_mb": str(-(-size // 2**20))}
        raise Rejected(Problem(ProblemCode.TOO_LARGE, params))


def _too_long(seconds: float, limit: float) -> Problem:
    return Problem(ProblemCode.TOO_LONG, {"limit_minutes": f"{limit / 60:.0f}", "minutes": f"{-(-seconds // 60):.0f}"})


def _deadline(provider: Provider, minutes: float) -> Problem:
    return Problem(ProblemCode.DEADLINE, {"provider": provider.capabilities.title, "minutes": f"{minutes:.0f}"})
