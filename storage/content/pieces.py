"""The pieces of a recording that is sent piece by piece; their text is sealed when there is a key."""

from collections.abc import Sequence

from bot.domain.transcript import Segment
from bot.ports.pieces import Piece, StoredPiece
from storage.content.stored_json import dump_block, load_block
from storage.engines.transaction import (
    Database,
    Row,
    Transaction,
    execute,
    integer,
    maybe_blob,
    number,
    reads_once,
    text,
    writes,
    writes_once,
)
from storage.seal import Seal


class StoredPieces:
    """Rows of `piece`."""

    _db: Database
    _seal: Seal

    @writes
    def plan_pieces(self, job_id: str, pieces: Sequence[Piece]) -> Transaction[None]:
        """Store what is to be sent. The same pieces as before keep their answers, and their `sends` start again.

        Others (of other audio, or cut in other places) replace those that were there.
        """
        there = yield from execute("pieces", job_id=job_id)
        if [_piece(row) for row in there] == list(pieces):
            yield from execute("forget_sends", job_id=job_id)
            return
        yield from execute("drop_pieces", job_id=job_id)
        for piece in pieces:
            yield from execute(
                "add_piece",
                job_id=job_id,
                number=piece.number,
                start_seconds=piece.start,
                seconds=piece.seconds,
                digest=piece.digest,
            )

    @reads_once
    def pieces(self, job_id: str) -> Transaction[Sequence[StoredPiece]]:
        """All pieces in order."""
        rows = yield from execute("pieces", job_id=job_id)
        return [self._stored(job_id, row) for row in rows]

    @writes_once
    def piece_sent(self, job_id: str, number: int, now: float) -> Transaction[None]:
        """A request for this piece is about to leave: from here on its fate is unknown."""
        yield from execute("piece_sent", job_id=job_id, number=number, now=now)

    @writes_once
    def piece_not_done(self, job_id: str, number: int) -> Transaction[None]:
        """The last request for it certainly had no effect: it is not counted."""
        yield from execute("piece_not_done", job_id=job_id, number=number)

    @writes_once
    def piece_answered(
        self, job_id: str, number: int, segments: Sequence[Segment], language: str | None, now: float
    ) -> Transaction[None]:
        """Store (sealed) what was said in it."""
        body = self._seal.encrypt(dump_block(segments, language), f"piece:{job_id}:{number}")
        yield from execute("piece_answered", job_id=job_id, number=number, body=body, now=now)

    @writes_once
    def drop_pieces(self, job_id: str) -> Transaction[None]:
        """Delete them: the transcript is whole and stored, or nobody wants it any more."""
        yield from execute("drop_pieces", job_id=job_id)

    def _stored(self, job_id: str, row: Row) -> StoredPiece:
        piece, body = _piece(row), maybe_blob(row, "body")
        if body is None:
            return StoredPiece(piece, integer(row, "sends"))
        segments, language = load_block(self._seal.decrypt(body, f"piece:{job_id}:{piece.number}"))
        return StoredPiece(piece, integer(row, "sends"), segments, language)


def _piece(row: Row) -> Piece:
    return Piece(integer(row, "number"), number(row, "start_seconds"), number(row, "seconds"), text(row, "digest"))
