"""The OpenAI-compatible provider against the simulated servers: each row of its contract, in every dialect."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.configuration import kind_of
from bot.domain.errors import Ambiguous, Misconfigured, ProblemCode, RateLimited, Rejected, Transient, WebhookRefused
from bot.domain.job import Job, Options, RemoteJob
from bot.domain.transcript import Transcript
from bot.http import Http
from bot.ports.provider import Pending, Succeeded, TranscriptionRequest, WebhookRequest
from bot.ports.store import JobStore
from bot.providers.openai.provider import OpenAIProvider
from simulators.openai import OpenAISettings, OpenAISimulator
from simulators.openai.dialects import DIALECTS, DialectName
from simulators.provider.faults import Kind
from storage import open_store
from tests.providers.peers import Recording, StillClock, an_order, settings_for
from tests.simulators.provider.openai_peers import encoded, tones
from tests.storage.samples import added
from tests.support.providers import context

NAMES: list[DialectName] = list(DIALECTS)
SOUNDS = [(440, 2.0, 20.0), (700, 22.0, 55.0), (440, 57.0, 80.0), (880, 82.0, 100.0), (700, 105.0, 148.0)]
"""Five stretches of three voices in 150 seconds; a cut between 30 and 60 s falls into a pause."""
LONG = tones(150.0, [(float(pitch), start, end) for pitch, start, end in SOUNDS])
SHORT = tones(12.0, [(440, 1.0, 6.0), (700, 8.0, 11.0)])


async def unseen(_: float) -> None:
    pass


@dataclass
class Account:
    """A provider account with what surrounds it, and one job whose recording it transcribes."""

    sim: OpenAISimulator
    provider: OpenAIProvider
    store: JobStore
    clock: StillClock
    job: Job
    source: Path
    http: Http
    environment: Mapping[str, str]

    def order(self, **options: str) -> TranscriptionRequest:
        return replace(an_order(job_id=self.job.id), options=Options(**options))

    async def begin(self, samples: NDArray[np.int16] = SHORT, **options: str) -> RemoteJob:
        self.source.write_bytes(encoded(samples))
        order = self.order(**options)
        remote = await self.provider.create(order)
        await self.hand_over(remote)
        return remote

    async def hand_over(self, remote: RemoteJob) -> None:
        payload = Recording(b"", path=self.source, seconds=None)
        await self.provider.upload(self.order(), remote, payload, unseen)

    async def finish(self, remote: RemoteJob) -> Transcript:
        while True:
            match await self.provider.poll(remote, ""):
                case Succeeded(Transcript() as transcript):
                    return transcript
                case Pending(_, True):
                    continue
                case other:
                    raise AssertionError(other)

    async def transcribe(self, samples: NDArray[np.int16] = SHORT, **options: str) -> Transcript:
        return await self.finish(await self.begin(samples, **options))

    def restarted(self) -> OpenAIProvider:
        """The same account in a new process: nothing is left but the store and the disk."""
        self.provider = build(self.environment, self.http, self.clock, self.store, self.source.parent)
        return self.provider

    @property
    def billed(self) -> list[float]:
        return [entry.seconds for entry in self.sim.billed]


def build(
    environment: Mapping[str, str],
    http: Http,
    clock: StillClock,
    store: JobStore,
    directory: Path,
    name: str = "openai",
) -> OpenAIProvider:
    kind = kind_of(name)
    assert kind is not None
    section = settings_for(dict(environment)).providers[name]

    surroundings = context(name, http, clock, directory=directory / name, store=store)
    return cast(OpenAIProvider, kind.build(section, surroundings))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    opened = await open_store(f"sqlite:///{tmp_path}/jobs.db", None)
    yield opened
    await opened.close()


Serve = Callable[..., AbstractAsyncContextManager[Account]]


@pytest.fixture
def serving(store: JobStore, http: Http, clock: StillClock, tmp_path: Path) -> Serve:
    @asynccontextmanager
    async def serve(
        dialect: DialectName = "openai", settings: Mapping[str, str] | None = None, **more: object
    ) -> AsyncIterator[Account]:
        known = OpenAISettings.model_validate({"dialect": dialect, "hears": "tones", **more})
        async with OpenAISimulator(known, now=clock) as sim:
            environment = {**sim.environment(), "OPENAI_PIECE_SECONDS": "60", **(settings or {})}
            provider = build(environment, http, clock, store, tmp_path)
            job = await added(store, clock.now())
            yield Account(sim, provider, store, clock, job, tmp_path / "source", http, environment)

    return serve


def heard(transcript: Transcript) -> Sequence[tuple[str, float | None]]:
    return [(segment.text, segment.start) for segment in transcript.segments]


# ---- the way it should go


@pytest.mark.parametrize("dialect", NAMES)
async def test_a_long_recording_is_cut_sent_and_put_together_in_every_dialect(
    serving: Serve, dialect: DialectName
) -> None:
    async with serving(dialect) as account:
        transcript = await account.transcribe(LONG)
        assert [text for text, _ in heard(transcript)] == [f"tone {pitch}" for pitch, _, _ in SOUNDS]
        for segment, (_, start, end) in zip(transcript.segments, SOUNDS, strict=True):
            assert segment.start == pytest.approx(start, abs=0.1)
            assert segment.end == pytest.approx(end, abs=0.1)
        assert transcript.seconds == pytest.approx(150.0)
        assert transcript.language == "en"
        assert len(account.billed) == 3
        assert sum(account.billed) == pytest.approx(150.0, abs=0.5)
        assert account.sim.violations == []
        kept = [one for one in (account.source.parent / "openai").iterdir() if one.name == account.job.id]
        assert kept == []


@pytest.mark.parametrize("dialect", NAMES)
async def test_a_server_without_a_key_gets_none(serving: Serve, dialect: DialectName) -> None:
    async with serving(dialect, api_key="") as account:
        assert len((await account.transcribe()).segments) == 2
        assert account.sim.violations == []


async def test_nothing_is_cut_below_ten_seconds(serving: Serve) -> None:
    async with serving("groq") as account:
        await account.transcribe(tones(65.0, [(440, 1.0, 64.0)]))
        assert len(account.billed) == 2
        assert min(account.billed) >= 10.0
        assert sum(account.billed) == pytest.approx(65.0, abs=0.2)  # nothing was rounded up to the least that is billed


@pytest.mark.parametrize(
    ("dialect", "model", "longest"), [("vllm", "whisper", 600), ("openai", "gpt-4o-transcribe-diarize", 1400)]
)
async def test_no_piece_is_above_what_the_server_takes(
    serving: Serve, dialect: DialectName, model: str, longest: int
) -> None:
    settings = {"OPENAI_PIECE_SECONDS": "3600", "OPENAI_PIECE_MB": "500"}
    async with serving(dialect, settings, model=model, hears="script") as account:
        await account.transcribe(np.zeros((longest + 5) * 16_000, np.int16))
        assert len(account.billed) == 2
        assert max(account.billed) <= longest
        assert account.sim.violations == []


async def test_a_size_limit_bounds_the_worst_recording(serving: Serve) -> None:
    noise = np.random.default_rng(1).integers(-32768, 32767, 16_000 * 130, np.int16)
    async with serving("speaches", {"OPENAI_PIECE_MB": "2"}, hears="script", max_bytes=2_000_000) as account:
        await account.transcribe(noise)
        assert len(account.billed) >= 3
        assert max(entry.size for entry in account.sim.billed) <= 2_000_000


async def test_word_times_are_asked_for_with_brackets_and_moved_with_their_piece(serving: Serve) -> None:
    async with serving("openai", {"OPENAI_WORD_TIMES": "true"}) as account:
        transcript = await account.transcribe(LONG)
        last = transcript.segments[-1]
        assert [word.text for word in last.words] == ["tone", "700"]
        assert last.words[0].start == pytest.approx(105.0, abs=0.1)
        assert account.sim.violations == []


@pytest.mark.parametrize(
    ("dialect", "model", "field"),
    [
        ("openai", "whisper-1", "prompt"),
        ("openai", "gpt-4o-transcribe-diarize", None),
        ("speaches", "small", "hotwords"),
        ("generic", "any", "prompt"),
    ],
)
async def test_vocabulary_goes_where_the_server_takes_it(
    serving: Serve, dialect: DialectName, model: str, field: str | None
) -> None:
    async with serving(dialect, {"OPENAI_VOCABULARY": "amoxicillin, Hakobyan"}, model=model) as account:
        await account.transcribe()
        [form] = [job.form or {} for job in account.sim.jobs.values()]
        sent = {name: form[name] for name in ("prompt", "hotwords") if name in form}
        assert sent == ({field: ["amoxicillin, Hakobyan"]} if field else {})
        assert account.sim.violations == []


async def test_words_of_the_conversation_go_with_every_piece_also_after_a_restart(serving: Serve) -> None:
    async with serving("openai", {"OPENAI_VOCABULARY": "amoxicillin"}, model="whisper-1") as account:
        account.source.write_bytes(encoded(SHORT))
        order = replace(account.order(), vocabulary=("Xosum", "Hakobyan"))
        remote = await account.provider.create(order)
        await account.provider.upload(order, remote, Recording(b"", path=account.source, seconds=None), unseen)
        account.restarted()
        transcript = await account.finish(remote)
        assert [(job.form or {})["prompt"] for job in account.sim.jobs.values()] == [["amoxicillin, Xosum, Hakobyan"]]
        assert transcript.vocabulary == ("amoxicillin", "Xosum", "Hakobyan")


# ---- formats


@pytest.mark.parametrize(
    ("model", "wanted", "times"),
    [
        ("whisper-1", "verbose_json", True),
        ("gpt-4o-transcribe", "json", False),
        ("gpt-4o-mini-transcribe", "json", False),
        ("gpt-4o-transcribe-diarize", "diarized_json", True),
    ],
)
async def test_the_model_decides_the_format(serving: Serve, model: str, wanted: str, times: bool) -> None:
    async with serving("openai", model=model) as account:
        transcript = await account.transcribe()
        assert {form["response_format"][0] for job in account.sim.jobs.values() if (form := job.form)} == {wanted}
        assert (transcript.segments[0].start is not None) is times
        assert account.provider.capabilities.gives_times is times
        assert account.sim.ledger.count("transcribe", status=400) == 0


async def test_a_refused_format_falls_back_once_and_is_remembered(serving: Serve) -> None:
    async with serving("generic", verbose="refuse") as account:
        transcript = await account.transcribe(LONG)
        assert "tone 440" in transcript.text
        assert account.sim.ledger.count("transcribe", status=400) == 1
        assert len(account.billed) == 3


async def test_one_refusal_that_does_not_say_why_is_not_held_against_the_format(serving: Serve) -> None:
    async with serving("generic") as account:
        account.sim.fault("server_error", "transcribe", status=400, text="try that again")
        transcript = await account.transcribe(LONG)
        times = [segment.start is not None for segment in transcript.segments]
        assert times == [False, True, True, True]  # only the first piece came without
        account.sim.fault("server_error", "transcribe", times=1, status=400, text="no")
        account.sim.fault("server_error", "transcribe", times=1, skip=1, status=400, text="no")
        other = replace(account, job=await added(account.store), source=account.source.with_name("other"))
        later = await other.transcribe(LONG)
        assert {segment.start for segment in later.segments} == {None}  # twice in a row: it does not like it


async def test_a_server_that_answers_without_times_is_taken_as_it_is(serving: Serve) -> None:
    async with serving("generic", verbose="json") as account:
        transcript = await account.transcribe()
        assert transcript.text == "tone 440 tone 700"
        assert transcript.segments[0].start is None
        assert account.sim.ledger.count("transcribe") == 1


# ---- languages


async def test_the_language_is_asked_for_where_one_was_chosen(serving: Serve) -> None:
    async with serving("openai", hears="script") as account:
        assert (await account.transcribe(language="ru-RU")).language == "ru"
    async with serving("openai", {"OPENAI_LANGUAGE": "hy"}, hears="script") as account:
        assert (await account.transcribe()).language == "hy"
        assert account.sim.violations == []


async def test_whisper_cpp_is_asked_to_detect_the_language(serving: Serve) -> None:
    async with serving("whisper.cpp", hears="script", language="hy") as account:
        assert (await account.transcribe()).language == "hy"


async def test_a_language_that_nobody_knows_is_refused_before_anything_is_sent(serving: Serve) -> None:
    async with serving() as account:
        with pytest.raises(Rejected) as caught:
            await account.begin(language="tlh")
        assert caught.value.problem.code is ProblemCode.LANGUAGE_UNSUPPORTED
        assert account.sim.ledger.requests == []


# ---- speakers


async def test_speakers_of_later_pieces_are_recognised_by_recordings_of_the_first(serving: Serve) -> None:
    async with serving("openai", model="gpt-4o-transcribe-diarize") as account:
        transcript = await account.transcribe(LONG)
        assert [segment.speaker for segment in transcript.segments] == [
            *("Speaker A", "Speaker B", "Speaker A"),
            *("part 2, A", "Speaker B"),  # the voice that the first piece does not have
        ]
        assert account.sim.violations == []


async def test_a_server_that_takes_no_recordings_of_speakers_gets_honest_names(serving: Serve) -> None:
    async with serving("openai", model="gpt-4o-transcribe-diarize") as account:
        account.sim.fault("server_error", "transcribe", skip=1, status=400, text="known speakers are not supported")
        transcript = await account.transcribe(LONG)
        assert [segment.speaker for segment in transcript.segments] == [
            *("Speaker A", "Speaker B", "part 2, A"),
            *("part 2, B", "part 3, A"),
        ]
        assert len(account.billed) == 3


# ---- odd answers


@pytest.mark.parametrize("kind", ["duration_text", "missing_fields", "no_text"])
async def test_fields_that_are_missing_or_text_do_no_harm(serving: Serve, kind: Kind) -> None:
    async with serving("speaches") as account:
        account.sim.fault(kind, "transcribe")
        transcript = await account.transcribe()
        assert [text for text, _ in heard(transcript)] == ["tone 440", "tone 700"]


async def test_an_answer_without_segments_is_its_text(serving: Serve) -> None:
    async with serving("speaches") as account:
        account.sim.fault("no_segments", "transcribe")
        assert (await account.transcribe()).text == "tone 440 tone 700"


@pytest.mark.parametrize("kind", ["invented", "looped"])
async def test_what_nobody_said_is_dropped(serving: Serve, kind: Kind) -> None:
    async with serving("speaches") as account:
        account.sim.fault(kind, "transcribe")
        assert [text for text, _ in heard(await account.transcribe())] == ["tone 440", "tone 700"]
        assert account.sim.faults.fired == [("transcribe", kind)]


async def test_silence_is_an_empty_transcript(serving: Serve) -> None:
    async with serving() as account:
        transcript = await account.transcribe(tones(12.0))
        assert transcript.is_empty
        assert transcript.language is None


async def test_200_with_an_error_in_it_is_a_refusal(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("error_body", "transcribe", times=2)
        with pytest.raises(Rejected, match=r"status 200$") as raised:  # what is logged has not the server's words
            await account.transcribe()
        assert "Invalid or unsupported audio file" in raised.value.problem.params["detail"]


async def test_a_web_page_instead_of_an_answer_parks_the_account(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("html", "transcribe")
        with pytest.raises(Misconfigured, match="OPENAI_BASE_URL"):
            await account.transcribe()


# ---- limits that nobody knew


@pytest.mark.parametrize("status", [400, 413, 422, 500])
async def test_a_refusal_has_the_servers_words_the_size_and_the_setting(serving: Serve, status: int) -> None:
    async with serving("generic") as account:
        account.sim.fault("server_error", "transcribe", times=None, status=status, text="Request is too large")
        remote = await account.begin()
        if status == 500:  # it may have worked all the same: tried three times
            for _ in range(2):
                with pytest.raises(Ambiguous):
                    await account.provider.poll(remote, "")
        with pytest.raises(Rejected) as caught:
            await account.provider.poll(remote, "")
        problem = caught.value.problem
        assert problem.code is ProblemCode.PROVIDER_REFUSED
        detail = problem.params["detail"]
        assert detail.startswith("Request is too large. This part has 12 s and ")
        assert "OPENAI_PIECE_SECONDS (now 60)" in detail
        assert account.billed == []


async def test_a_proxys_413_is_a_refusal_too(serving: Serve) -> None:
    async with serving("generic") as account:
        account.sim.fault("page_too_large", "transcribe")
        with pytest.raises(Rejected, match="413"):
            await account.transcribe()


# ---- the account


async def test_a_wrong_key_parks_the_account_and_is_not_repeated_in_words(serving: Serve) -> None:
    async with serving() as account:
        account.sim.settings.api_key = "sk-another"
        with pytest.raises(Misconfigured, match="OPENAI_API_KEY") as caught:
            await account.transcribe()
        assert caught.value.account == "openai"
        assert "sk-" not in caught.value.detail
        [reached] = [one for one in await account.provider.check() if not one.ok]
        assert "OPENAI_API_KEY" in reached.remedy


async def test_no_quota_parks_the_account_and_is_tried_again_later(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("insufficient_quota", "transcribe")
        remote = await account.begin()
        with pytest.raises(Misconfigured, match="no quota left"):
            await account.provider.poll(remote, "")
        assert not all(one.ok for one in await account.provider.check())
        account.clock.advance(901)
        assert all(one.ok for one in await account.provider.check())
        assert len((await account.finish(remote)).segments) == 2


@pytest.mark.parametrize(("form", "wait"), [("seconds", 7.0), ("date", 7.0), ("missing", 20.0)])
async def test_a_429_holds_the_account_for_as_long_as_it_says(serving: Serve, form: str, wait: float) -> None:
    async with serving("groq") as account:
        account.sim.fault("audio_seconds", "transcribe", retry_after=form, seconds=7)
        remote = await account.begin()
        with pytest.raises(RateLimited) as caught:
            await account.provider.poll(remote, "")
        assert caught.value.retry_after == pytest.approx(wait, abs=1.5)
        assert len((await account.finish(remote)).segments) == 2
        assert (len(account.billed), account.sim.violations) == (1, [])


async def test_a_model_that_is_not_there_parks_the_account(serving: Serve) -> None:
    async with serving("speaches", installed_models=("other",), absent_model="refuse") as account:
        with pytest.raises(Misconfigured, match=r"not installed locally.*OPENAI_MODEL"):
            await account.transcribe()


async def test_the_first_call_of_a_model_may_take_its_time(serving: Serve) -> None:
    async with serving("speaches", installed_models=("other",), download_seconds=0.3) as account:
        assert len((await account.transcribe()).segments) == 2


# ---- unknown fate


async def test_a_cut_answer_is_sent_again_and_costs_one_piece(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("cut_after", "transcribe", skip=1)
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        with pytest.raises(Ambiguous):
            await account.provider.poll(remote, "")
        transcript = await account.finish(remote)
        assert len(transcript.segments) == 5
        assert len(account.billed) == 4


async def test_a_request_that_never_left_is_not_counted(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin()
        await account.sim.stop()
        for _ in range(5):
            with pytest.raises(Transient):
                await account.provider.poll(remote, "")
        [piece] = await account.store.pieces(account.job.id)
        assert piece.sends == 0


async def test_a_piece_without_an_answer_is_given_up_after_three_requests(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("cut_after", "transcribe", times=None)
        remote = await account.begin()
        for _ in range(2):
            with pytest.raises(Ambiguous):
                await account.provider.poll(remote, "")
        account.restarted()  # the count is in the store
        with pytest.raises(Rejected, match="no answer"):
            await account.provider.poll(remote, "")
        assert len(account.billed) == 3
        with pytest.raises(Rejected):
            await account.provider.poll(remote, "")
        assert len(account.billed) == 3


async def test_a_slow_answer_is_given_up_after_the_timeout(serving: Serve) -> None:
    async with serving("generic", {"OPENAI_TIMEOUT_SECONDS": "0.3"}, job_seconds=20.0) as account:
        remote = await account.begin()
        with pytest.raises(Ambiguous):
            await account.provider.poll(remote, "")


# ---- restarts


async def test_a_restart_sends_no_answered_piece_again(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        account.restarted()
        transcript = await account.finish(remote)
        assert len(transcript.segments) == 5
        assert len(account.billed) == 3
        digests = [entry.sha256 for entry in account.sim.billed]
        assert len(set(digests)) == 3


async def test_handing_over_again_sends_nothing_and_keeps_the_answers(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        await account.hand_over(remote)
        assert len((await account.finish(remote)).segments) == 5
        assert len(account.billed) == 3


async def test_pieces_that_were_lost_with_the_disk_are_cut_again(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        await account.provider.sweep([])
        lost = await account.provider.poll(remote, "")
        assert lost == Pending(uploaded=False)
        await account.hand_over(remote)
        assert len((await account.finish(remote)).segments) == 5
        assert len(account.billed) == 3


async def test_a_result_can_be_fetched_again_after_it_was_polled(serving: Serve) -> None:
    async with serving("openai", model="gpt-4o-transcribe-diarize") as account:
        remote = await account.begin(LONG)
        with pytest.raises(Ambiguous):
            await account.provider.fetch(remote, "")
        polled = await account.finish(remote)
        assert await account.restarted().fetch(remote, "") == polled
        assert await account.finish(remote) == polled
        assert len(account.billed) == 3


async def test_cancelling_deletes_the_audio(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        await account.provider.cancel(remote)
        assert await account.provider.kept() == []
        assert await account.provider.poll(remote, "") == Pending(uploaded=False)


async def test_progress_is_the_share_of_the_recording_that_is_answered(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        first = await account.provider.poll(remote, "")
        assert isinstance(first, Pending)
        assert first.progress == pytest.approx(56.0 / 150.0, abs=0.02)


async def test_two_recordings_are_sent_side_by_side_and_not_mixed_up(serving: Serve) -> None:
    async with serving() as account:
        other = replace(account, job=await added(account.store), source=account.source.with_name("other"))
        one, two = await asyncio.gather(account.transcribe(LONG), other.transcribe(SHORT))
        assert (len(one.segments), len(two.segments)) == (5, 2)


# ---- accounts and doctor


async def test_several_servers_are_accounts_of_their_own(serving: Serve, http: Http, clock: StillClock) -> None:
    async with serving("openai") as account:
        cellar = OpenAISettings(dialect="speaches", api_key="", model="small")
        async with OpenAISimulator(cellar, now=clock) as sim:
            second = {name.replace("OPENAI_", "OPENAI2_"): value for name, value in sim.environment().items()}
            both = {**account.environment, **second, "PROVIDER": "openai", "OPENAI2_TITLE": "Cellar"}
            provider = build(both, http, clock, account.store, account.source.parent, "openai2")
            assert (provider.name, provider.account, provider.capabilities.title) == ("openai2", "openai2", "Cellar")
            sim.settings.absent_model, sim.settings.installed_models = "refuse", ("other",)
            account.provider = provider
            with pytest.raises(Misconfigured, match="OPENAI2_MODEL") as caught:
                await account.transcribe()
            assert caught.value.account == "openai2"


@pytest.mark.parametrize("dialect", NAMES)
async def test_doctor_finds_a_working_server_well_and_bills_nothing(serving: Serve, dialect: DialectName) -> None:
    async with serving(dialect) as account:
        findings = await account.provider.check()
        assert all(one.ok for one in findings)
        assert any(one.subject.endswith("reachable") for one in findings)
        assert account.billed == []
        assert account.sim.violations == []


async def test_doctor_names_a_model_that_is_not_there(serving: Serve) -> None:
    async with serving("openai", {"OPENAI_MODEL": "whisper-2"}) as account:
        [bad] = [one for one in await account.provider.check() if not one.ok]
        assert (bad.subject, bad.detail) == ("OpenAI: model", "whisper-2 is not there")
        assert "whisper-1" in bad.remedy
    async with serving("speaches", {"OPENAI_MODEL": "large"}) as account:
        assert all(one.ok for one in await account.provider.check())  # it may be downloaded when it is asked for


async def test_doctor_says_when_nothing_answers_or_something_else_does(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("html", "models")
        assert [one.ok for one in await account.provider.check()] == [False]
        await account.sim.stop()
        [bad] = await account.provider.check()
        assert "OPENAI_BASE_URL" in bad.remedy


async def test_nobody_may_push(serving: Serve) -> None:
    async with serving() as account:
        with pytest.raises(WebhookRefused):
            account.provider.verify_webhook(WebhookRequest(b"{}", {}))
        assert account.provider.parse_pushed(b"{}") is None


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_goes_wrong_no_piece_is_missing_and_only_doubtful_ones_are_billed_again(
    serving: Serve, seed: int
) -> None:
    chance = random.Random(seed)
    async with serving() as account:
        sim, doubtful = account.sim, 0
        remote = await account.begin(LONG)
        for _ in range(25):
            if chance.random() < 0.7:
                status = chance.choice([500, 502, 503, 504])
                kind: Kind = chance.choice(["cut_before", "cut_after", "server_error", "audio_seconds", "unauthorized"])
                sim.fault(kind, "transcribe", status=status, times=chance.choice([1, 2]), seconds=1)
            if chance.random() < 0.3:
                account.restarted()
            if chance.random() < 0.1:
                await account.provider.sweep([])
            try:
                found = await account.provider.poll(remote, "")
            except Ambiguous:
                doubtful += 1
            except Rejected:
                doubtful += 1  # the last of three, or a plain refusal
                await account.hand_over(remote)
            except (Transient, Misconfigured):
                pass
            else:
                if found == Pending(uploaded=False):
                    await account.hand_over(remote)
        sim.faults.clear()
        if await account.provider.poll(remote, "") == Pending(uploaded=False):
            await account.hand_over(remote)
        transcript = await account.finish(remote)
        assert [text for text, _ in heard(transcript)] == [f"tone {pitch}" for pitch, _, _ in SOUNDS]
        assert 3 <= len(account.billed) <= 3 + doubtful
        assert len({entry.sha256 for entry in sim.billed}) == 3
        assert sim.violations == []
