"""Words as search compares them, and the excerpts that are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.search import Term
from bot.domain.transcript import Segment, Transcript
from bot.text.excerpts import AROUND, MOST, excerpts
from bot.text.search import INDEXED_BYTES, LONGEST_WORD, MOST_TERMS, fold, indexed, matches, spans, terms, words

TEXTS = st.text(
    st.one_of(
        st.characters(min_codepoint=0x20, max_codepoint=0x24F),
        st.characters(min_codepoint=0x530, max_codepoint=0x58F),
        st.characters(min_codepoint=0x600, max_codepoint=0x6FF),
        st.characters(min_codepoint=0x900, max_codepoint=0x97F),
        st.characters(min_codepoint=0xE00, max_codepoint=0xE7F),
        st.characters(min_codepoint=0x3040, max_codepoint=0x30FF),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x4FFF),
        st.characters(min_codepoint=0xAC00, max_codepoint=0xAC80),
        st.characters(min_codepoint=0x300, max_codepoint=0x36F),
        st.sampled_from(" \n\t.,'\"\u200b\u00ad\U0001f600\ud800"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("COUGH", "cough"),
        ("élève", "eleve"),
        ("Straße", "strasse"),
        ("ΑΘΉΝΑΣ", "αθηνας"),
        ("ёлка", "елка"),
        ("Ինչո՞ւ", "ինչու"),
        ("Բժի՛շկ", "բժիշկ"),
        ("Երևան", "երեւան"),
        ("Երևան", "ԵՐԵՎԱՆ"),
        ("ﬁle", "file"),
        ("ｆｕｌｌ", "full"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("العربيـــة", "العربيه"),
        ("İstanbul", "istanbul"),
        ("ılık", "ilik"),
        ("soft\u00adware", "software"),
        ("한국", "한국"),
    ],
)
def test_what_people_take_for_one_word_is_one(one: str, other: str) -> None:
    assert words(one) == words(other) != []


@pytest.mark.parametrize(("one", "other"), [("हिन्दी", "हनद"), ("が", "か"), ("cough", "rough"), ("ու", "ոււ")])
def test_what_makes_another_word_is_kept(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_words_are_parted_by_punctuation_of_any_script() -> None:
    assert words("Այո՝ գնանք։ Ոչ, չէ") == ["այո", "գնանք", "ոչ", "չէ"]
    assert words("co-op, l'été; x/y 3.5") == ["co", "op", "l", "ete", "x", "y", "3", "5"]
    assert words("咳嗽。好") == ["咳", "嗽", "好"]


def test_terms_are_words_and_phrases() -> None:
    assert terms("Cough dry") == (Term(("cough",), True), Term(("dry",), True))
    assert terms('"dry cough" bed') == (Term(("dry", "cough")), Term(("bed",), True))
    assert terms("“dry cough”") == (Term(("dry", "cough")),)
    assert terms("«dry cough") == (Term(("dry", "cough")),)
    assert terms("co-operate") == (Term(("co", "operate"), True),)
    assert terms("no") == (Term(("no",)),)
    assert terms("咳嗽") == (Term(("咳", "嗽")),)
    assert terms("a A á a") == (Term(("a",)),)
    assert terms(' "" *** ') == ()
    assert len(terms(" ".join(f"word{n}" for n in range(40)))) == MOST_TERMS


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_every_text_is_found_by_each_of_its_own_words(text: str) -> None:
    for word in words(text):
        assert matches(text, [Term((word,))]) or len(word) == LONGEST_WORD


@given(TEXTS, st.data())
def test_what_is_found_is_where_it_is_shown(text: str, data: st.DataObject) -> None:
    own = words(text)
    if not own:
        return
    wanted = [Term((data.draw(st.sampled_from(own)),), prefix=data.draw(st.booleans()))]
    for span in spans(text, wanted):
        assert 0 <= span.start < span.end <= len(text)
        assert any(word.startswith(wanted[0].words[0]) for word in words(text[span.start : span.end]))


@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_excerpts_are_the_words_of_the_transcript(said: list[str], typed: str) -> None:
    transcript = Transcript(tuple(Segment(text) for text in said), title="A title", summary="A summary")
    found = excerpts(transcript, terms(typed))
    assert len(found) <= MOST
    whole = "\n".join([*said, "A title", "A summary"]).replace("\n", " ")
    for excerpt in found:
        assert any(marked for _, marked in excerpt.pieces)
        assert excerpt.text.strip("…").replace("\n", " ") in whole


def test_an_excerpt_is_short_and_cut_between_words() -> None:
    long = "before " * 200 + "needle " + "after " * 200
    (excerpt,) = excerpts(Transcript((Segment(long, 61.0, None, "A"),)), terms("needle"))
    assert excerpt.text.startswith("…before ")
    assert excerpt.text.endswith(" after…") or excerpt.text.endswith("after…")
    assert len(excerpt.text) <= 2 * AROUND + len("needle") + 2
    assert (excerpt.start, excerpt.speaker) == (61.0, "A")
    assert [piece for piece, marked in excerpt.pieces if marked] == ["needle"]


def test_a_phrase_that_goes_over_a_line_is_marked_in_one_line() -> None:
    (excerpt,) = excerpts(Transcript((Segment("a dry\ncough\nat night"),)), terms('"dry cough"'))
    assert excerpt.pieces == (("a ", False), ("dry cough", True), (" at night", False))


def test_excerpts_show_every_term_before_one_is_shown_twice() -> None:
    said = ("cough one", "cough two", "cough three", "and fever", "cough four")
    found = excerpts(Transcript(tuple(Segment(text) for text in said)), terms("cough fever"))
    assert [excerpt.text for excerpt in found] == ["cough one", "cough two", "and fever"]


def test_names_that_people_gave_are_shown() -> None:
    transcript = Transcript((Segment("cough", 0.0, 1.0, "Speaker 1"),), speaker_names={"Speaker 1": "Ani"})
    assert excerpts(transcript, terms("cough"))[0].speaker == "Ani"


def test_the_index_of_a_very_long_transcript_is_bounded() -> None:
    long = Transcript((Segment("слово " * 100_000),))
    assert sum(len(word.encode()) + 1 for word in indexed(long)) <= INDEXED_BYTES
