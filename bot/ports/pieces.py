"""The seam to the durable pieces of a recording that is sent to a service piece by piece."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.transcript import Segment


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording: where it starts and how long it is, in seconds; `digest` is of its bytes as sent."""

    number: int
    start: float
    seconds: float
    digest: str


@dataclass(frozen=True, slots=True)
class StoredPiece:
    """A piece and what became of it.

    `sends` counts requests of unknown fate: the service may have worked, and billed, for each. `segments` (times from
    the start of the piece) is None until it is answered.
    """

    piece: Piece
    sends: int = 0
    segments: Sequence[Segment] | None = None
    language: str | None = None


class Pieces(Protocol):
    """What was sent and what was answered, so that a restart sends no answered piece again."""

    async def plan_pieces(self, job_id: str, pieces: Sequence[Piece]) -> None:
        """Store what is to be sent. The same pieces as before keep their answers, and their `sends` start again.

        Others (of other audio, or cut in other places) replace those that were there.
        """
        ...

    async def pieces(self, job_id: str) -> Sequence[StoredPiece]:
        """All pieces in order."""
        ...

    async def piece_sent(self, job_id: str, number: int, now: float) -> None:
        """A request for this piece is about to leave: from here on its fate is unknown."""
        ...

    async def piece_not_done(self, job_id: str, number: int) -> None:
        """The last request for it certainly had no effect: it is not counted."""
        ...

    async def piece_answered(
        self, job_id: str, number: int, segments: Sequence[Segment], language: str | None, now: float
    ) -> None:
        """Store (sealed) what was said in it."""
        ...

    async def drop_pieces(self, job_id: str) -> None:
        """Delete them: the transcript is whole and stored, or nobody wants it any more."""
        ...
