"""One transcript of the answered pieces: times moved to where each piece was, speakers never mixed up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.transcript import Segment, Transcript, Word

_KNOWN: Final = "Speaker "


@dataclass(frozen=True, slots=True)
class AnsweredPiece:
    """What was said in one piece, with times from the start of the piece. `start` and `seconds` of the recording."""

    number: int
    start: float
    seconds: float
    segments: Sequence[Segment]
    language: str | None


def join(pieces: Sequence[AnsweredPiece]) -> Transcript:
    """The whole recording, with times from its start.

    A server begins at "A" in every piece, so a label of a later piece says which piece it is from. Speakers whom it
    recognised by a recording have the name that it was given with that (`known_name`), which is the same in all pieces.
    """
    several = len(pieces) > 1
    segments: list[Segment] = []
    for piece in pieces:
        for segment in piece.segments:
            label = _label(segment.speaker, piece.number if several else 0) if segment.speaker else None
            segments.append(replace(moved(segment, piece.start), speaker=label))
    counted = Counter(piece.language for piece in pieces if piece.language and piece.segments)
    return Transcript(
        tuple(segments),
        language=counted.most_common(1)[0][0] if counted else None,
        seconds=sum(piece.seconds for piece in pieces),
    )


def moved(segment: Segment, seconds: float) -> Segment:
    """The segment with its times this many seconds later."""
    return replace(
        segment,
        start=None if segment.start is None else round(segment.start + seconds, 3),
        end=None if segment.end is None else round(segment.end + seconds, 3),
        words=tuple(
            Word(word.text, round(word.start + seconds, 3), round(word.end + seconds, 3)) for word in segment.words
        ),
    )


def known_name(speaker: str) -> str:
    """The name under which the first piece's `speaker` ("A") is shown, and made known to the server."""
    return f"{_KNOWN}{speaker}"


def _label(speaker: str, number: int) -> str:
    """`Speaker A` in the first piece (or the only one), `part 2, A` in the second."""
    if speaker.startswith(_KNOWN):
        return speaker
    return known_name(speaker) if number == 0 else f"part {number + 1}, {speaker}"
