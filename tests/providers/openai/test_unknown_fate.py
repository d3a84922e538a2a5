"""What becomes of a piece without an answer: nothing is missing, and only doubtful pieces are billed again."""

import random

import pytest

from bot.domain.errors import Ambiguous, Misconfigured, Rejected, Transient
from bot.ports.provider import Pending
from simulators.provider.faults import Kind
from tests.providers.openai.account import LONG, SOUNDS, Serve, heard

# unknown fate


async def test_a_cut_answer_is_sent_again_and_costs_one_piece(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("cut_after", "transcribe", skip=1)
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        with pytest.raises(Ambiguous):
            await account.provider.poll(remote, "")
        transcript = await account.finish(remote)
        assert len(transcript.segments) == 5
        assert len(account.billed) == 4


async def test_a_request_that_never_left_is_not_counted(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin()
        await account.sim.stop()
        for _ in range(5):
            with pytest.raises(Transient):
                await account.provider.poll(remote, "")
        [piece] = await account.store.pieces(account.job.id)
        assert piece.sends == 0


async def test_a_piece_without_an_answer_is_given_up_after_three_requests(serving: Serve) -> None:
    async with serving() as account:
        account.sim.fault("cut_after", "transcribe", times=None)
        remote = await account.begin()
        for _ in range(2):
            with pytest.raises(Ambiguous):
                await account.provider.poll(remote, "")
        account.restarted()  # the count is in the store
        with pytest.raises(Rejected, match="no answer"):
            await account.provider.poll(remote, "")
        assert len(account.billed) == 3
        with pytest.raises(Rejected):
            await account.provider.poll(remote, "")
        assert len(account.billed) == 3


async def test_a_slow_answer_is_given_up_after_the_timeout(serving: Serve) -> None:
    async with serving("generic", {"OPENAI_TIMEOUT_SECONDS": "0.3"}, job_seconds=20.0) as account:
        remote = await account.begin()
        with pytest.raises(Ambiguous):
            await account.provider.poll(remote, "")


# accounts and doctor


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_goes_wrong_no_piece_is_missing_and_only_doubtful_ones_are_billed_again(
    serving: Serve, seed: int
) -> None:
    chance = random.Random(seed)
    async with serving() as account:
        sim, doubtful = account.sim, 0
        remote = await account.begin(LONG)
        for _ in range(25):
            if chance.random() < 0.7:
                status = chance.choice([500, 502, 503, 504])
                kind: Kind = chance.choice(["cut_before", "cut_after", "server_error", "audio_seconds", "unauthorized"])
                sim.fault(kind, "transcribe", status=status, times=chance.choice([1, 2]), seconds=1)
            if chance.random() < 0.3:
                account.restarted()
            if chance.random() < 0.1:
                await account.provider.sweep([])
            try:
                found = await account.provider.poll(remote, "")
            except Ambiguous:
                doubtful += 1
            except Rejected:
                doubtful += 1  # the last of three, or a plain refusal
                await account.hand_over(remote)
            except (Transient, Misconfigured):
                pass
            else:
                if found == Pending(uploaded=False):
                    await account.hand_over(remote)
        sim.faults.clear()
        if await account.provider.poll(remote, "") == Pending(uploaded=False):
            await account.hand_over(remote)
        transcript = await account.finish(remote)
        assert [text for text, _ in heard(transcript)] == [f"tone {pitch}" for pitch, _, _ in SOUNDS]
        assert 3 <= len(account.billed) <= 3 + doubtful
        assert len({entry.sha256 for entry in sim.billed}) == 3
        assert sim.violations == []
