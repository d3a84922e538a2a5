"""Which language the provider asks for, and how speakers keep their names over the pieces."""

import pytest

from bot.domain.errors import ProblemCode, Rejected
from tests.providers.openai.account import LONG, Serve

# languages


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


# speakers


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
