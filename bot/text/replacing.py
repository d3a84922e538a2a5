"""Exact replacements in a transcript: what is heard wrongly again and again, written as it should be. Pure."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from bot.domain.transcript import Segment, Transcript, Word
from bot.domain.vocabulary import Replacement, key

# Scripts that write no spaces between words: there, the edge of a word cannot be asked for.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
_ONE_BREATH = 2.0  # seconds of pause between two segments, beyond which no phrase goes from one into the other
_BETWEEN = r"[\s\-\u2010\u2011]+"  # between two words of what is heard: spaces, a line, a hyphen


class Replacer:
    """Applies replacements, each to whole words and whatever the case; none to what another has written.

    Where two could apply, the one that begins first does, of those the longest. What one speaker says in segments that
    follow each other is one text: a phrase that goes on in the next segment is found too, and is written in the first.
    """

    def __init__(self, replacements: Sequence[Replacement]) -> None:
        self._by_key = {_key(one.heard): one for one in replacements}
        longest_first = sorted(self._by_key.values(), key=lambda one: -len(one.heard))
        self._pattern = re.compile("|".join(map(_pattern, longest_first)) or r"(?!)", re.IGNORECASE)
        self._used: dict[str, Replacement] = {}

    def transcript(self, transcript: Transcript) -> Transcript:
        """The transcript with the replacements in it, and in `replacements` those that there was a place for."""
        whole = self._with_whole_phrases(transcript.segments)
        self._used = {}
        segments = tuple(self._segment(segment) for segment in whole)
        title, summary = (text if text is None else self.text(text) for text in (transcript.title, transcript.summary))
        used = tuple((one.heard, one.written) for one in self._used.values())
        return replace(transcript, segments=segments, title=title, summary=summary, replacements=used)

    def text(self, text: str) -> str:
        """The text with the replacements in it."""
        return self._pattern.sub(self._written, text)

    def _with_whole_phrases(self, segments: Sequence[Segment]) -> list[Segment]:
        """The same words, cut so that no phrase that will be replaced lies in two segments."""
        found: list[Segment] = []
        for run in _runs(segments):
            text = "\n".join(segment.text for segment in run)
            phrases = [m.span() for m in self._pattern.finditer(text) if self._written(m) != m[0]]
            found += _recut(run, phrases)
        if found != list(segments) and all(segment.start is not None for segment in found):
            found.sort(key=lambda segment: segment.start or 0.0)  # what is left of one may begin later than the next
        return found

    def _segment(self, segment: Segment) -> Segment:
        return replace(segment, text=self.text(segment.text), words=self._words(segment.words))

    def _words(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """The words likewise: those that are written share the time of those that were heard."""
        whole = " ".join(word.text for word in words)
        if not any(self._written(match) != match[0] for match in self._pattern.finditer(whole)):
            return words
        starts = [0, *accumulate(len(word.text) + 1 for word in words)]
        found: list[Word] = []
        at = 0
        for match in self._pattern.finditer(whole):
            first, last = bisect_right(starts, match.start()) - 1, bisect_right(starts, match.end() - 1) - 1
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


def _runs(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """The segments in order, those together that one speaker says in one language without a long pause."""
    run: list[Segment] = []
    for segment in segments:
        if run and not _goes_on(run[-1], segment):
            yield run
            run = []
        run.append(segment)
    if run:
        yield run


def _goes_on(before: Segment, after: Segment) -> bool:
    if not before.text.strip() or not after.text.strip() or bool(before.words) != bool(after.words):
        return False
    if (before.speaker, before.language) != (after.speaker, after.language):
        return False
    return before.end is None or after.start is None or after.start - before.end <= _ONE_BREATH


def _recut(run: list[Segment], phrases: Sequence[tuple[int, int]]) -> list[Segment]:
    """The segments of a run; where one of `phrases` goes on in others, the first of them gets the rest of it.

    A phrase is where it begins and ends in the texts of the run, joined by one character.
    """
    starts = [0, *accumulate(len(segment.text) + 1 for segment in run)]
    cut = list(run)
    for begin, end in reversed(phrases):  # the last one first, so that what lies before stays in its place
        first, last = bisect_right(starts, begin) - 1, bisect_right(starts, end - 1) - 1
        if first != last and (parts := _parts(cut[last], end - starts[last])):
            cut[first : last + 1] = [_joined([*cut[first:last], parts[0]]), *parts[1:]]
    return cut


def _parts(segment: Segment, at: int) -> tuple[Segment, ...]:
    """A segment cut behind the word that reaches `at` in its text: one or two parts, none if its words do not fit."""
    while at < len(segment.text) and not segment.text[at].isspace():
        at += 1
    head, rest = segment.text[:at], segment.text[at:].strip()
    if not rest:
        return (segment,)
    if segment.words:
        counts = list(accumulate(len(word.text.split()) for word in segment.words))
        if (here := len(head.split())) not in counts or counts[-1] != here + len(rest.split()):
            return ()
        count = counts.index(here) + 1
        before, after = segment.words[:count], segment.words[count:]
        return (
            replace(segment, text=head, end=before[-1].end, words=before),
            replace(segment, text=rest, start=after[0].start, words=after),
        )
    if segment.start is None or segment.end is None:
        return replace(segment, text=head), replace(segment, text=rest)
    middle = round(segment.start + (segment.end - segment.start) * len(head) / len(segment.text), 3)
    return replace(segment, text=head, end=middle), replace(segment, text=rest, start=middle)


def _joined(parts: Sequence[Segment]) -> Segment:
    ends = [part.end for part in parts if part.end is not None]
    return replace(
        parts[0],
        text=" ".join([parts[0].text.rstrip(), *(part.text.strip() for part in parts[1:])]),
        end=max(ends) if ends else None,
        words=tuple(word for part in parts for word in part.words),
    )


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
