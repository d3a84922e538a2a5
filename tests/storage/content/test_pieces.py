"""The pieces of a recording that is sent piece by piece: kept in order, sealed, and gone when they are not needed."""

from bot.domain.errors import Problem, ProblemCode
from bot.domain.machine import Received, Replying
from bot.domain.transcript import Segment, Word
from bot.ports.pieces import Piece, StoredPiece
from bot.ports.store import JobStore
from tests.storage.samples import KEY, NOW, Opener, added, done

PIECES = [Piece(0, 0.0, 590.5, "d0"), Piece(1, 590.5, 600.0, "d1"), Piece(2, 1190.5, 12.25, "d2")]
SAID = (Segment("Hello.", 1.0, 2.0, "A", (Word("Hello.", 1.0, 1.5),)),)


async def test_planned_pieces_come_back_in_order_without_answers(store: JobStore) -> None:
    job, other = await added(store), await added(store)
    await store.plan_pieces(job.id, PIECES)
    await store.plan_pieces(other.id, PIECES[:1])
    assert await store.pieces(job.id) == [StoredPiece(piece) for piece in PIECES]
    await store.drop_pieces(job.id)
    assert (await store.pieces(job.id), len(await store.pieces(other.id))) == ([], 1)


async def test_an_answer_is_kept_and_counts_what_it_took(store: JobStore) -> None:
    job = await added(store)
    await store.plan_pieces(job.id, PIECES)
    await store.piece_sent(job.id, 1, NOW)
    await store.piece_not_done(job.id, 1)
    await store.piece_not_done(job.id, 1)  # never below nothing
    await store.piece_sent(job.id, 1, NOW + 1)
    await store.piece_sent(job.id, 1, NOW + 2)
    await store.piece_answered(job.id, 1, SAID, "hy", NOW + 3)
    await store.piece_sent(job.id, 2, NOW + 4)
    assert await store.pieces(job.id) == [
        StoredPiece(PIECES[0]),
        StoredPiece(PIECES[1], 2, SAID, "hy"),
        StoredPiece(PIECES[2], 1),
    ]


async def test_the_same_plan_keeps_the_answers_and_lets_the_others_be_sent_again(store: JobStore) -> None:
    job = await added(store)
    await store.plan_pieces(job.id, PIECES)
    await store.piece_answered(job.id, 0, (), None, NOW)
    await store.piece_sent(job.id, 1, NOW)
    await store.plan_pieces(job.id, PIECES)
    assert await store.pieces(job.id) == [
        StoredPiece(PIECES[0], 0, (), None),
        StoredPiece(PIECES[1]),
        StoredPiece(PIECES[2]),
    ]


async def test_another_plan_forgets_the_answers(store: JobStore) -> None:
    job = await added(store)
    await store.plan_pieces(job.id, PIECES)
    await store.piece_answered(job.id, 0, SAID, "en", NOW)
    changed = [Piece(0, 0.0, 590.5, "other bytes"), *PIECES[1:]]
    await store.plan_pieces(job.id, changed)
    assert await store.pieces(job.id) == [StoredPiece(piece) for piece in changed]


async def test_pieces_go_when_the_job_is_purged(store: JobStore) -> None:
    old = await done(store, NOW)
    await store.plan_pieces(old.id, PIECES)
    await store.piece_answered(old.id, 0, SAID, "en", NOW)
    await store.purge(NOW + 10 + 86400, 1)
    assert await store.pieces(old.id) == []


async def test_pieces_of_a_failed_job_stay_for_a_retry_until_it_is_purged(store: JobStore) -> None:
    over, failed = await done(store, NOW), await added(store)
    for job in (over, failed):
        await store.plan_pieces(job.id, PIECES)
    refused = await store.apply(Received(failed).refuse(NOW, Problem(ProblemCode.PROVIDER_REFUSED)))
    await store.apply(Replying(refused).replied(NOW))
    await store.discard_ended()
    assert await store.pieces(over.id) == []
    assert len(await store.pieces(failed.id)) == len(PIECES)
    await store.purge_job(failed.id, NOW)
    assert await store.pieces(failed.id) == []


async def test_what_was_said_in_a_piece_is_sealed(reopen: Opener) -> None:
    store = await reopen(KEY)
    job = await added(store)
    await store.plan_pieces(job.id, PIECES)
    await store.piece_answered(job.id, 0, [Segment("Unmistakable")], "en", NOW)
    [first, *_] = await store.pieces(job.id)
    assert first.segments == (Segment("Unmistakable"),)
