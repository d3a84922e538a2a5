"""What an answer says: words, times and speakers, whatever is missing."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.transcript import Segment, Word
from bot.providers.openai.answers import read_result
from bot.providers.whisper_guards import is_made_up


def test_a_whole_verbose_answer_is_read() -> None:
    body = {
        "text": "Hello there. Bye.",
        "language": "english",
        "duration": "3.5",
        "segments": [
            {"start": 0, "end": 1.5, "text": " Hello there.", "avg_logprob": -0.2},
            {"start": "2.0", "end": "3.0", "text": " Bye."},
        ],
        "words": [
            {"word": "Hello", "start": 0.0, "end": 0.5},
            {"word": "there.", "start": 0.5, "end": 1.5},
            {"word": "Bye.", "start": 2.0, "end": 3.0},
        ],
    }
    found = read_result(body, 3.5)
    assert found.language == "english"
    assert found.segments == (
        Segment("Hello there.", 0.0, 1.5, None, (Word("Hello", 0.0, 0.5), Word("there.", 0.5, 1.5))),
        Segment("Bye.", 2.0, 3.0, None, (Word("Bye.", 2.0, 3.0),)),
    )


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ({"text": ""}, ()),
        ({"text": " words "}, (Segment("words"),)),
        ({"text": "words", "segments": []}, (Segment("words"),)),
        ({"text": "words", "segments": None}, (Segment("words"),)),
        ({"text": "words", "segments": [{"id": 0}]}, (Segment("words"),)),
        ({"segments": [{"text": "no times"}]}, (Segment("no times"),)),
        ({"segments": [{"text": "a", "start": 1.0}]}, (Segment("a", 1.0, 10.0),)),
        (
            {"segments": [{"text": "a", "start": 1.0}, {"text": "b", "start": 4.0, "end": 99.0}]},
            (Segment("a", 1.0, 4.0), Segment("b", 4.0, 10.0)),
        ),
        ({"segments": [{"text": "a", "start": -3, "end": -1}]}, (Segment("a", 0.0, 0.0),)),
        ({"segments": [{"text": "a", "start": 1, "end": 2, "speaker": "B"}]}, (Segment("a", 1.0, 2.0, "B"),)),
        (
            {"text": "", "words": [{"word": "a", "start": 1, "end": 2}, {"word": "b", "start": 2, "end": 3}]},
            (Segment("a b", 1.0, 3.0, None, (Word("a", 1.0, 2.0), Word("b", 2.0, 3.0))),),
        ),
    ],
)
def test_any_field_may_be_missing(body: Mapping[str, object], segments: tuple[Segment, ...]) -> None:
    assert read_result(body, 10.0).segments == segments


def test_what_the_model_doubts_itself_is_dropped() -> None:
    body = {
        "text": "Hello. Subtitles by the community",
        "segments": [
            {"start": 0, "end": 1, "text": "Hello.", "avg_logprob": -0.2, "no_speech_prob": 0.9},
            {"start": 1, "end": 2, "text": "Subtitles", "avg_logprob": -1.4, "no_speech_prob": 0.9},
            {"start": 2, "end": 3, "text": "you you you", "avg_logprob": -0.9, "compression_ratio": 6.0},
        ],
    }
    assert [one.text for one in read_result(body, 3.0).segments] == ["Hello."]
    all_made_up = {"text": "Subtitles", "segments": body["segments"][1:]}
    assert read_result(all_made_up, 3.0).segments == ()


def test_a_doubtful_echo_of_the_vocabulary_is_dropped() -> None:
    def said(text: str, logprob: float) -> Mapping[str, object]:
        return {"text": text, "segments": [{"start": 0, "end": 1, "text": text, "avg_logprob": logprob}]}

    words = ["amoxicillin", "Dr. Hakobyan"]
    assert read_result(said("Amoxicillin, Dr Hakobyan.", -0.6), 1.0, words).segments == ()
    assert read_result(said("Amoxicillin.", -0.3), 1.0, words).segments != ()
    assert read_result(said("Take amoxicillin.", -0.6), 1.0, words).segments != ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=True) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["text", "segments", "words", "start", "end", "word", "speaker"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_answer_is_too_odd_to_be_read_and_times_stay_within_the_piece(body: object) -> None:
    fields = body if isinstance(body, dict) else {"segments": body, "text": "x"}
    for segment in read_result(fields, 10.0).segments:
        if segment.start is not None and segment.end is not None:
            assert 0 <= segment.start <= segment.end <= 10.0
        for word in segment.words:
            assert 0 <= word.start <= word.end <= 10.0


@given(st.none() | st.floats(-5, 0), st.none() | st.floats(0, 1), st.none() | st.floats(0, 10))
def test_missing_marks_never_condemn(logprob: float | None, silence: float | None, ratio: float | None) -> None:
    assert not is_made_up(None, silence, ratio)
    if logprob is not None and logprob >= -0.7:
        assert not is_made_up(logprob, silence, ratio)
