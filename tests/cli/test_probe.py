"""`doctor --probe`: questions to a workspace, answers without names, nothing left behind."""

import asyncio
from pathlib import Path

import pytest

from bot.cli.checks.probe import run_probe
from simulators.slack.faults import Fault
from simulators.slack.server import SlackSimulator
from tests.support.harnesses.slack import bot_settings, slack_options

CLINIC = "C0CLINIC"


async def ask(
    slack: SlackSimulator, tmp_path: Path, capsys: pytest.CaptureFixture[str], channel: str = CLINIC
) -> tuple[int, str]:
    code = await asyncio.to_thread(run_probe, bot_settings(slack, tmp_path / "jobs.db"), channel)
    found = capsys.readouterr()
    return code, found.out + found.err


async def test_everything_is_asked_and_nothing_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with SlackSimulator(slack_options()) as slack:
        before = [message.ts for message in slack.workspace.all_messages()]
        code, said = await ask(slack, tmp_path, capsys)
        assert code == 0, said
        assert "metadata of our own messages comes back to the bot's token: yes (block ids come back: yes)" in said
        assert "completing an upload twice shares it twice: no (1 messages" in said
        assert (
            "newer blocks in a message: container taken, container with rich text refused (invalid_blocks), "
            "data_visualization taken"
        ) in said
        assert "everything that was posted is taken away again" in said
        assert [message.ts for message in slack.workspace.all_messages()] == before
        for name in (CLINIC, "T0LOCAL", "127.0.0.1", slack.bot_token, "clinic"):
            assert name not in said


async def test_a_channel_without_the_bot_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackSimulator(slack_options()) as slack:
        code, said = await ask(slack, tmp_path, capsys, "C0NOWHERE")
        assert code == 1
        assert "cannot be asked in" in said


async def test_what_cannot_be_taken_away_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with SlackSimulator(slack_options()) as slack:
        slack.fault(Fault("files.delete", error="cant_delete_file", times=None))
        code, said = await ask(slack, tmp_path, capsys)
        assert code == 1
        assert "left behind: a file (cant_delete_file)" in said
