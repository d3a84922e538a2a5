"""Short stretches of a transcript around what somebody looked for, with the matches marked. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.search import Term
from bot.domain.transcript import Transcript
from bot.text.search import fold, spans

AROUND = 90  # characters shown before and after the first match
MOST = 3


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Pieces of text, True beside those that match; joined they are the stretch, with … where it was cut.

    `start` in seconds and `speaker` where the transcript tells them.
    """

    pieces: tuple[tuple[str, bool], ...]
    start: float | None = None
    speaker: str = ""

    @property
    def text(self) -> str:
        """The stretch without marks."""
        return "".join(piece for piece, _ in self.pieces)


def excerpts(transcript: Transcript, wanted: Sequence[Term]) -> list[Excerpt]:
    """At most `MOST` stretches that together show every term that can be shown, in the order of the recording.

    A stretch that shows no new term is taken only where there is room; a phrase that goes over the end of a segment
    is not shown.
    """
    fresh: list[tuple[int, Excerpt]] = []
    repeats: list[tuple[int, Excerpt]] = []
    missing = set(range(len(wanted)))
    for place, (text, start, speaker) in enumerate(_stretches(transcript)):
        if not missing and len(fresh) + len(repeats) >= MOST:
            break
        found = _around(text, wanted, missing)
        if found is None:
            continue
        pieces, terms = found
        if terms & missing and len(fresh) < MOST:
            fresh.append((place, Excerpt(pieces, start, speaker)))
            missing -= terms
        elif len(repeats) < MOST:
            repeats.append((place, Excerpt(pieces, start, speaker)))
    chosen = sorted([*fresh, *repeats[: MOST - len(fresh)]], key=lambda each: each[0])
    return [excerpt for _, excerpt in chosen]


def _stretches(transcript: Transcript) -> Iterator[tuple[str, float | None, str]]:
    for segment in transcript.segments:
        yield segment.text, segment.start, transcript.name_of(segment.speaker) if segment.speaker else ""
    yield transcript.summary or "", None, ""
    yield transcript.title or "", None, ""


def _around(
    text: str, wanted: Sequence[Term], missing: set[int]
) -> tuple[tuple[tuple[str, bool], ...], set[int]] | None:
    """The stretch around the first match (of a missing term, if any matches), and the terms in it."""
    folded = fold(text)
    if not any(all(word in folded for word in term.words) for term in wanted):
        return None  # quicker than looking for words in an hour of talk
    found = spans(text, wanted)
    if not found:
        return None
    first = next((span for span in found if span.term in missing), found[0])
    begin = _word_edge(text, max(0, first.start - AROUND), first.start)
    end = _word_edge(text, min(len(text), first.end + AROUND), first.end)
    pieces: list[tuple[str, bool]] = [("…", False)] if begin else []
    at, shown = begin, set()
    for span in found:
        if span.start < begin or span.end > end:
            continue
        shown.add(span.term)
        if span.end <= at:
            continue
        if span.start > at:
            pieces.append((_one_line(text[at : span.start]), False))
        pieces.append((_one_line(text[max(at, span.start) : span.end]), True))
        at = span.end
    if at < end:
        pieces.append((_one_line(text[at:end]), False))
    if end < len(text):
        pieces.append(("…", False))
    return tuple(pieces), shown


def _word_edge(text: str, at: int, limit: int) -> int:
    """`at`, moved towards `limit` to where a word begins or ends; texts without spaces are cut anywhere."""
    if at in (0, len(text)):
        return at
    if at < limit:
        space = text.find(" ", at, limit)
        return space + 1 if space >= 0 else at
    space = text.rfind(" ", limit, at)
    return space if space >= 0 else at


def _one_line(text: str) -> str:
    return text.replace("\n", " ")
