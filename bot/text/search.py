"""Words as search compares them, what a person typed as terms, and where these stand in a transcript. Pure.

Folding makes alike what people take for the same word: case, accents and pointing, the Armenian signs that stand
inside a word (ինչո՞ւ), and its ligature, which is typed in three ways (և, եւ, եվ). Scripts without spaces between
words are compared character by character, as phrases; in the others a word of three letters or more also finds
those that begin with it, which is how inflected forms are found.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]  # ships no stubs; what it gives is made str and int below

from bot.domain.search import Term
from bot.domain.transcript import Transcript

MOST_TERMS = 12
SHORTEST_PREFIX = 3
LONGEST_WORD = 64
INDEXED_BYTES = 400_000  # of one transcript's words: about seven hours of talk

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(
    rf"(?V1)[{_UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{N}}]--[{_UNSPACED}]][[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]*"
)
_CHUNK = regex.compile(rf"(?V1)[{_UNSPACED}]\p{{M}}*|[\S--[{_UNSPACED}]]+")
_ONE_SIGN = regex.compile(rf"(?V1)[{_UNSPACED}]")
# Combining marks of Latin, Greek, Cyrillic, Hebrew and Arabic; Arabic's tatweel; Armenian signs inside words; joiners.
_DROPPED = regex.compile(
    r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0640\u055a-\u055c\u055e\u055f\u00ad\u200b-\u200f\u2060]"
)
_ALIKE = str.maketrans(
    {
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ى": "ي",
        "ة": "ه",
        "ک": "ك",
        "ی": "ي",
    }
)
_QUOTED = regex.compile(r"[\"“”„«»]([^\"“”„«»]*)[\"“”„«»]?|([^\s\"“”„«»]+)")


def fold(text: str) -> str:
    """The text as words are compared; its length may differ."""
    bare = _DROPPED.sub("", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", str(bare).translate(_ALIKE)).replace("եւ", "եվ")


def words(text: str) -> list[str]:
    """The folded words of a text, in order; of a very long one the beginning."""
    return [str(found)[:LONGEST_WORD] for found in _WORD.findall(fold(text))]


def said(transcript: Transcript) -> str:
    """What is searched: title, summary and everything that was said."""
    return "\n".join([transcript.title or "", transcript.summary or "", transcript.text])


def indexed(transcript: Transcript) -> list[str]:
    """The words of a transcript that go into an index: all of them up to a generous bound."""
    found: list[str] = []
    room = INDEXED_BYTES
    for word in words(said(transcript)):
        room -= len(word.encode("utf-8", "replace")) + 1
        if room < 0:
            break
        found.append(word)
    return found


def terms(typed: str) -> tuple[Term, ...]:
    """What a person typed as terms: words, and phrases in quotes; empty when there is no word in it."""
    found: list[Term] = []
    for match in _QUOTED.finditer(typed):
        quoted, bare = match[1], match[2]
        if own := tuple(words(str(bare if quoted is None else quoted))):
            whole = quoted is not None or len(own[-1]) < SHORTEST_PREFIX or _ONE_SIGN.match(own[-1]) is not None
            found.append(Term(own, prefix=not whole))
    return tuple(dict.fromkeys(found))[:MOST_TERMS]


def matches(text: str, wanted: Sequence[Term]) -> bool:
    """Whether every term stands somewhere in the text."""
    own = tuple(words(text))
    return all(any(term.begins_at(own, at) for at in range(len(own))) for term in wanted)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text (from `start` to before `end`) in which the term with this number stands."""

    start: int
    end: int
    term: int


def spans(text: str, wanted: Sequence[Term]) -> list[Span]:
    """Where the terms stand, in order; they may overlap."""
    own: list[str] = []
    places: list[tuple[int, int]] = []
    for word, start, end in _placed(text):
        own.append(word)
        places.append((start, end))
    stream = tuple(own)
    return [
        Span(places[at][0], places[at + len(term.words) - 1][1], number)
        for at in range(len(stream))
        for number, term in enumerate(wanted)
        if term.begins_at(stream, at)
    ]


def _placed(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text with the stretch of the original that each came from, without punctuation around it."""
    for chunk in _CHUNK.finditer(text):
        original = str(chunk[0])
        lead = len(original) - len(original.lstrip(_AROUND))
        trail = len(original.rstrip(_AROUND)) or len(original)
        for word in words(original):
            yield word, chunk.start() + min(lead, trail), chunk.start() + trail


_AROUND = ".,;:!?…()[]{}<>\"'“”„«»‘’`*_~-–—/\\|։՝՜՞՛،؛؟。、！？「」"
