"""A recording is cut, sent and put together, in every dialect."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.openai.dialects import DialectName
from tests.providers.openai.account import LONG, NAMES, SHORT, SOUNDS, Serve, heard, unseen
from tests.providers.peers import Recording
from tests.simulators.provider.openai_peers import encoded, tones


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
