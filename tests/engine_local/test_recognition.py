"""Finding speech, cutting it into clips, and choosing their languages: without a model."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.audio.decoding.cutting import RATE
from bot.domain.transcript import Segment, Word
from bot.providers.local.assembly import assemble
from bot.providers.local.job_files import Outcome
from bot.providers.local.messages import from_row, to_row
from bot.providers.local.recognition.clips import LONGEST, Clip, clips_of
from bot.providers.local.recognition.language_choice import Guess, choose_languages
from bot.providers.local.recognition.speech import Span, find_speech, joined, levelled, uncovered
from bot.providers.local.recognition.transcribe import SpokenWord, is_echo, is_made_up
from bot.providers.local.speakers.labels import label_segments
from bot.providers.local.speakers.turns import Turn
from tests.support.harnesses.local_engine import speech

lengths = st.lists(st.tuples(st.floats(0, 20), st.floats(0.2, 70)), min_size=1, max_size=6)


def _spans(pairs: Sequence[tuple[float, float]]) -> list[Span]:
    spans, at = [], 0.0
    for gap, length in pairs:
        start = round((at + gap) * RATE) / RATE
        at = round((start + length) * RATE) / RATE
        spans.append(Span(start, at))
    return spans


@settings(max_examples=10, deadline=None)
@given(lengths, st.integers(0, 100))
def test_clips_fit_a_window_and_hold_all_of_the_speech(pairs: list[tuple[float, float]], seed: int) -> None:
    spans = _spans(pairs)
    samples = np.random.default_rng(seed).normal(0, 0.1, round(spans[-1].end * RATE) + 1).astype(np.float32)
    clips = clips_of(samples, spans)
    assert all(clip.seconds <= LONGEST + 0.01 for clip in clips)
    assert sum(clip.seconds for clip in clips) == pytest.approx(sum(span.seconds for span in spans), abs=0.01)
    whole = joined([span for clip in clips for span in clip.spans], 1e-6, 0, 1e9)
    assert np.allclose(whole, joined(spans, 1e-6, 0, 1e9), atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(lengths, st.floats(0, 1))
def test_a_time_in_a_clip_leads_back_to_its_samples(pairs: list[tuple[float, float]], share: float) -> None:
    spans = _spans([(gap, min(length, 4)) for gap, length in pairs])
    samples = np.arange(round(spans[-1].end * RATE) + 1, dtype=np.float32)  # each sample is its own time
    (clip,) = clips_of(samples, spans)
    at = min(len(clip.samples) - 1, int(share * len(clip.samples)))
    assert clip.time(at / RATE) * RATE == pytest.approx(float(clip.samples[at]), abs=3 * len(spans))
    first, second = clip.halves()
    assert first.seconds + second.seconds == pytest.approx(clip.seconds)
    assert np.array_equal(np.concatenate([first.samples, second.samples]), clip.samples)
    assert second.time(0) * RATE == pytest.approx(float(second.samples[0]), abs=3 * len(spans))


@given(lengths, lengths)
def test_what_is_uncovered_is_exactly_what_no_cover_touches(
    pairs: list[tuple[float, float]], covers: list[tuple[float, float]]
) -> None:
    spans, over = _spans(pairs), _spans(covers)
    rest = uncovered(spans, over)
    for at in np.arange(0, spans[-1].end, 0.5):
        inside = any(span.start < at < span.end for span in spans) and not any(c.start <= at <= c.end for c in over)
        assert any(part.start < at < part.end for part in rest) == inside


@pytest.mark.parametrize("level_db", [0, -20, -40, -55])
def test_speech_is_found_at_every_level(level_db: int) -> None:
    sound = speech().astype(np.float32) / 32_768 * np.float32(10 ** (level_db / 20))
    padded = np.concatenate([np.zeros(5 * RATE, np.float32), sound, np.zeros(5 * RATE, np.float32)])
    found = find_speech(padded)
    assert sum(span.seconds for span in found.possible) == pytest.approx(11, abs=1.5)
    assert found.possible[0].start == pytest.approx(5, abs=0.7)
    assert sum(span.seconds for span in found.certain) > 5


@pytest.mark.parametrize("level", [1e-5, 1e-3, 0.1])
def test_noise_hum_and_silence_are_no_certain_speech(level: float) -> None:
    times = np.arange(20 * RATE) / RATE
    chance = np.random.default_rng(4)
    for sound in (
        chance.normal(0, level, len(times)),
        level * np.sign(np.sin(2 * np.pi * 50 * times)),
        level * np.sin(2 * np.pi * 440 * times) * (times % 1 < 0.3),
        np.zeros(len(times)),
        np.zeros(0),
    ):
        assert find_speech(sound.astype(np.float32)).certain == []


@given(st.floats(1e-4, 1.0))
def test_levelled_sound_is_never_amplified_by_more_than_forty_decibels(level: float) -> None:
    sound = np.random.default_rng(1).normal(0, level / 3, 16_000).astype(np.float32)
    loud = levelled(sound)
    assert float(np.abs(loud).max()) <= 1
    assert np.sqrt((loud**2).mean()) <= 100.01 * np.sqrt((sound**2).mean())


# Languages


def _clip(language: str, seconds: float) -> tuple[Clip, str]:
    return Clip(np.zeros(int(seconds * RATE), np.float32), (Span(0, seconds),)), language


class _Model:
    """Guesses by what was put into a clip: a letter for each second."""

    def __init__(self, text: str) -> None:
        self.codes = sorted(set(text))
        sound = np.repeat([self.codes.index(letter) + 1.0 for letter in text], RATE).astype(np.float32)
        self.clips = clips_of(sound, [Span(0, len(text))])
        self.asked = 0

    def guess(self, clip: Clip) -> Guess:
        self.asked += 1
        return {code: float((clip.samples == self.codes.index(code) + 1).mean()) for code in self.codes}


def _languages(text: str, before: str | None = None) -> str:
    """The language of each second, as it was chosen."""
    model = _Model(text)
    chosen = ["?"] * len(text)
    for heard in choose_languages(model.clips, model.guess, before):
        for second in range(int(heard.clip.spans[0].start + 0.5), int(heard.clip.spans[-1].end + 0.5)):
            chosen[second] = heard.language
    return "".join(chosen)


def test_one_language_stays_one_and_is_asked_for_once_a_clip() -> None:
    model = _Model("e" * 100)
    assert {heard.language for heard in choose_languages(model.clips, model.guess, None)} == {"e"}
    assert model.asked == len(model.clips)


@settings(max_examples=12, deadline=None)
@given(st.integers(20, 60), st.integers(20, 60))
def test_a_change_of_language_is_found_within_seconds(first: int, second: int) -> None:
    text = "e" * first + "s" * second
    wrong = sum(a != b for a, b in zip(_languages(text), text, strict=True))
    assert wrong <= 8


def test_an_unsure_clip_keeps_the_language_before_it() -> None:
    def unsure(clip: Clip) -> Guess:
        return {"hu": 0.4, "hy": 0.35}

    clip, _ = _clip("?", 5)
    assert [heard.language for heard in choose_languages([clip], unsure, "hy")] == ["hy"]
    assert [heard.language for heard in choose_languages([clip], unsure, None)] == ["hu"]
    assert choose_languages([clip], unsure, None)[0].confidence == 0.4


# What is dropped, and how segments travel


class _Spoken:
    def __init__(self, text: str, logprob: float, no_speech: float = 0.0, ratio: float = 1.0) -> None:
        self.text = text
        self.avg_logprob = logprob
        self.no_speech_prob = no_speech
        self.compression_ratio = ratio
        self.words: Iterable[SpokenWord] | None = None


def test_what_the_model_only_guesses_is_dropped() -> None:
    assert is_made_up(_Spoken("c'mon, c'mon", -1.11))
    assert is_made_up(_Spoken("thank you", -0.8, no_speech=0.7))
    assert not is_made_up(_Spoken("yes yes yes", -0.3, ratio=3.0))


def test_a_repeated_vocabulary_is_dropped_where_the_model_is_unsure() -> None:
    names = ("ComfyUI", "Nakamura Dental")
    assert is_echo(_Spoken(" ComfyUI, Nakamura Dental.", -0.7), names)
    assert not is_echo(_Spoken(" ComfyUI.", -0.2), names)
    assert not is_echo(_Spoken(" Nakamura Dental called.", -0.7), names)
    assert not is_echo(_Spoken(" anything", -0.9), ())


texts = st.text(max_size=20)
segments = st.builds(
    Segment,
    texts,
    st.floats(0, 1e5),
    st.floats(0, 1e5),
    st.none() | texts,
    st.lists(st.builds(Word, texts, st.floats(0, 1e5), st.floats(0, 1e5)), max_size=3).map(tuple),
    st.none() | texts,
    st.booleans(),
)


@given(segments)
def test_a_segment_comes_back_from_its_row(segment: Segment) -> None:
    assert from_row(to_row(segment)) == segment


def _segment(text: str, start: float) -> Segment:
    words = tuple(Word(word, start + n, start + n + 0.5) for n, word in enumerate(text.split()))
    return Segment(text, words[0].start, words[-1].end, words=words, language="en")


def test_segments_are_cut_where_the_speaker_changes() -> None:
    said = [
        _segment("one, two three", 0),
        _segment("four five six. seven eight nine", 5),
        Segment("", 20, 25, unclear=True),
    ]
    turns = [Turn(0, 7.6, 0), Turn(7.9, 12, 1)]
    found = label_segments(said, turns)
    assert [(index, part.speaker, part.text) for index, part in found] == [
        (0, "Speaker 1", "one, two three"),
        (1, "Speaker 1", "four five six."),
        (1, "Speaker 2", "seven eight nine"),
        (2, None, ""),
    ]
    again = label_segments([part for _, part in found], turns)
    assert [part for _, part in again] == [part for _, part in found]


def test_nobody_is_named_where_one_person_speaks() -> None:
    assert [part.speaker for _, part in label_segments([_segment("one two", 0)], [Turn(0, 5, 0)])] == [None]


def test_blocks_become_a_transcript_in_its_main_language() -> None:
    def by(speaker: str, text: str, start: float, language: str) -> Segment:
        segment = _segment(text, start)
        return Segment(segment.text, segment.start, segment.end, speaker, segment.words, language)

    blocks = [
        (0, [by("Channel 2", "hello there", 0, "en"), by("Channel 1", "hola", 5, "es")], "es"),
        (1, [by("Channel 2", "so long and thanks", 9, "en")], "en"),
    ]
    transcript = assemble(blocks, Outcome(blocks=2, seconds=14, confidence=0.9), "local")
    assert transcript.speakers == ("Speaker 1", "Speaker 2")
    assert transcript.segments[1].speaker == "Speaker 2"
    assert assemble(blocks, Outcome(blocks=2), "local", speakers=False).speakers == ()
    assert transcript.language == "en"
    assert transcript.languages == ("en", "es")
    assert assemble([(0, [by("Channel 2", "alone", 0, "en")], "en")], Outcome(blocks=1), "local").speakers == ()
