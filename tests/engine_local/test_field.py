"""Recordings of faults that people reported: what is heard is complete and in its place."""

import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from bot.domain.transcript import SpeechFinding, Transcript
from bot.providers.local.settings import LocalSettings
from bot.text.exports.formats import Format, export
from tests.support.harnesses.local_engine import (
    RATE,
    WORDS,
    LocalHarness,
    Sound,
    error_rate,
    local_settings,
    open_harness,
    pause,
    plain,
    speech,
    write,
)

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

FIELD = Path(__file__).parent / "field"
TRACKS = Path(__file__).parents[1] / "audio" / "field"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def base(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> AsyncIterator[LocalHarness]:
    """One engine for all: each loads its model, and the networks that tell voices apart, at its first recording."""
    async with open_harness(tmp_path_factory.mktemp("base"), local_settings("base", str(cache), "detect")) as harness:
        yield harness


def between(transcript: Transcript, start: float, end: float) -> str:
    """The words whose middle lies in this stretch of the recording."""
    words = [word for segment in transcript.segments for word in segment.words]
    return plain(" ".join(word.text for word in words if start <= (word.start + word.end) / 2 < end))


async def test_the_softer_side_of_a_call_is_heard(base: LocalHarness) -> None:
    transcript = await base.transcribe(FIELD / "far_end_softer.ogg")
    for start, end in ((7.0, 18.0), (25.0, 36.2)):
        assert error_rate(WORDS["jfk.wav"], between(transcript, start, end)) <= 0.15
    for start, end in ((0.0, 7.0), (18.0, 25.0)):
        assert error_rate(WORDS["sense_0870.m4a"], between(transcript, start, end)) <= 0.15
    assert len(transcript.speakers) == 2


async def test_sentences_keep_their_times_around_pauses(base: LocalHarness) -> None:
    transcript = await base.transcribe(FIELD / "pauses.ogg")
    ends: list[list[float]] = []
    for segment in transcript.segments:
        assert segment.start is not None
        assert segment.end is not None
        if ends and segment.start - ends[-1][1] < 10:
            ends[-1][1] = segment.end
        else:
            ends.append([segment.start, segment.end])
    assert np.allclose(ends, [[0, 10.6], [31.0, 38.0], [58.1, 65.1]], atol=0.5)
    cues = export(transcript, Format.SRT).decode()
    assert "00:00:58," in cues
    assert not [line for line in cues.splitlines() if line.startswith(("00:00:1", "00:00:2")) and line[6:8] > "11"]


@pytest.mark.parametrize("name", ["opposite_phase.flac", pytest.param("microphone_second.mkv", marks=pytest.mark.slow)])
async def test_channels_that_cancel_and_tracks_that_are_silent_are_no_silence(base: LocalHarness, name: str) -> None:
    transcript = await base.transcribe(TRACKS / name)
    assert plain(transcript.text).startswith("and so my fellow americans ask not what")
    assert transcript.finding is SpeechFinding.WORDS


async def test_a_second_language_is_transcribed_and_not_translated(base: LocalHarness, tmp_path: Path) -> None:
    spanish = speech("prueba_de_eco_es.wav")[: 15 * RATE]
    path = write(tmp_path / "both.wav", speech("sense_passage.mp3"), pause(0.5), spanish, pause(0.5), speech())
    transcript = await base.transcribe(path)
    assert error_rate(WORDS["sense_passage.mp3"], between(transcript, 0, 28.2)) <= 0.15
    assert "en este modo todo lo que" in between(transcript, 28.2, 43.5)
    assert "what your country can do for you" in between(transcript, 43.5, 60)
    assert {"en", "es"} <= set(transcript.languages)


@pytest.mark.slow  # the softer side of a call, above, is heard the same way
async def test_a_call_is_heard_channel_by_channel_also_where_both_speak(base: LocalHarness, tmp_path: Path) -> None:
    first, second = speech(), speech("sense_passage.mp3")
    near = np.concatenate([first, pause(6), first, pause(9)])
    far = np.zeros(len(near), np.int16)
    far[8 * RATE : 8 * RATE + len(second)] = second[: len(far) - 8 * RATE]
    size = min(len(near), 8 * RATE + len(second))
    transcript = await base.transcribe(_stereo(tmp_path / "call.wav", near[:size], far[:size]))
    assert transcript.speakers == ("Speaker 1", "Speaker 2")
    said = {
        name: plain(" ".join(segment.text for segment in transcript.segments if segment.speaker == name))
        for name in transcript.speakers
    }
    assert error_rate(f"{WORDS['jfk.wav']} {WORDS['jfk.wav']}", said["Speaker 1"]) <= 0.15
    assert error_rate(WORDS["sense_passage.mp3"], said["Speaker 2"]) <= 0.2


def _stereo(path: Path, left: Sound, right: Sound) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.stack([left, right], 1).astype(np.int16).tobytes())
    return path


async def test_speech_in_a_language_that_was_not_set_is_never_said_to_be_silence(
    tmp_path: Path, english: LocalSettings
) -> None:
    async with open_harness(tmp_path, english) as harness:
        transcript = await harness.transcribe(write(tmp_path / "es.wav", speech("prueba_de_eco_es.wav")))
    assert transcript.finding is not SpeechFinding.SILENCE
    marked = transcript.unclear_seconds
    covered = sum(word.end - word.start for segment in transcript.segments for word in segment.words)
    assert marked + covered > 10
