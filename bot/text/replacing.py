"""Exact replacements in a transcript: what is heard wrongly again and again, written as it should be. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.transcript import Segment, Transcript, Word
from bot.domain.vocabulary import Replacement, key

# Scripts that write no spaces between words: there, the edge of a word cannot be asked for.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_BETWEEN = r"[\s\-\u2010\u2011]+"  # between two words of what is heard: spaces, a line, a hyphen


class Replacer:
    """Applies replacements, each to whole words and whatever the case; none to what another has written.

    Where two could apply, the one that begins first does, of those the longest.
    """

    def __init__(self, replacements: Sequence[Replacement]) -> None:
        self._by_key = {_key(one.heard): one for one in replacements}
        longest_first = sorted(self._by_key.values(), key=lambda one: -len(one.heard))
        self._pattern = re.compile("|".join(map(_pattern, longest_first)) or r"(?!)", re.IGNORECASE)
        self._used: dict[str, Replacement] = {}

    def transcript(self, transcript: Transcript) -> Transcript:
        """The transcript with the replacements in it, and in `replacements` those that there was a place for."""
        self._used = {}
        segments = tuple(self._segment(segment) for segment in transcript.segments)
        title, summary = (text if text is None else self.text(text) for text in (transcript.title, transcript.summary))
        used = tuple((one.heard, one.written) for one in self._used.values())
        return replace(transcript, segments=segments, title=title, summary=summary, replacements=used)

    def text(self, text: str) -> str:
        """The text with the replacements in it."""
        return self._pattern.sub(self._written, text)

    def _segment(self, segment: Segment) -> Segment:
        return replace(segment, text=self.text(segment.text), words=self._words(segment.words))

    def _words(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """The words likewise: those that are written share the time of those that were heard."""
        whole = " ".join(word.text for word in words)
        if not any(self._written(match) != match[0] for match in self._pattern.finditer(whole)):
            return words
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word.text) + 1)
        found: list[Word] = []
        at = 0
        for match in self._pattern.finditer(whole):
            first = max(i for i in range(len(words)) if starts[i] <= match.start())
            last = max(i for i in range(len(words)) if starts[i] < match.end())
            if first < at:  # within a word that another match has just replaced
                first = at
                if last < at:
                    continue
            found += words[at:first]
            inside = whole[starts[first] : starts[last + 1] - 1]
            found += _timed(self.text(inside), words[first].start, words[last].end)
            at = last + 1
        return (*found, *words[at:])

    def _written(self, match: re.Match[str]) -> str:
        heard, text = match[0], match.string
        one = self._by_key.get(_key(heard))
        after = text[match.end() : match.end() + 1]
        if one is None or (after and unicodedata.category(after).startswith("M")):  # an accent: the word goes on
            return heard
        self._used[key(one.heard)] = one
        written = one.written
        # At the beginning of a sentence, a term without capitals gets one; names stay as they are written.
        shouted = len(heard) > 1 and heard == heard.upper()
        if written == written.lower() and heard[:1].isupper() and not shouted:
            return written[:1].upper() + written[1:]
        return written


def _timed(text: str, start: float, end: float) -> list[Word]:
    """The words of a text, which share a stretch of time by their length."""
    parts = text.split()
    total = sum(map(len, parts)) or 1
    found: list[Word] = []
    at = start
    for number, part in enumerate(parts, 1):
        until = end if number == len(parts) else at + (end - start) * len(part) / total
        found.append(Word(part, round(at, 3), round(until, 3)))
        at = until
    return found


def _pattern(one: Replacement) -> str:
    heard = unicodedata.normalize("NFC", one.heard)
    middle = _BETWEEN.join(re.escape(part) for part in re.split(r"[\s\-\u2010\u2011]+", heard) if part)
    before = r"(?<!\w)" if _is_spaced(heard[0]) else ""
    after = r"(?!\w)" if _is_spaced(heard[-1]) else ""
    return f"{before}{middle}{after}"


def _is_spaced(character: str) -> bool:
    """Whether a word ends where this character's neighbours are no letters."""
    return character.isalnum() and not unicodedata.name(character, "").startswith(_UNSPACED)


def _key(heard: str) -> str:
    return key(re.sub(_BETWEEN, " ", heard))
