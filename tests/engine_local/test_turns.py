"""Jobs of the local engine that share a child: turns, progress, cancelling, and a model that cannot be loaded."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.errors import Misconfigured
from bot.domain.job import RemoteJob
from bot.ports.provider import Pending, Succeeded
from bot.providers.local.settings import LocalSettings
from tests.support.harnesses.local_engine import (
    JFK,
    SAMPLES,
    LocalHarness,
    error_rate,
    local_settings,
    open_harness,
    talk,
)
from tests.support.machine.processes import children, commands

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]  # a busy machine is no failure

ENGINE = "bot.providers.local.child_main"


async def _polled(harness: LocalHarness, remote: RemoteJob) -> None:
    while True:
        await harness.provider.poll(remote, "ref")
        await asyncio.sleep(0.05)


def engines() -> list[int]:
    return [child for child in children() if ENGINE in commands(child)]


async def test_a_voice_clip_does_not_wait_for_a_meeting(harness: LocalHarness, tmp_path: Path) -> None:
    meeting = await harness.hand_over(talk(tmp_path / "a.wav", 10)[0])
    await harness.blocks.changed.wait()
    clips = [await harness.hand_over(SAMPLES / name) for name in ("jfk.wav", "sense_0880.flac")]
    await asyncio.gather(*(harness.finished(remote) for remote in (meeting, *clips)))
    order = harness.blocks.order
    assert max(order.index(clip.ref) for clip in clips) < len(order) - 1 - order[::-1].index(meeting.ref)
    assert order.count(meeting.ref) > 3
    assert len(engines()) == 1
    transcript = await harness.provider.fetch(meeting, "ref")
    assert transcript.seconds is not None
    assert transcript.seconds > 590


async def test_progress_grows_and_tells_how_long_it_will_take(harness: LocalHarness, tmp_path: Path) -> None:
    remote = await harness.hand_over(talk(tmp_path / "a.wav", 6)[0])
    finished = asyncio.create_task(harness.finished(remote))
    seen: list[Pending] = []
    while not finished.done():
        result = await harness.provider.poll(remote, "ref")
        if isinstance(result, Pending) and result.progress is not None:
            seen.append(result)
        await asyncio.wait([finished], timeout=0.05)
    shares = [result.progress or 0.0 for result in seen]
    assert shares == sorted(shares)
    assert any(0 < share < 1 for share in shares)
    assert all(result.uploaded for result in seen)
    assert len(set(shares)) >= 4  # more often than there are blocks: two
    assert any(result.seconds_left is not None and result.seconds_left > 0 for result in seen)


async def test_cancelling_a_job_that_waits_for_its_turn_leaves_the_other_alone(
    harness: LocalHarness, tmp_path: Path
) -> None:
    working = await harness.hand_over(talk(tmp_path / "a.wav", 3)[0])
    waiting = await harness.hand_over(SAMPLES / "jfk.wav")
    await harness.provider.cancel(waiting)
    assert await harness.blocks.blocks(waiting.ref) == []
    assert isinstance(await harness.finished(working), Succeeded)
    assert waiting.ref not in harness.blocks.order
    assert len(engines()) == 1


async def test_a_model_that_cannot_be_loaded_is_the_operators_to_fix(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.bin").write_bytes(b"no model")
    async with open_harness(tmp_path, local_settings(str(model))) as harness:
        remote = await harness.hand_over(SAMPLES / "jfk.wav")
        with pytest.raises(Misconfigured, match="cannot be loaded") as caught:
            await asyncio.wait_for(_polled(harness, remote), 120)
        assert "LOCAL_MODEL" in caught.value.detail
        finding = (await harness.provider.check())[-1]
        assert not finding.ok
        assert "cannot be loaded" in finding.detail


async def test_a_card_that_cannot_be_used_is_the_operators_to_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, english: LocalSettings
) -> None:
    """A card without its libraries loads a model and fails on the first sound: the child tries that first."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # the child is told: with a card, it would work
    async with open_harness(tmp_path, english.model_copy(update={"device": "cuda"})) as harness:
        remote = await harness.hand_over(SAMPLES / "jfk.wav")
        with pytest.raises(Misconfigured, match="CUDA"):
            await asyncio.wait_for(_polled(harness, remote), 120)
        finding = (await harness.provider.check())[-1]
        assert not finding.ok
        assert "LOCAL_DEVICE" in finding.remedy


async def test_doctor_loads_the_model_and_hears_with_it(harness: LocalHarness) -> None:
    findings = await harness.provider.check()
    assert all(finding.ok for finding in findings)
    assert "heard half a second on cpu" in findings[-1].detail
    assert len(engines()) == 1
    assert error_rate(JFK, (await harness.transcribe(SAMPLES / "jfk.wav")).text) <= 0.1
