"""What survives a restart, and what is sent again."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.errors import Ambiguous
from bot.ports.provider import Pending
from tests.providers.openai.account import LONG, SHORT, Serve
from tests.storage.samples import added


async def test_a_restart_sends_no_answered_piece_again(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        account.restarted()
        transcript = await account.finish(remote)
        assert len(transcript.segments) == 5
        assert len(account.billed) == 3
        digests = [entry.sha256 for entry in account.sim.billed]
        assert len(set(digests)) == 3


async def test_handing_over_again_sends_nothing_and_keeps_the_answers(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        await account.hand_over(remote)
        assert len((await account.finish(remote)).segments) == 5
        assert len(account.billed) == 3


async def test_pieces_that_were_lost_with_the_disk_are_cut_again(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        await account.provider.sweep([])
        lost = await account.provider.poll(remote, "")
        assert lost == Pending(uploaded=False)
        await account.hand_over(remote)
        assert len((await account.finish(remote)).segments) == 5
        assert len(account.billed) == 3


async def test_a_result_can_be_fetched_again_after_it_was_polled(serving: Serve) -> None:
    async with serving("openai", model="gpt-4o-transcribe-diarize") as account:
        remote = await account.begin(LONG)
        with pytest.raises(Ambiguous):
            await account.provider.fetch(remote, "")
        polled = await account.finish(remote)
        assert await account.restarted().fetch(remote, "") == polled
        assert await account.finish(remote) == polled
        assert len(account.billed) == 3


async def test_cancelling_deletes_the_audio(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        await account.provider.poll(remote, "")
        await account.provider.cancel(remote)
        assert await account.provider.kept() == []
        assert await account.provider.poll(remote, "") == Pending(uploaded=False)


async def test_progress_is_the_share_of_the_recording_that_is_answered(serving: Serve) -> None:
    async with serving() as account:
        remote = await account.begin(LONG)
        first = await account.provider.poll(remote, "")
        assert isinstance(first, Pending)
        assert first.progress == pytest.approx(56.0 / 150.0, abs=0.02)


async def test_two_recordings_are_sent_side_by_side_and_not_mixed_up(serving: Serve) -> None:
    async with serving() as account:
        other = replace(account, job=await added(account.store), source=account.source.with_name("other"))
        one, two = await asyncio.gather(account.transcribe(LONG), other.transcribe(SHORT))
        assert (len(one.segments), len(two.segments)) == (5, 2)
