"""Children end with their parent, keep no secrets, and their failures can be distinguished."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.messages import AUDIO_WIRE, Probe
from bot.subprocesses.child import Child, ChildDiedError, ChildStalledError
from bot.subprocesses.wire import HEAD, Wire, WireError, measure
from tests.support.machine.processes import alive, environment, until

_PARENT = """
import asyncio
from bot.subprocesses.child import Child
from bot.audio.messages import AUDIO_WIRE

async def main():
    child = await Child.start("bot.audio.worker", AUDIO_WIRE)
    print(child.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    number: float | None
    items: list[list[int]]
    blob: bytes = b""


@given(st.text(), st.none() | st.floats(allow_nan=False), st.lists(st.lists(st.integers())), st.binary())
def test_a_message_arrives_as_it_was_sent(text: str, number: float | None, items: list[list[int]], blob: bytes) -> None:
    wire = Wire(Note)
    frame = wire.encode(Note(text, number, items, blob))
    lengths = measure(frame[: HEAD.size])
    body = frame[HEAD.size :]
    assert len(body) == sum(lengths)
    assert wire.decode(body[: lengths[0]], body[lengths[0] :]) == Note(text, number, items, blob)


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_rubbish_is_no_message(text: bytes, blob: bytes) -> None:
    with pytest.raises(WireError):
        Wire(Note).decode(text, blob)


async def test_a_child_dies_when_its_parent_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", _PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    assert alive(child)
    parent.kill()
    await parent.wait()
    await until(lambda: not alive(child))


async def test_a_child_is_told_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "XOSUM_API_KEY", "STORAGE_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "hush-hush")  # our own environment, as an operator's shell sets it
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")  # which card: no secret, and no other setting says it
    child = await Child.start("bot.audio.worker", AUDIO_WIRE)
    try:
        told = await environment(child.pid)
        assert b"hush-hush" not in told
        assert b"CUDA_VISIBLE_DEVICES=3" in told
    finally:
        await child.kill()


async def test_a_killed_child_and_a_silent_one_are_told_apart() -> None:
    child = await Child.start("bot.audio.worker", AUDIO_WIRE)
    with pytest.raises(ChildStalledError):
        await child.receive(0.05)
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(ChildDiedError, match="signal 9"):
        await child.receive(30)
    assert not child.alive
    with pytest.raises(ChildDiedError):
        await child.send(Probe(0, [], b""))


async def test_a_child_that_says_what_nobody_here_knows_is_ended() -> None:
    """As after an update of the files of a bot that runs: its children are of the new version."""
    child = await Child.start("bot.audio.worker", Wire(Probe))
    await child.send(Probe(4, [[0, 4]], b"RIFF"))
    with pytest.raises(ChildDiedError, match="no message"):
        await child.receive(60)
    assert not child.alive


async def test_a_child_that_cannot_start_says_why() -> None:
    child = await Child.start("bot.audio.no_such_module", AUDIO_WIRE)
    with pytest.raises(ChildDiedError, match="no_such_module"):
        await child.receive(30)
