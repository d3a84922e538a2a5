"""Names, jargon and replacements: what is taken, what is refused, and what reaches a provider."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.vocabulary import (
    LONGEST_ENTRY,
    MOST_WORDS,
    ConversationVocabulary,
    Replacement,
    StoredVocabulary,
    Vocabulary,
    VocabularyError,
    VocabularyFault,
    fitting,
    key,
    parse,
)

letters = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
lists = st.lists(letters.map(str.strip).filter(bool), max_size=8)


def test_entries_are_lines_or_parts_between_commas_and_arrows_replace() -> None:
    found = parse("Hakobyan, amoxicillin;  Xosum\n\na mocks a sillin -> amoxicillin\nzoom some → Xosum, Inc.\n")
    assert found.words == ("Hakobyan", "amoxicillin", "Xosum")
    assert found.replacements == (
        Replacement("a mocks a sillin", "amoxicillin"),
        Replacement("zoom some", "Xosum, Inc."),
    )


@given(lists, st.lists(st.tuples(letters, letters), max_size=5))
def test_a_list_is_read_as_it_is_written(words: list[str], pairs: list[tuple[str, str]]) -> None:
    found = parse("\n".join([*words, *(f"{heard} -> {written}" for heard, written in pairs)]))
    assert parse(found.as_text()) == found
    assert {key(word) for word in found.words} == {key(word) for word in words}


@pytest.mark.parametrize(
    ("typed", "fault", "entry"),
    [
        ("Hakobyan, ***", VocabularyFault.NO_LETTERS, "***"),
        ("x" * (LONGEST_ENTRY + 1), VocabularyFault.TOO_LONG, "x" * (LONGEST_ENTRY + 1)),
        ("a mocks ->", VocabularyFault.NOTHING_TO_WRITE, "a mocks"),
        ("-> amoxicillin", VocabularyFault.NO_LETTERS, ""),
    ],
)
def test_what_cannot_be_taken_is_named(typed: str, fault: VocabularyFault, entry: str) -> None:
    with pytest.raises(VocabularyError) as raised:
        parse(typed)
    assert (raised.value.fault, raised.value.entry) == (fault, entry)


def test_a_list_has_limits() -> None:
    many = Vocabulary(tuple(f"name{n}" for n in range(MOST_WORDS + 1)))
    long = Vocabulary(tuple(f"{n:02} {'x' * 50}" for n in range(60)))
    pairs = Vocabulary((), tuple(Replacement(f"a{n}", "b") for n in range(101)))
    for vocabulary, fault in (
        (many, VocabularyFault.TOO_MANY_WORDS),
        (long, VocabularyFault.LIST_TOO_LONG),
        (pairs, VocabularyFault.TOO_MANY_REPLACEMENTS),
    ):
        with pytest.raises(VocabularyError) as raised:
            vocabulary.checked()
        assert raised.value.fault is fault


def test_control_and_direction_characters_are_not_kept() -> None:
    assert parse("Hako\u202ebyan\x07").words == ("Hako byan",)
    assert parse("می\u200cروم").words == ("می\u200cروم",)  # a joiner is part of the word


def test_adding_takes_the_newest_spelling_and_removing_says_what_was_not_there() -> None:
    vocabulary = parse("hakobyan\nzoom some -> Zoom").adding(parse("Hakobyan\nZoom  some -> Xosum"))
    assert vocabulary == Vocabulary(("Hakobyan",), (Replacement("Zoom some", "Xosum"),))
    kept, missing = vocabulary.removing(["HAKOBYAN", "ZOOM SOME", "Petrosyan"])
    assert (kept, missing) == (Vocabulary(), ("Petrosyan",))


@given(lists, lists, st.integers(1, 12))
def test_what_fits_is_the_end_of_the_list_with_what_lies_beneath_in_front(
    entries: list[str], beneath: list[str], most: int
) -> None:
    entries, beneath = list(dict.fromkeys(entries)), list(dict.fromkeys(beneath))
    kept = fitting(entries, most, beneath)
    assert sum(len(one.split()) for one in kept) <= most
    own = entries[-most:]
    assert kept[len(kept) - len(own) :] == tuple(own)
    assert set(kept) - set(own) <= set(beneath)


def test_the_mark_changes_with_every_change_that_counts_and_tells_nothing() -> None:
    words, pairs = parse("Hakobyan"), parse("a mocks -> amox")
    none = ConversationVocabulary("C1", StoredVocabulary(Vocabulary(), 4), StoredVocabulary(Vocabulary(), 2))
    assert none.mark(takes_words=True) is None
    shared = ConversationVocabulary("C1", StoredVocabulary(words, 3))
    assert (shared.mark(takes_words=True), shared.mark(takes_words=False)) == ("3", None)
    own = ConversationVocabulary("C1", StoredVocabulary(words, 3), StoredVocabulary(pairs, 7))
    assert own.mark(takes_words=False) == own.mark(takes_words=True) == "3+C1.7"
    assert own.merged == Vocabulary(words.words, pairs.replacements)
