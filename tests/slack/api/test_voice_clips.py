"""A file is as long as what Slack serves, whatever its file object says."""

from itertools import product

import pytest

from bot.domain.errors import ProblemCode, Rejected, Transient
from bot.slack.api.files import SlackFile
from simulators.slack.faults import Fault
from tests.support.harnesses.slack import Upload, Workplace

KIB = 1024
ANNOUNCED_AND_SERVED = [  # larger and smaller, below and above the 64 KiB that are read first
    (309_514, 171_187),
    (171_187, 309_514),
    (60_000, 20_000),
    (20_000, 60_000),
    (20_000, 64 * KIB),
    (64 * KIB, 64 * KIB + 1),
    (0, 5_000),
]
SERVERS = [{"no_range": a, "no_length": b} for a, b in product((False, True), repeat=2)]


def bytes_of(length: int) -> bytes:
    return (b"\0\0\0\x20ftypM4A " + bytes(range(256)) * (length // 256 + 1))[:length]


def clip(announced: int, served: int) -> Upload:
    return Upload("audio_message.m4a", bytes_of(served), subtype="slack_audio", announced=announced)


@pytest.mark.parametrize("server", SERVERS, ids=str)
@pytest.mark.parametrize(("announced", "served"), ANNOUNCED_AND_SERVED)
async def test_a_voice_clip_is_whole_whatever_size_is_announced(
    place: Workplace, announced: int, served: int, server: dict[str, bool]
) -> None:
    place.slack.fault(Fault("/files-tmb/*", times=None, **server))  # type: ignore[arg-type]  # its two flags
    _, job = await place.upload(upload=clip(announced, served))
    source = await place.room.chat.source(job)
    assert source.facts.size == served
    content = bytes_of(served)
    for start, end in ((0, 64 * KIB), (0, None), (max(0, served - 100), None), (1000, 4000), (0, 10)):
        async with source.stream(start, end) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == content[start:end]


async def test_a_clip_that_is_announced_too_large_is_judged_by_what_is_served(place: Workplace) -> None:
    _, job = await place.upload(upload=clip(50 << 30, 4000))
    assert (await place.room.chat.source(job)).facts.size == 4000


async def test_counting_ends_at_the_largest_file_that_is_taken(place: Workplace) -> None:
    _, job = await place.upload(upload=Upload("a.m4a", b"x", size=1 << 40, subtype="slack_audio", announced=4000))
    source = await place.room.chat.source(job)
    assert isinstance(source, SlackFile)
    assert source.facts.size == 1 << 40
    place.slack.fault(Fault("/files-tmb/*", times=None, no_range=True, no_length=True))
    with pytest.raises(Rejected) as caught:
        await source.measured(1 << 20)
    assert caught.value.problem.code is ProblemCode.TOO_LARGE


async def test_a_clip_that_breaks_off_is_tried_again(place: Workplace) -> None:
    place.slack.fault(Fault("/files-tmb/*", truncate=1000))
    _, job = await place.upload(upload=clip(300_000, 200_000))
    with pytest.raises(Transient):
        await place.room.chat.source(job)
    assert (await place.room.chat.source(job)).facts.size == 200_000


async def test_the_first_bytes_are_not_asked_for_twice(place: Workplace) -> None:
    _, job = await place.upload(upload=clip(300_000, 200_000))
    source = await place.room.chat.source(job)
    for _ in range(2):
        async with source.stream(0, 64 * KIB) as chunks:
            assert len(b"".join([chunk async for chunk in chunks])) == 64 * KIB
    asked = [entry for entry in place.slack.ledger.entries if entry.method.startswith("/files-tmb/")]
    assert len(asked) == 2  # with the length, and the second time
