"""Kills while a recording is sent in pieces: none is left out, and at most the one under way is billed twice."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.slack.file_store import Upload
from simulators.slack.records import Message
from tests.crash.starter import Starter
from tests.simulators.provider.openai_peers import encoded, tones
from tests.support.harnesses.crash import Stage, open_stage

SOUNDS = [(440.0, 2.0, 50.0), (700.0, 62.0, 105.0), (880.0, 112.0, 128.0), (990.0, 131.0, 178.0)]
PIECES = 4  # of at most 60 seconds

SHORT_LIST = [
    ("store.plan_pieces.after", 1),
    ("http.call.after", 2),  # answered, and billed, but not stored: the piece is sent again
    ("http.call.after", 3),
    ("store.piece_answered.after", 3),
    ("openai.poll.after", 1),
]
LONG_LIST = [
    "openai.create.after",
    "openai.upload.before",
    "openai.upload.after",
    "store.plan_pieces.before",
    "store.piece_sent.before",
    "store.piece_sent.after",
    "http.call.before",
    "store.piece_answered.before",
    "openai.poll.before",
    "store.put_transcript.before",
    "store.put_transcript.after",
    "store.discard_inputs.after",
]


@pytest.fixture
async def starter() -> AsyncIterator[Starter]:
    opened = await Starter.open()
    yield opened
    await opened.close()


async def shared(stage: Stage) -> Message:
    content = encoded(tones(180.0, SOUNDS))
    return await stage.slack.upload_as("U0ALICE", stage.channels[0], Upload("visit.flac", content))


def answered(stage: Stage, message: Message) -> list[str]:
    """The texts of the bot's replies in the thread."""
    replies = stage.slack.replies(message.channel, message.ts)
    return [str(one.blocks) for one in replies if (one.metadata or {}).get("event_type") == "threadscribe_reply"]


async def killed_at(name: str, hit: int, starter: Starter, directory: Path) -> Counter[str]:
    """Kill at a failpoint, start again, and return how often each piece was billed."""
    async with open_stage("openai", starter, directory, 1, OPENAI_PIECE_SECONDS="60") as stage:
        message = await shared(stage)
        bot = await stage.start(f"{name}=kill:{hit}")
        assert await stage.until(lambda: bot.code is not None, 60), bot.written()[-2000:]
        assert f"killed at {name}" in bot.written()
        again = await stage.start()
        done = await stage.until(lambda: bool(answered(stage, message)), 60)
        assert done, stage.unfinished()
        again.kill()
        [reply] = answered(stage, message)
        for pitch, _, _ in SOUNDS:
            assert reply.count(f"tone {pitch:.0f}") >= 1, reply
        assert stage.service is not None
        assert stage.service.violations == []
        return Counter(bill.sha256 for bill in stage.service.billed)


@pytest.mark.parametrize(("name", "hit"), SHORT_LIST)
async def test_a_kill_bills_at_most_the_piece_under_way_again(
    name: str, hit: int, starter: Starter, tmp_path: Path
) -> None:
    bills = await killed_at(name, hit, starter, tmp_path)
    assert len(bills) == PIECES
    expected = PIECES + (1 if name == "http.call.after" else 0)
    assert bills.total() == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG_LIST)
async def test_a_kill_at_any_other_point_bills_at_most_one_piece_again(
    name: str, starter: Starter, tmp_path: Path
) -> None:
    bills = await killed_at(name, 1, starter, tmp_path)
    assert len(bills) == PIECES
    assert bills.total() <= PIECES + 1
