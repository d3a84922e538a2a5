"""What the provider makes of odd answers, and of limits that nobody knew."""

import pytest

from bot.domain.errors import Ambiguous, Misconfigured, ProblemCode, Rejected
from simulators.provider.faults import Kind
from tests.providers.openai.account import Serve, heard
from tests.simulators.provider.openai_peers import tones

# odd answers


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


# limits that nobody knew


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
