"""Which format the provider asks a server for."""

from dataclasses import replace

import pytest

from tests.providers.openai.account import LONG, Serve
from tests.storage.samples import added


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
