"""Exact replacements: whole words, any case, in the text and in the timed words alike."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.transcript import Segment, Transcript, Word
from bot.domain.vocabulary import Replacement, parse
from bot.text.replacing import Replacer


def replacer(*lines: str) -> Replacer:
    return Replacer(parse("\n".join(lines)).replacements)


@pytest.mark.parametrize(
    ("rule", "heard", "written"),
    [
        ("a mocks a sillin -> amoxicillin", "give a mocks a sillin twice", "give amoxicillin twice"),
        ("a mocks a sillin -> amoxicillin", "A mocks a sillin, twice.", "Amoxicillin, twice."),
        ("a mocks a sillin -> amoxicillin", "A MOCKS A SILLIN", "amoxicillin"),
        ("a mocks a sillin -> amoxicillin", "a mocks\na-sillin", "amoxicillin"),
        ("a mocks a sillin -> amoxicillin", "a mocks a sillins", "a mocks a sillins"),
        ("a mocks a sillin -> amoxicillin", "ma mocks a sillin", "ma mocks a sillin"),
        ("hack opinion -> Hakobyan", "Hack opinion's file, hack opinion.", "Hakobyan's file, Hakobyan."),
        ("zoom some -> xosum.ai", "Zoom some said", "Xosum.ai said"),
        ("c plus plus -> C++", "I write c plus plus.", "I write C++."),
        ("c++ -> C plus plus", "c++ and c++11", "C plus plus and C plus plus11"),
        ("կարեն -> Կարեն Հակոբյան", "եկավ կարեն", "եկավ Կարեն Հակոբյան"),
        ("工程 -> 項目", "這個工程很大", "這個項目很大"),  # no spaces there: a word has no edge to ask for
        ("é -> e", "e\u0301 e\u0301a", "e\u0301 e\u0301a"),
        ("cafe -> coffee", "cafe\u0301", "cafe\u0301"),  # the accent belongs to the word
        (r"\d+ -> number", "12 \\d+", "12 number"),
        ("a b -> c", "", ""),
    ],
)
def test_what_is_heard_is_written_as_it_should_be(rule: str, heard: str, written: str) -> None:
    assert replacer(rule).text(heard) == written


def test_what_one_replacement_has_written_no_other_replaces_and_the_longest_goes_first() -> None:
    rules = replacer("a -> b", "b -> c", "a b -> x")
    assert rules.text("a b a b b") == "x x c"
    assert replacer("mocks -> a mocks").text("mocks") == "a mocks"


def test_timed_words_are_replaced_with_their_time() -> None:
    said = [
        ("Take", 0.0, 0.4),
        ("a", 0.5, 0.6),
        ("mocks", 0.6, 0.9),
        ("a", 0.9, 1.0),
        ("sillin,", 1.0, 1.5),
        ("now", 1.6, 2.0),
    ]
    segment = Segment("Take a mocks a sillin, now", 0.0, 2.0, words=tuple(Word(*word) for word in said))
    found = replacer("a mocks a sillin -> amoxicillin").transcript(Transcript((segment,), title="A mocks a sillin"))
    assert found.segments[0].text == "Take amoxicillin, now"
    assert found.segments[0].words == (Word("Take", 0.0, 0.4), Word("amoxicillin,", 0.5, 1.5), Word("now", 1.6, 2.0))
    assert found.title == "Amoxicillin"
    assert found.replacements == (("a mocks a sillin", "amoxicillin"),)


def test_several_words_for_one_share_its_time() -> None:
    segment = Segment("hackobyan", 1.0, 2.2, words=(Word("hackobyan", 1.0, 2.2),))
    (found,) = replacer("hackobyan -> Dr Hakobyan").transcript(Transcript((segment,))).segments
    assert [word.text for word in found.words] == ["Dr", "Hakobyan"]
    assert (found.words[0].start, found.words[-1].end) == (1.0, 2.2)
    assert found.words[0].end == found.words[1].start


def test_a_transcript_without_a_place_for_a_replacement_stays_as_it_is() -> None:
    said = Transcript((Segment("nothing here", words=(Word("nothing", 0, 1), Word("here", 1, 2))),), summary="none")
    assert replacer("a mocks -> amox").transcript(said) == said


RULE = "a mocks a sillin -> amoxicillin"


def spoken(text: str, start: float, speaker: str | None = None, timed: bool = True) -> Segment:
    """A segment of one word a second."""
    words = tuple(Word(word, start + n, start + n + 1) for n, word in enumerate(text.split()))
    return Segment(text, start, start + len(words), speaker, words if timed else ())


def test_a_phrase_that_goes_on_in_the_next_segment_is_written_in_the_first() -> None:
    said = Transcript((spoken("Take a mocks", 0), spoken("a sillin, now", 3)))
    first, second = replacer(RULE).transcript(said).segments
    assert (first.text, first.start, first.end) == ("Take amoxicillin,", 0, 5)
    assert first.words == (Word("Take", 0, 1), Word("amoxicillin,", 1, 5))
    assert (second.text, second.start, second.end) == ("now", 5, 6)
    assert second.words == (Word("now", 5, 6),)


def test_where_nothing_is_left_of_the_next_segment_there_is_one() -> None:
    said = Transcript((spoken("Take a", 0), spoken("mocks", 2), spoken("a sillin.", 3), spoken("Now", 5)))
    found = replacer(RULE).transcript(said)
    assert [(s.text, s.start, s.end) for s in found.segments] == [("Take amoxicillin.", 0, 5), ("Now", 5, 6)]
    assert found.replacements == (("a mocks a sillin", "amoxicillin"),)


def test_without_times_of_words_the_times_of_a_segment_are_shared_by_its_length() -> None:
    said = Transcript((spoken("Take a mocks", 0, timed=False), spoken("a sillin twice daily", 3, timed=False)))
    found = replacer(RULE).transcript(said)
    assert [(s.text, s.start, s.end) for s in found.segments] == [
        ("Take amoxicillin", 0, 4.6),
        ("twice daily", 4.6, 7),
    ]


@pytest.mark.parametrize(
    "segments",
    [
        (spoken("a mocks", 0, "Anna"), spoken("a sillin", 2, "Ben")),
        (spoken("a mocks", 0, "Anna"), spoken("yes", 1, "Ben"), spoken("a sillin", 2, "Anna")),
        (spoken("a mocks", 0), Segment("", 2, 5, unclear=True), spoken("a sillin", 5)),
        (spoken("a mocks", 0), spoken("a sillin", 30)),
        (spoken("a mocks.", 0), spoken("A sillin", 2)),
    ],
    ids=["two speakers", "somebody between", "unclear between", "a long pause", "two sentences"],
)
def test_what_is_not_said_in_one_breath_by_one_speaker_is_no_phrase(segments: tuple[Segment, ...]) -> None:
    assert replacer(RULE).transcript(Transcript(segments)) == Transcript(segments)


alphabet = st.sampled_from(["a", "b", "c", "ab", "A", "a,", "b."])


@given(st.lists(alphabet, max_size=12), st.lists(st.tuples(alphabet, alphabet), max_size=4))
def test_words_and_text_always_agree_and_times_stay_in_order(spoken: list[str], rules: list[tuple[str, str]]) -> None:
    words = tuple(Word(text, float(n), n + 1.0) for n, text in enumerate(spoken))
    segment = Segment(" ".join(spoken), 0.0, float(len(spoken)), words=words)
    pairs = [Replacement(heard.strip(",."), written) for heard, written in rules]
    (found,) = Replacer(pairs).transcript(Transcript((segment,))).segments
    assert " ".join(word.text for word in found.words) == found.text
    times = [time for word in found.words for time in (word.start, word.end)]
    assert times == sorted(times)


@given(
    st.lists(st.lists(alphabet, min_size=1, max_size=4), max_size=6),
    st.lists(st.sampled_from(["Anna", "Ben"]), min_size=6, max_size=6),
    st.lists(st.tuples(st.sampled_from(["a", "b", "a b", "b a", "a b c", "a a"]), alphabet), max_size=4),
    st.sampled_from(["words", "segments", "none"]),
)
def test_the_borders_of_segments_make_no_difference_and_no_speaker_or_time_is_lost(
    cut: list[list[str]], speakers: list[str], rules: list[tuple[str, str]], times: str
) -> None:
    segments: list[Segment] = []
    at = 0.0
    for spoken_words, who in zip(cut, speakers, strict=False):
        segment = spoken(" ".join(spoken_words), at, who, timed=times == "words")
        segments.append(replace(segment, start=None, end=None) if times == "none" else segment)
        at += len(spoken_words)
    rules_made = Replacer([Replacement(heard, written) for heard, written in rules])
    found = rules_made.transcript(Transcript(tuple(segments))).segments

    def turns(of: Sequence[Segment]) -> list[tuple[str | None, list[Segment]]]:
        return [(speaker, list(turn)) for speaker, turn in groupby(of, key=lambda segment: segment.speaker)]

    assert len(turns(found)) == len(turns(segments))
    for (speaker, before), (same, after) in zip(turns(segments), turns(found), strict=True):
        assert same == speaker
        assert " ".join(s.text for s in after) == rules_made.text(" ".join(s.text for s in before))
        assert (after[0].start, after[-1].end) == (before[0].start, before[-1].end)
    for segment in found:
        assert segment.text
        assert not segment.words or " ".join(word.text for word in segment.words) == segment.text
    bounds = [time for s in found for time in (s.start, *(t for w in s.words for t in (w.start, w.end)), s.end)]
    assert times == "none" or bounds == sorted(time for time in bounds if time is not None)


def test_hours_of_words_in_one_segment_are_no_work_of_minutes() -> None:
    """Each place is found by its order: a search from the beginning for each took a minute for this."""
    heard = ["hakopian" if number % 20 == 0 else "said" for number in range(60_000)]
    words = tuple(Word(text, float(number), number + 0.5) for number, text in enumerate(heard))
    found = replacer("hakopian -> Hakobyan").transcript(Transcript((Segment(" ".join(heard), 0.0, 6e4, words=words),)))
    written = [word.replace("hakopian", "Hakobyan") for word in heard]
    assert [word.text for word in found.segments[0].words] == written == found.segments[0].text.split()
