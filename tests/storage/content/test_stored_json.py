"""Transcripts as bytes and back: nothing said is lost, in any script."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StoreError
from bot.domain.transcript import Segment, Transcript, Word
from storage.content.stored_json import (
    dump_block,
    dump_params,
    dump_transcript,
    load_block,
    load_params,
    load_transcript,
)

# Every script there is, and what only broken senders send: control characters and halves of surrogate pairs.
texts = st.text(st.characters(exclude_categories=()), max_size=40)
times = st.floats(allow_nan=False)
words = st.builds(Word, texts, times, times)
segments = st.builds(
    Segment,
    texts,
    st.none() | times,
    st.none() | times,
    st.none() | texts,
    st.lists(words, max_size=3).map(tuple),
    st.none() | texts.filter(bool),
    st.booleans(),
)
transcripts = st.builds(
    Transcript,
    segments=st.lists(segments, max_size=4).map(tuple),
    language=st.none() | texts,
    seconds=st.none() | times,
    title=st.none() | texts,
    summary=st.none() | texts,
    highlights=st.lists(texts, max_size=3).map(tuple),
    provider=texts,
    speaker_names=st.dictionaries(texts, texts, max_size=3),
    language_confidence=st.none() | st.floats(0, 1),
    vocabulary=st.lists(texts, max_size=3).map(tuple),
    replacements=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)


@given(transcripts)
def test_a_transcript_comes_back_the_same(transcript: Transcript) -> None:
    assert load_transcript(dump_transcript(transcript)) == transcript


@given(st.lists(segments, max_size=4).map(tuple), st.none() | texts)
def test_a_block_comes_back_the_same(said: tuple[Segment, ...], language: str | None) -> None:
    assert load_block(dump_block(said, language)) == (said, language)


@given(st.dictionaries(texts, texts, max_size=4))
def test_parameters_come_back_the_same(params: dict[str, str]) -> None:
    assert load_params(dump_params(params)) == params


def test_a_time_that_is_not_a_number_stays_one() -> None:
    back = load_transcript(dump_transcript(Transcript((Segment("x", math.nan, math.inf),))))
    assert back.segments[0].start is not None
    assert math.isnan(back.segments[0].start)
    assert back.segments[0].end == math.inf


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"v":2,"segments":[]}',
        b'{"v":1,"segments":[["x",1,2]],"language":null}',
        b'{"v":1,"segments":[[1,null,null,null,[]]],"language":null}',
        b'{"v":1,"segments":{},"language":null}',
        b'{"v":1,"segments":[["x",true,"1",null,[]]],"language":null}',
    ],
)
def test_damaged_content_is_a_store_error(data: bytes) -> None:
    with pytest.raises(StoreError):
        load_block(data)
