"""The right words, in every format, as the bare engine hears them, and none where nobody speaks."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from faster_whisper import WhisperModel

from bench.speech.nobody_speaks import sounds_without_speech
from bot.domain.errors import ProblemCode, Rejected
from bot.providers.local.settings import LocalSettings
from bot.providers.local.weights import model_path
from tests.support.audio.recordings import record
from tests.support.harnesses.local_engine import (
    JFK,
    SAMPLES,
    SPANISH,
    WORDS,
    LocalHarness,
    error_rate,
    local_settings,
    open_harness,
    pause,
    plain,
    speech,
    talk,
    write,
)

VOICES = Path(__file__).parent / "voices"
pytestmark = [pytest.mark.engine, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> AsyncIterator[LocalHarness]:
    """One engine for all that are not about its start."""
    async with open_harness(tmp_path_factory.mktemp("words"), local_settings("tiny.en", str(cache))) as harness:
        yield harness


def bare(settings: LocalSettings, path: Path) -> str:
    """What faster-whisper alone makes of a file, in one call."""
    model = WhisperModel(model_path(settings), device="cpu", compute_type="int8")
    segments, _ = model.transcribe(str(path), beam_size=5, vad_filter=True, condition_on_previous_text=False)
    return " ".join(segment.text for segment in segments)


@pytest.mark.slow
async def test_every_format_gives_the_words_that_were_said(harness: LocalHarness, tmp_path: Path) -> None:
    files = [(SAMPLES / name, words) for name, words in WORDS.items()]
    files.append((record(tmp_path / "jfk.aac", speech(), "aac", "adts", bit_rate=48_000), JFK))
    files.append((record(tmp_path / "jfk.amr", speech()[::2].copy(), "libopencore_amrnb", "amr", 8_000, 12_200), JFK))
    files.append((record(tmp_path / "jfk.mov", speech(), "aac", "mov", bit_rate=48_000, video=True), JFK))
    for path, words in files:
        transcript = await harness.transcribe(path)
        assert error_rate(words, transcript.text) <= 0.25, path.name
        assert transcript.language == "en"
        times = [at for segment in transcript.segments for at in (segment.start, segment.end)]
        assert times == sorted(times, key=lambda at: at or 0.0)


async def test_the_samples_are_heard_as_well_as_by_the_bare_engine(
    harness: LocalHarness, english: LocalSettings
) -> None:
    for name in ("jfk.wav", "sense_0890.ogg"):
        transcript = await harness.transcribe(SAMPLES / name)
        by_itself = error_rate(WORDS[name], await asyncio.to_thread(bare, english, SAMPLES / name))
        assert error_rate(WORDS[name], transcript.text) <= by_itself + 0.02, name


@pytest.mark.slow
async def test_a_recording_cut_into_blocks_reads_like_the_uncut_one(english: LocalSettings, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", *([speech(), pause(1.5), speech("sense_passage.mp3"), pause(1.5)] * 5))
    async with open_harness(tmp_path, english) as harness:
        transcript = await harness.transcribe(path)
        assert len(harness.blocks.put) == 2
    whole = await asyncio.to_thread(bare, english, path)
    assert error_rate(whole, transcript.text) <= 0.05
    round_seconds = 11 + 1.5 + 27.73 + 1.5
    assert transcript.seconds == pytest.approx(5 * round_seconds, abs=0.1)
    words = [word for segment in transcript.segments for word in segment.words]
    heard_at = [word.start for word in words if word.text == "fellow"]
    assert heard_at == pytest.approx([round_seconds * number + 1.0 for number in range(5)], abs=1.0)


async def test_every_word_has_its_time(harness: LocalHarness) -> None:
    transcript = await harness.transcribe(SAMPLES / "jfk.wav")
    words = [word for segment in transcript.segments for word in segment.words]
    assert plain(" ".join(word.text for word in words)) == plain(transcript.text)
    assert all(0 <= word.start <= word.end <= 11.1 for word in words)


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("tiny.en", ("silence", "white noise", "music")),
        pytest.param("tiny.en", None, marks=pytest.mark.slow),
        # Voice detection, which is the same for both models, drops the others before the model hears them.
        pytest.param("base", ("white noise", "music", "buzz"), marks=pytest.mark.slow),
    ],
)
async def test_silence_noise_and_music_give_no_words(
    tmp_path: Path, english: LocalSettings, model: str, names: tuple[str, ...] | None
) -> None:
    async with open_harness(tmp_path, english.model_copy(update={"model": model})) as harness:
        for name, sound in sounds_without_speech().items():
            if names is not None and name not in names:
                continue
            transcript = await harness.transcribe(write(tmp_path / f"{name}.wav", sound))
            assert transcript.is_empty, f"{name}: {transcript.text}"
            assert transcript.language is None
            assert transcript.seconds == pytest.approx(20, abs=0.01)


async def test_names_are_wrong_without_the_vocabulary_and_right_with_it(harness: LocalHarness) -> None:
    path = VOICES / "1688-142285-0005.ogg"
    names = ("Helstone", "shoppy")
    without = await harness.transcribe(path)
    assert not any(name in without.text for name in names), without.text
    assert without.vocabulary == ()
    given = await harness.transcribe(path, vocabulary=names)
    assert plain(given.text) == "you who were always accusing people of being shoppy at helstone"
    assert all(name in given.text for name in names)
    assert given.vocabulary == names


@pytest.mark.parametrize(
    "sounds", [("music",), pytest.param(("white noise", "buzz"), marks=pytest.mark.slow)], ids=["music", "noise"]
)
async def test_words_that_do_not_occur_change_nothing_and_are_not_heard_in_silence(
    harness: LocalHarness, tmp_path: Path, sounds: tuple[str, ...]
) -> None:
    names = ("Helstone", "shoppy", "amoxicillin", "Hakobyan", "Xosum")
    for name in ("jfk.wav", "sense_0890.ogg"):
        transcript = await harness.transcribe(SAMPLES / name, vocabulary=names)
        assert error_rate(WORDS[name], transcript.text) <= 0.1, transcript.text
        assert not any(word.lower() in transcript.text.lower() for word in names)
    for name in sounds:
        path = write(tmp_path / f"{name}.wav", sounds_without_speech()[name])
        assert (await harness.transcribe(path, vocabulary=names)).is_empty, name


@pytest.mark.slow  # test_field.py has two languages within one block
async def test_each_block_is_in_its_own_language(tmp_path: Path, multilingual: LocalSettings) -> None:
    path = tmp_path / "largo.wav"
    write(path, pause(100), speech("prueba_de_eco_es.wav"), pause(60), speech())
    async with open_harness(tmp_path, multilingual) as harness:
        short = await harness.transcribe(SAMPLES / "prueba_de_eco_es.wav")
        assert short.language == "es"
        assert error_rate(SPANISH, short.text) < 0.25
        remote = await harness.hand_over(path)
        await harness.finished(remote)
        assert [language for _, _, language in await harness.blocks.blocks(remote.ref)] == ["es", "en"]
        transcript = await harness.provider.fetch(remote, "ref")
        assert transcript.language == "es"  # what is spoken longest
        assert transcript.languages == ("es", "en")
        assert "fellow Americans" in transcript.text


async def test_a_language_that_the_model_does_not_know_is_refused(harness: LocalHarness) -> None:
    assert dict(harness.provider.capabilities.languages) == {"en": "English"}
    with pytest.raises(Rejected) as caught:
        await harness.hand_over(SAMPLES / "jfk.wav", language="es-MX")
    assert caught.value.problem.code is ProblemCode.LANGUAGE_UNSUPPORTED


async def test_the_loop_goes_on_while_the_engine_works(harness: LocalHarness, tmp_path: Path) -> None:
    path, _ = talk(tmp_path / "a.wav", 3)
    busy: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.01)
            busy.append(time.thread_time() - before)

    watcher = asyncio.create_task(watch())
    await harness.transcribe(path)
    watcher.cancel()
    assert max(busy) < 0.25  # CPU of this thread between two turns, whatever else the machine does
