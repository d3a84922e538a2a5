"""Jobs of the local engine over crashes, kills, restarts, cancels and repeats."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.domain.errors import Ambiguous, InternalFault, Misconfigured, ProblemCode, WebhookRefused
from bot.domain.job import RemoteJob
from bot.ports.provider import Failed, Pending, Succeeded, WebhookRequest
from bot.providers.local.settings import LocalSettings
from tests.support.audio.recordings import noise, record
from tests.support.harnesses.local_engine import (
    JFK,
    SAMPLES,
    LocalHarness,
    error_rate,
    local_settings,
    open_harness,
    talk,
)
from tests.support.machine.processes import alive, children, commands, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]  # a busy machine is no failure

ENGINE = "bot.providers.local.child_main"

_PARENT = """
import asyncio, sys
from pathlib import Path
from tests.support.harnesses.local_engine import local_settings, open_harness

async def main():
    place, recording, cache = map(Path, sys.argv[1:])
    async with open_harness(place, local_settings("tiny.en", str(cache))) as harness:
        remote = await harness.hand_over(recording)
        await harness.blocks.changed.wait()
        print(remote.ref, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def engines(pid: int | None = None) -> list[int]:
    return [child for child in children(pid) if ENGINE in commands(child)]


async def test_a_recording_that_says_no_length_is_refused_once_it_is_too_long(
    english: LocalSettings, tmp_path: Path
) -> None:
    long, short = (
        record(tmp_path / f"{seconds}.ac3", noise(seconds, 48_000), "ac3", "ac3", 48_000, 640_000)
        for seconds in (40, 25)
    )
    async with open_harness(tmp_path, english.model_copy(update={"max_minutes": 0.5})) as harness:
        remote = await harness.hand_over(long)
        ended = await harness.finished(remote)
        assert isinstance(ended, Failed)
        assert ended.problem.code is ProblemCode.TOO_LONG
        assert isinstance(await harness.finished(await harness.hand_over(short)), Succeeded)


async def test_a_killed_child_costs_one_block(harness: LocalHarness, tmp_path: Path) -> None:
    recording, words = talk(tmp_path / "a.wav", 4)
    remote = await harness.hand_over(recording)
    await harness.blocks.changed.wait()
    for child in engines():
        os.kill(child, signal.SIGKILL)
    assert isinstance(await harness.finished(remote), Succeeded)
    transcript = await harness.provider.fetch(remote, "ref")
    assert error_rate(words, transcript.text) <= 0.1
    assert set(harness.blocks.put.values()) == {1}
    assert len(harness.blocks.put) == 2


async def test_a_killed_process_takes_its_child_along_and_goes_on_behind_the_stored_blocks(
    tmp_path: Path, english: LocalSettings
) -> None:
    recording, words = talk(tmp_path / "a.wav", 4)
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PARENT,
        str(tmp_path),
        str(recording),
        english.cache_dir,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    job_id = (await parent.stdout.readline()).decode().strip()
    orphans = engines(parent.pid)
    assert orphans
    parent.kill()
    await parent.wait()
    await until(lambda: not any(alive(child) for child in orphans))
    recording.unlink()
    async with open_harness(tmp_path, english) as harness:
        remote = RemoteJob(job_id)
        before = {number for number, _, _ in await harness.blocks.blocks(job_id)}
        assert before
        assert isinstance(await harness.provider.poll(remote, "ref"), Pending)
        assert isinstance(await harness.finished(remote), Succeeded)
        transcript = await harness.provider.fetch(remote, "ref")
        assert error_rate(words, transcript.text) <= 0.1
        assert not before & {number for _, number in harness.blocks.put}


async def test_a_block_that_crashes_the_engine_twice_ends_the_job_and_not_the_bot(
    harness: LocalHarness, tmp_path: Path
) -> None:
    remote = await harness.hand_over(talk(tmp_path / "a.wav", 3)[0])
    finished = asyncio.create_task(harness.finished(remote))
    while not finished.done():
        for child in engines():
            os.kill(child, signal.SIGKILL)
        await asyncio.wait([finished], timeout=0.05)
    standing = finished.result()
    assert isinstance(standing, Failed)
    assert standing.problem.code is ProblemCode.ENGINE_CRASHED
    assert await harness.provider.poll(remote, "ref") == Pending(uploaded=False)
    assert error_rate(JFK, (await harness.transcribe(SAMPLES / "jfk.wav")).text) <= 0.1


async def test_an_exception_in_the_engine_is_never_said_to_be_a_damaged_file(
    harness: LocalHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with another version of the library, whose call takes other arguments."""
    altered = tmp_path / "altered" / "sitecustomize.py"
    altered.parent.mkdir()
    altered.write_text(
        "import faster_whisper\n\ndef transcribe(*arguments, **options):\n    raise ValueError('no such option')\n"
        "faster_whisper.WhisperModel.transcribe = transcribe\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(altered.parent))
    standing = await harness.finished(await harness.hand_over(SAMPLES / "jfk.wav"))
    assert isinstance(standing, Failed)
    assert standing.problem.code is ProblemCode.ENGINE_CRASHED
    assert "no such option" in standing.detail
    logged = capsys.readouterr().out
    assert "local_engine_failed" in logged
    assert "Traceback" in logged


async def test_a_bug_of_ours_ends_the_work_and_is_told_by_the_next_poll(
    harness: LocalHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> bool:
        raise RuntimeError("no such column")

    monkeypatch.setattr(harness.blocks, "put_block", broken)
    remote = await harness.hand_over(SAMPLES / "jfk.wav")

    async def poll() -> None:
        while True:
            await harness.provider.poll(remote, "ref")
            await asyncio.sleep(0.05)

    with pytest.raises(InternalFault, match="RuntimeError") as caught:
        await asyncio.wait_for(poll(), 240)
    assert "no such column" in str(caught.value.__cause__)


async def test_a_check_that_ends_after_the_bot_was_closed_leaves_no_child(harness: LocalHarness) -> None:
    check = asyncio.create_task(harness.provider.check())
    await until(lambda: bool(engines()))
    await harness.provider.close()
    assert all(finding.ok for finding in await check)
    assert not engines()


async def test_cancelling_ends_the_child_at_once_and_deletes_everything(harness: LocalHarness, tmp_path: Path) -> None:
    remote = await harness.hand_over(talk(tmp_path / "a.wav", 4)[0])
    await harness.blocks.changed.wait()
    running = engines()
    assert running
    await harness.provider.cancel(remote)
    assert not any(alive(child) for child in running)
    assert await harness.blocks.blocks(remote.ref) == []
    assert not list((tmp_path / "local").iterdir())
    assert await harness.provider.poll(remote, "ref") == Pending(uploaded=False)


async def test_a_result_can_be_fetched_again_until_its_blocks_are_dropped(
    harness: LocalHarness, tmp_path: Path
) -> None:
    remote = await harness.hand_over(SAMPLES / "jfk.wav")
    await harness.finished(remote)
    first = await harness.provider.fetch(remote, "ref")
    assert not (tmp_path / "local" / remote.ref / "audio").exists()
    assert await harness.provider.fetch(remote, "ref") == first
    await harness.blocks.drop_blocks(remote.ref)
    with pytest.raises(Ambiguous):
        await harness.provider.fetch(remote, "ref")
    assert await harness.provider.poll(remote, "ref") == Pending(uploaded=False)


async def test_handing_the_same_audio_over_again_changes_nothing(harness: LocalHarness, tmp_path: Path) -> None:
    path, _ = talk(tmp_path / "a.wav", 4)
    remote = await harness.hand_over(path)
    await harness.blocks.changed.wait()
    running = engines()
    assert await harness.hand_over(path, job_id=remote.ref) == remote
    assert engines() == running
    await harness.finished(remote)
    assert set(harness.blocks.put.values()) == {1}


async def test_audio_that_does_not_decode_is_a_problem_of_the_file(harness: LocalHarness, tmp_path: Path) -> None:
    good = (SAMPLES / "sense_0870.m4a").read_bytes()
    remote = await harness.hand_over(SAMPLES / "sense_0870.m4a")
    await harness.provider.close()
    spoilt = tmp_path / "local" / remote.ref / "audio"
    spoilt.write_bytes(good[:2000])  # a disk that lost the rest
    await harness.blocks.drop_blocks(remote.ref)
    (spoilt.parent / "outcome.json").unlink(missing_ok=True)
    await harness.provider.poll(remote, "ref")
    standing = await harness.finished(remote)
    assert isinstance(standing, Failed)
    assert standing.problem.code is ProblemCode.CORRUPT


async def test_what_belongs_to_no_unfinished_job_is_swept(harness: LocalHarness, tmp_path: Path) -> None:
    kept = await harness.hand_over(SAMPLES / "jfk.wav")
    gone = await harness.hand_over(SAMPLES / "sense_0880.flac")
    await harness.provider.close()
    assert await harness.provider.sweep([kept.ref]) == 1
    assert [folder.name for folder in (tmp_path / "local").iterdir()] == [kept.ref]
    assert await harness.provider.poll(gone, "ref") == Pending(uploaded=False)


async def test_nobody_may_push(harness: LocalHarness) -> None:
    with pytest.raises(WebhookRefused):
        harness.provider.verify_webhook(WebhookRequest(b"{}", {}))


async def test_missing_weights_park_the_account_and_doctor_says_what_to_do(tmp_path: Path) -> None:
    settings = local_settings(str(tmp_path / "nowhere"))
    async with open_harness(tmp_path, settings) as harness:
        findings = await harness.provider.check()
        assert [finding.ok for finding in findings] == [True, False]
        assert "LOCAL_MODEL" in findings[1].remedy
        with pytest.raises(Misconfigured):
            await harness.hand_over(SAMPLES / "jfk.wav")
